import Foundation
import KithModel

/// Records, conflicts, exchange and safekeeping, noted.
extension AuditedSite {
    func records(_ query: RecordQuery) async throws -> [RecordView] {
        let found = try await site.records(query)
        let words = "listed \(found.count) of kind \(query.kind)"
        if let parent = query.under {
            // What a page about a resident asks for; that there is none of it is on the page.
            guard !found.isEmpty else { return found }
            try await note(.read, words, record: try await site.record(parent, kind: nil).id)
        } else {
            let searched = query.search.map { ", searched for \($0)" } ?? ""
            try await note(.read, words + searched)
        }
        return found
    }

    func record(_ reference: String, kind: String?) async throws -> RecordView {
        let found = try await site.record(reference, kind: kind)
        try await note(.read, "looked at the \(found.kind) \(found.short)", record: found.id)
        return found
    }

    func tree(_ query: TreeQuery) async throws -> RecordTree {
        let found = try await site.tree(query)
        let record = found.record
        let below = found.descendants.count + found.mentions.count
        try await note(
            .read, "looked at the \(record.kind) \(record.short) with \(below) under it",
            record: record.id)
        return found
    }

    func save(_ edits: [RecordEdit], by author: Author) async throws -> [RecordView] {
        let saved = try await site.save(edits, by: author)
        for record in saved {
            try await note(.write, "wrote the \(record.kind) \(record.short)", record: record.id)
        }
        return saved
    }

    func moveResident(_ move: ResidentMove, by author: Author) async throws -> MoveReport {
        let report = try await site.moveResident(move, by: author)
        if !report.isUnchanged {
            try await note(
                .write, "moved the resident from \(report.from) to \(report.to)",
                record: report.resident)
        }
        return report
    }

    func overview(_ compartments: [Compartment]) async throws -> [ResidentSummary] {
        let found = try await site.overview(compartments)
        try await note(.read, "listed \(found.count) residents with their plans")
        return found
    }

    func changes(_ query: ChangesQuery) async throws -> ChangesView {
        let found = try await site.changes(query)
        try await note(
            .read, "looked at what changed in the \(found.root.kind) \(found.root.short)",
            record: found.root.id)
        return found
    }

    func history(_ reference: String) async throws -> [HistoryItem] {
        let found = try await site.history(reference)
        let record = try await site.record(reference, kind: nil)
        try await note(
            .read, "looked at the history of the \(record.kind) \(record.short)",
            record: record.id)
        return found
    }

    func due(_ query: DueQuery) async throws -> [DueItem] {
        let found = try await site.due(query)
        var resident: RecordID?
        if let reference = query.resident {
            resident = try await site.record(reference, kind: "resident").id
        }
        try await note(.read, "listed \(found.count) things that are due", record: resident)
        return found
    }

    // MARK: Conflicts

    func conflicts(_ query: ConflictQuery) async throws -> [ConflictView] {
        let found = try await site.conflicts(query)
        try await note(.read, "listed \(found.count) conflicts")
        return found
    }

    func conflict(_ id: String) async throws -> ConflictView {
        let found = try await site.conflict(id)
        try await note(.read, "looked at the conflict \(found.id)", record: found.record)
        return found
    }

    func resolve(
        _ resolution: Resolution, by author: Author
    ) async throws -> ResolutionOutcome {
        let outcome = try await site.resolve(resolution, by: author)
        if !resolution.isPreview {
            try await note(
                .write, "decided the conflict \(outcome.conflict)", record: outcome.record)
        }
        return outcome
    }

    func undoDecision(_ undo: ConflictUndo, by author: Author) async throws -> ResolutionOutcome {
        let outcome = try await site.undoDecision(undo, by: author)
        if !undo.isPreview {
            try await note(
                .write, "took back the decision of the conflict \(outcome.conflict)",
                record: outcome.record)
        }
        return outcome
    }

    func resolveMany(_ bulk: BulkResolution, by author: Author) async throws -> BulkReport {
        let report = try await site.resolveMany(bulk, by: author)
        guard report.isWritten else { return report }
        let time = site.clock()
        try await site.note(
            report.items.map {
                AuditItem(
                    time: time, actor: actor, channel: channel, action: .write,
                    what: "decided the conflict \($0.conflict) with others", record: $0.record)
            })
        return report
    }

    func work(on work: ConflictWork, by author: Author) async throws -> ConflictView {
        let view = try await site.work(on: work, by: author)
        try await note(.write, "worked on the conflict \(view.id)", record: view.record)
        return view
    }

    // MARK: Exchange and safekeeping

    func importRecords(
        _ batch: ImportBatch, by author: Author,
        progress: @escaping @Sendable (ImportProgress) -> Void
    ) async throws -> ImportReport {
        let report = try await site.importRecords(batch, by: author, progress: progress)
        let (created, changed) = (
            report.created.values.reduce(0, +), report.changed.values.reduce(0, +)
        )
        try await note(
            .write, "imported into \(report.partnership): \(created) new, \(changed) changed")
        return report
    }

    func erase(_ draft: ErasureDraft, by author: Author) async throws -> ErasureReport {
        let record = try await site.record(draft.record, kind: nil)
        let report = try await site.erase(draft, by: author)
        if !draft.isPreview {
            try await note(
                .write, "erased \(report.parts) statements of the \(record.kind) \(record.short)",
                record: record.id)
        }
        return report
    }

    func setRetention(_ change: RetentionChange) async throws -> PartnershipView {
        let partnership = try await site.setRetention(change)
        try await note(.administer, "set how long records of \(partnership.name) are kept")
        return partnership
    }

    func retention() async throws -> [RetentionItem] {
        let found = try await site.retention()
        try await note(.read, "listed \(found.count) residents whose records are due")
        return found
    }

    func erasures() async throws -> [ErasureView] { try await site.erasures() }

    func backUp(to path: String) async throws -> BackupReport {
        let report = try await site.backUp(to: path)
        try await note(.administer, "made a backup of \(report.entries) entries")
        return report
    }

    func recoveryKit(passphrase: String) async throws -> RecoveryKitView {
        let kit = try await site.recoveryKit(passphrase: passphrase)
        try await note(.administer, "made a recovery kit")
        return kit
    }

    func verify() async throws -> VerifyReport { try await site.verify() }

    func rebuild(checkOnly: Bool) async throws -> RebuildReport {
        let report = try await site.rebuild(checkOnly: checkOnly)
        if !checkOnly { try await note(.administer, "rebuilt the state from the log") }
        return report
    }

    func audit(_ query: AuditQuery) async throws -> [AuditItem] {
        let found = try await site.audit(query)
        try await note(.read, "looked at \(found.count) items of the audit")
        return found
    }
}
