import Foundation
import KithModel
import KithProtocol
import KithStore

extension LocalSite {
    package func records(_ query: RecordQuery) async throws -> [RecordView] {
        try await translating {
            guard let kind = Vocabulary.kind(named: query.kind) else {
                throw SiteError(.invalid, "there is no kind of record called \(shown(query.kind))")
            }
            var partnership: PartnershipID?
            if let reference = query.partnership {
                partnership = try await self.partnership(reference).id
            }
            var under: RecordID?
            if let reference = query.under {
                under = try await record(reference, kind: nil).id
            }
            let entry = entry
            let views = try await store.read { [partnership, under] transaction in
                let presenter = try RecordPresenter(transaction, entry: entry)
                let found = try transaction.records(
                    RecordSelection(kind: kind.number, partnership: partnership))
                let chosen =
                    try under.map { ancestor in
                        try found.filter { try transaction.isRecord($0, under: ancestor) }
                    } ?? found
                return chosen.map(presenter.view)
            }
            let needle = query.search.map(Self.searchable)
            return views.filter { view in
                view.kind == kind.name && (query.includesArchived || !view.isArchived)
                    && (needle.map { matches(view, $0) } ?? true)
            }.sorted { (Self.searchable($0.title), $0.id) < (Self.searchable($1.title), $1.id) }
        }
    }

    /// Searches titles, preferred names, rooms, and NHS numbers with or without spaces.
    private func matches(_ view: RecordView, _ needle: String) -> Bool {
        if Self.searchable(view.title).contains(needle) { return true }
        let digits = needle.filter { $0 != " " && $0 != "-" }
        return view.fields.contains { field in
            field.candidates.contains { candidate in
                switch field.name {
                case "nhsNumber":
                    guard case .text(let number)? = candidate.value else { return false }
                    return !digits.isEmpty && number.contains(digits)
                case "preferredName", "room", "subject", "organisationName", "role":
                    return Self.searchable(candidate.words).contains(needle)
                default: return false
                }
            }
        }
    }

    private static func searchable(_ text: String) -> String {
        text.folding(options: [.caseInsensitive, .diacriticInsensitive], locale: nil)
    }

    package func record(_ reference: String, kind: String?) async throws -> RecordView {
        try await translating {
            let wanted = kind.flatMap { Vocabulary.kind(named: $0) }
            let entry = entry
            let found = try await store.read { transaction in
                let presenter = try RecordPresenter(transaction, entry: entry)
                var matches: [RecordView] = []
                if reference.count >= 4 {
                    matches = try transaction.records(RecordSelection(prefix: reference))
                        .map(presenter.view)
                        .filter { wanted == nil || $0.kind == wanted?.name }
                }
                if matches.isEmpty, let wanted {
                    let all = try transaction.records(RecordSelection(kind: wanted.number))
                        .map(presenter.view).filter { $0.kind == wanted.name }
                    let needle = Self.searchable(reference)
                    matches = all.filter { Self.searchable($0.title) == needle }
                    if matches.isEmpty { matches = all.filter { self.matches($0, needle) } }
                }
                return matches
            }
            guard let match = found.first else {
                throw SiteError(
                    .notFound,
                    "there is no \(wanted?.label.lowercased() ?? "record") \(shown(reference)) here; use an id from a list (at least four characters)"
                )
            }
            guard found.count == 1 else {
                let some = found.prefix(4).map { "\($0.short) (\(ShownText(line: $0.title).text))" }
                throw SiteError(
                    .ambiguous,
                    "\(shown(reference)) may mean \(some.joined(separator: ", ")); give more of the id"
                )
            }
            return match
        }
    }

    package func history(_ reference: String) async throws -> [HistoryItem] {
        try await translating {
            let view = try await record(reference, kind: nil)
            let entry = entry
            return try await store.read { transaction in
                let presenter = try RecordPresenter(transaction, entry: entry)
                guard
                    let record = try transaction.records(
                        RecordSelection(prefix: view.id.description)
                    ).first
                else { return [] }
                let kind = Vocabulary.kind(record.kind)
                let erasures = try transaction.erasures(ofRecord: record.row).map { act in
                    HistoryItem(
                        field: "", label: "Erasure", words: "erased what was said before",
                        isCandidate: false, superseded: 0,
                        provenance: presenter.provenance(act, in: record.partnership))
                }
                let said = try transaction.history(ofRecord: record.row).map { operation in
                    let field = kind?.field(operation.field)
                    let value = operation.value.flatMap { try? FieldValue(decoding: $0) }
                    let absence: Absence = operation.value == nil ? .erased : .needsNewerVersion
                    return HistoryItem(
                        field: field?.name ?? "field\(operation.field)",
                        label: field?.label ?? "Field \(operation.field)",
                        words: value.map { entry.words(for: $0, of: field) } ?? absence.words,
                        isCandidate: !operation.isSuperseded,
                        superseded: try transaction.supersededCount(by: operation.id),
                        provenance: presenter.provenance(operation.act, in: record.partnership))
                }
                return (said + erasures).sorted { $0.provenance.version < $1.provenance.version }
            }
        }
    }

    package func save(_ edits: [RecordEdit], by author: Author) async throws -> [RecordView] {
        try await translating {
            var targets: [PartnershipID?] = []
            for edit in edits {
                if case .new(_, let partnership, let parent) = edit.target, parent == nil {
                    targets.append(try await targetPartnership(partnership).id)
                } else {
                    targets.append(nil)
                }
            }
            let entry = entry
            let (site, chosen) = (keys.site, targets)
            let ids = try await store.write { transaction in
                var planner = EditPlanner(
                    transaction: transaction, entry: entry, author: author, site: site)
                for (edit, partnership) in zip(edits, chosen) {
                    try planner.plan(edit, in: partnership)
                }
                try planner.commit(now: Instant(Date()))
                return planner.records
            }
            return try await store.read { transaction in
                let presenter = try RecordPresenter(transaction, entry: entry)
                return try ids.flatMap {
                    try transaction.records(RecordSelection(prefix: $0.description))
                        .map(presenter.view)
                }
            }
        }
    }
}

extension StoreTransaction {
    /// Whether a record is part of another, at any depth; bounded, since a peer may write a cycle.
    func isRecord(_ record: StoredRecord, under ancestor: RecordID) throws -> Bool {
        var parent = record.parent
        for _ in 0..<8 {
            guard let current = parent else { return false }
            if current == ancestor { return true }
            parent = try records(RecordSelection(prefix: current.description)).first {
                $0.partnership == record.partnership
            }?.parent
        }
        return false
    }
}
