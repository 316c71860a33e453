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
        var root: RecordID?
        if let reference = query.under {
            let found = try find(reference, kind: nil)
            selection.roots = [found.row]
            root = found.id
        }
        func isWanted(_ id: RecordID, isArchived: Bool) -> Bool {
            (query.includesArchived || !isArchived) && id != root
        }
        let needle = query.search.map(SearchedText.init)
        if kind.isJournal, needle == nil, let limit = query.limit {
            return try newest(limit, of: kind, in: selection) {
                isWanted($0.id, isArchived: $0.isArchived)
            }
        }
        var chosen = try presenter.listed(
            kind, in: selection, isSearched: needle != nil, transaction
        ).filter { isWanted($0.id, isArchived: $0.isArchived) }
        if let needle {
            let beside = try searchedChildren(of: kind, in: selection.partnership)
            chosen.removeAll { record in
                !record.matches(needle)
                    && !(beside[record.id]?.contains { $0.matches(needle) } ?? false)
            }
        }
        if kind.isJournal {
            chosen.sort { ($1.created, $1.id) < ($0.created, $0.id) }
        } else {
            chosen = chosen.map { (Self.searchable($0.title), $0) }
                .sorted { ($0.0, $0.1.id) < ($1.0, $1.1.id) }.map(\.1)
        }
        return try views(ofRows: chosen.prefix(query.limit ?? .max).map(\.row))
    }

    /// The newest records of a journal: only as much is read as is shown, and more where some of it is
    /// left out.
    private func newest(
        _ limit: Int, of kind: RecordKind, in selection: RecordSelection,
        where isWanted: (RecordView) -> Bool
    ) throws -> [RecordView] {
        var selection = selection
        selection.newest = limit
        while true {
            let records = try transaction.records(selection)
            let found = try views(records).filter { $0.kind == kind.name && isWanted($0) }
            if found.count >= limit || records.count < selection.newest ?? 0 {
                return Array(
                    found.sorted { ($1.created.version, $1.id) < ($0.created.version, $0.id) }
                        .prefix(limit))
            }
            selection.newest = (selection.newest ?? limit) * 4
        }
    }

    /// The views of records by their rows, in that order.
    private func views(ofRows rows: [Int64]) throws -> [RecordView] {
        let places = Dictionary(uniqueKeysWithValues: rows.enumerated().map { ($1, $0) })
        return try views(
            transaction.records(RecordSelection(rows: rows)).sorted {
                (places[$0.row] ?? 0) < (places[$1.row] ?? 0)
            })
    }

    /// What is part of records of a kind and is searched with them, by parent.
    private func searchedChildren(
        of kind: RecordKind, in partnership: PartnershipID?
    ) throws -> [RecordID: [ListedRecord]] {
        var children: [RecordID: [ListedRecord]] = [:]
        for child in Vocabulary.kinds
        where child.parents.contains(kind.name) && child.fields.contains(where: \.isSearched) {
            for record in try presenter.listed(
                child, in: RecordSelection(kind: child.number, partnership: partnership),
                isSearched: true, resolving: false, transaction)
            where !record.isArchived {
                if let parent = record.parent { children[parent, default: []].append(record) }
            }
        }
        return children
    }

    static func searchable(_ text: String) -> String { SearchedText.folded(text) }

    // MARK: One record

    /// The record that a person means: by id, by the beginning of one, or by a title or another
    /// searched word that only it has among those that are not archived.
    func find(_ reference: String, kind name: String?) throws -> StoredRecord {
        let wanted = name.flatMap { Vocabulary.kind(named: $0) }
        var found: [StoredRecord] = []
        if reference.count >= 4 {
            found = try RecordReference(reference).matches(in: transaction).filter {
                wanted == nil || $0.kind == wanted?.number
            }
        }
        if found.isEmpty, let wanted {
            let needle = SearchedText(reference)
            let all = try presenter.listed(
                wanted, in: RecordSelection(kind: wanted.number), isSearched: true,
                resolving: false, transaction)
            var named = all.filter { Self.searchable($0.title) == needle.text }
            if named.isEmpty { named = all.filter { $0.matches(needle) } }
            let live = named.filter { !$0.isArchived }
            let rows = (live.isEmpty ? named : live).prefix(5).map(\.row)
            found = try transaction.records(RecordSelection(rows: rows))
        }
        guard let match = found.first else {
            throw SiteError(
                .notFound,
                "there is no \(wanted?.label.lowercased() ?? "record") '\(ShownText(line: String(reference.prefix(60))).text)' here; use an id from a list (at least four characters)"
            )
        }
        guard found.count == 1 else {
            if let names = RecordReference.apart(Array(found.prefix(4))) {
                throw SiteError(
                    .ambiguous,
                    "\(found.count) records have that id, as members drew it twice; say which: \(names.map { "'\($0)'" }.joined(separator: ", "))"
                )
            }
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
