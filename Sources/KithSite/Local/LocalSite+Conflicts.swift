import Foundation
import KithModel
import KithProtocol
import KithStore

// What people decide (D13, D14): found by query, decided by ordinary entries.
extension LocalSite {
    package func conflicts(_ query: ConflictQuery) async throws -> [ConflictView] {
        try await translating {
            let (partnership, under) = try await places(query.partnership, query.under)
            let (entry, memo) = (entry, conflictMemo)
            return try await store.read {
                try ConflictLister($0, entry: entry, memo: memo)
                    .list(query, in: partnership, under: under).map(\.view)
            }
        }
    }

    package func conflict(_ id: String) async throws -> ConflictView {
        try await translating {
            let entry = entry
            return try await store.read { transaction in
                let listed = try ConflictSearch(transaction: transaction, entry: entry).find(id)
                return try ConflictDetailer(transaction, entry: entry).view(listed)
            }
        }
    }

    package func resolve(
        _ resolution: Resolution, by author: Author
    ) async throws -> ResolutionOutcome {
        try await deciding(isPreview: resolution.isPreview) { transaction, entry, site, now in
            try ConflictResolver(
                transaction: transaction, entry: entry, author: author, site: site, now: now
            ).resolve(resolution)
        }
    }

    package func undoDecision(
        _ undo: ConflictUndo, by author: Author
    ) async throws -> ResolutionOutcome {
        try await deciding(isPreview: undo.isPreview) { transaction, entry, site, now in
            try ConflictUndoing(transaction: transaction, entry: entry).undo(
                undo, by: author, at: site, now: now)
        }
    }

    package func resolveMany(
        _ bulk: BulkResolution, by author: Author
    ) async throws -> BulkReport {
        let (partnership, under) = try await translating {
            try await places(bulk.partnership, bulk.under)
        }
        return try await deciding(isPreview: bulk.isPreview) { transaction, entry, site, now in
            try BulkResolver(
                transaction: transaction, entry: entry, author: author, site: site, now: now
            ).resolve(bulk, partnership: partnership, under: under)
        }
    }

    package func work(on work: ConflictWork, by author: Author) async throws -> ConflictView {
        try await deciding(isPreview: false) { transaction, entry, site, now in
            let search = ConflictSearch(transaction: transaction, entry: entry)
            let key = try search.find(work.conflict).found.key
            var planner = EditPlanner(
                transaction: transaction, entry: entry, author: author, site: site)
            try Self.plan(work, on: key, by: author, transaction, entry, &planner)
            try planner.commit(now: now)
            return try ConflictDetailer(transaction, entry: entry).view(
                try search.find(work.conflict))
        }
    }

    private static func plan(
        _ work: ConflictWork, on key: ConflictKey, by author: Author,
        _ transaction: StoreTransaction, _ entry: FieldEntry, _ planner: inout EditPlanner
    ) throws {
        guard let kind = ConflictCases.kind(in: key.compartment) else {
            throw SiteError(.version, "that conflict needs a newer version of Kith; upgrade first")
        }
        var values: [(field: UInt32, value: FieldValue)] = []
        for (number, text) in [
            (ConflictCases.ownerField, work.owner), (ConflictCases.dueField, work.due),
        ] {
            guard let text, let field = kind.field(number) else { continue }
            values.append((number, try entry.value(of: field, from: text)))
        }
        guard !values.isEmpty || work.note != nil else {
            throw SiteError(.invalid, "give an owner, a due date or a note")
        }
        let writer = CaseWriter(transaction: transaction)
        let isNew = try ConflictCases(transaction)[key].heads.isEmpty
        if !values.isEmpty || isNew {
            try writer.plan(
                values, of: key, edit: RecordEdit(target: .existing(""), values: []), by: author,
                class: .comment, seen: try transaction.version(), &planner)
        }
        if let note = work.note, let kind = ConflictCases.noteKind(in: key.compartment),
            let field = kind.field(named: "text")
        {
            guard case .text(let text) = try entry.value(of: field, from: note) else {
                throw SiteError(.invalid, "the note is empty; say something")
            }
            try writer.plan(note: text, on: key, by: author, &planner)
        }
    }

    /// Runs a decision: in one write, or in a read when it only says what would come of it.
    private func deciding<Result: Sendable>(
        isPreview: Bool,
        _ body: @escaping @Sendable (StoreTransaction, FieldEntry, SiteID, Instant) throws -> Result
    ) async throws -> Result {
        try await translating {
            let (entry, site, now) = (entry, keys.site, clock())
            let step: @Sendable (StoreTransaction) throws -> Result = {
                try body($0, entry, site, now)
            }
            return try await isPreview ? store.read(step) : store.write(step)
        }
    }

    private func places(
        _ partnership: String?, _ record: String?
    ) async throws -> (PartnershipID?, RecordID?) {
        var found: PartnershipID?
        if let partnership { found = try await self.partnership(partnership).id }
        var under: RecordID?
        if let record { under = try await self.record(record, kind: nil).id }
        return (found, under)
    }
}
