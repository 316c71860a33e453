import Foundation
import KithModel
package import KithStore

/// Finds, lists and gathers records within one read of the store.
package struct RecordReader {
    let presenter: RecordPresenter
    let transaction: StoreTransaction

    /// Reads in a transaction.
    package init(presenter: RecordPresenter, transaction: StoreTransaction) {
        self.presenter = presenter
        self.transaction = transaction
    }

    func views(_ records: [StoredRecord]) throws -> [RecordView] {
        try presenter.views(records, transaction)
    }

    // MARK: Lists

    /// The records of a kind that a query wants: journals with the newest first, others by title.
    func list(
        _ query: RecordQuery, of kind: RecordKind, in selection: RecordSelection
    ) throws -> [RecordView] {
        var selection = selection
        var roots: Set<RecordID> = []
        if let reference = query.under {
            let root = try find(reference, kind: nil)
            selection.roots = [root.row]
            roots = [root.id]
        }
        let needle = query.search.map(Self.searchable)
        let beside = try needle == nil ? [:] : searchedChildren(of: kind, in: selection.partnership)
        func isWanted(_ view: RecordView) -> Bool {
            guard view.kind == kind.name, query.includesArchived || !view.isArchived,
                !roots.contains(view.id)
            else { return false }
            guard let needle else { return true }
            return matches(view, needle)
                || beside[view.id, default: []].contains { matches($0, needle) }
        }
        // Of a journal only as much is read as is shown, and more where some of it is archived.
        var isWhole = true
        var found: [RecordView] = []
        if kind.isJournal, let limit = query.limit, needle == nil {
            selection.newest = limit
            repeat {
                let records = try transaction.records(selection)
                isWhole = records.count < selection.newest ?? 0
                found = try views(records).filter(isWanted)
                selection.newest = (selection.newest ?? limit) * 4
            } while found.count < limit && !isWhole
        } else {
            found = try views(transaction.records(selection)).filter(isWanted)
        }
        let sorted =
            kind.isJournal
            ? found.sorted { ($1.created.version, $1.id) < ($0.created.version, $0.id) }
            : found.sorted {
                (Self.searchable($0.title), $0.id) < (Self.searchable($1.title), $1.id)
            }
        return query.limit.map { Array(sorted.prefix($0)) } ?? sorted
    }

    /// What is part of records of a kind and is searched with them, by parent.
    private func searchedChildren(
        of kind: RecordKind, in partnership: PartnershipID?
    ) throws -> [RecordID: [RecordView]] {
        let kinds = Vocabulary.kinds.filter { child in
            child.parents.contains(kind.name) && child.fields.contains(where: \.isSearched)
        }
        guard !kinds.isEmpty else { return [:] }
        let children = try transaction.records(
            RecordSelection(kinds: kinds.map(\.number), partnership: partnership)
        ).map(presenter.view).filter { !$0.isArchived }
        return Dictionary(grouping: children.filter { $0.parent != nil }) { $0.parent ?? $0.id }
    }

    /// Searches the title, that of what it is part of, and the fields that the vocabulary names;
    /// numbers with or without spaces.
    private func matches(_ view: RecordView, _ needle: String) -> Bool {
        if Self.searchable(view.title).contains(needle) { return true }
        if view.parentTitle.map(Self.searchable)?.contains(needle) == true { return true }
        guard let kind = Vocabulary.kind(named: view.kind) else { return false }
        let digits = needle.filter { $0 != " " && $0 != "-" }
        return zip(kind.fields, view.fields).contains { definition, field in
            guard definition.isSearched else { return false }
            return field.candidates.contains { candidate in
                if case .nhsNumber = definition.type, case .text(let number)? = candidate.value {
                    return !digits.isEmpty && number.contains(digits)
                }
                return Self.searchable(candidate.words).contains(needle)
            }
        }
    }

    static func searchable(_ text: String) -> String {
        text.folding(options: [.caseInsensitive, .diacriticInsensitive], locale: nil)
    }

    // MARK: One record

    /// The record that a person means: by id, by the beginning of one, or by a title or another
    /// searched word that only it has among those that are not archived.
    func find(_ reference: String, kind name: String?) throws -> StoredRecord {
        let wanted = name.flatMap { Vocabulary.kind(named: $0) }
        var found: [StoredRecord] = []
        if reference.count >= 4 {
            found = try transaction.records(RecordSelection(prefix: reference)).filter {
                wanted == nil || $0.kind == wanted?.number
            }
        }
        if found.isEmpty, let wanted {
            let needle = Self.searchable(reference)
            let all = try transaction.records(RecordSelection(kind: wanted.number))
                .map { (record: $0, view: presenter.view($0)) }
                .filter { $0.view.kind == wanted.name }
            var named = all.filter { Self.searchable($0.view.title) == needle }
            if named.isEmpty { named = all.filter { matches($0.view, needle) } }
            let live = named.filter { !$0.view.isArchived }
            found = (live.isEmpty ? named : live).map(\.record)
        }
        guard let match = found.first else {
            throw SiteError(
                .notFound,
                "there is no \(wanted?.label.lowercased() ?? "record") '\(ShownText(line: String(reference.prefix(60))).text)' here; use an id from a list (at least four characters)"
            )
        }
        guard found.count == 1 else {
            let some = found.prefix(4).map {
                "\($0.id.short) (\(ShownText(line: presenter.view($0).title).text))"
            }
            throw SiteError(
                .ambiguous,
                "'\(ShownText(line: String(reference.prefix(60))).text)' may mean \(some.joined(separator: ", ")); give more of the id"
            )
        }
        return match
    }
}
