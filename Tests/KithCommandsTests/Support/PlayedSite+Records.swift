import Foundation
import KithModel
import KithSite

/// Records, conflicts and exchange, played.
extension PlayedSite {
    func records(_ query: RecordQuery) async throws -> [RecordView] {
        try play { $0.records.filter { $0.kind == query.kind } }
    }

    func record(_ reference: String, kind: String?) async throws -> RecordView {
        try play {
            let match = $0.records.first {
                $0.id.description.hasPrefix(reference) || $0.title == reference
            }
            guard let match, kind == nil || kind == match.kind else {
                throw SiteError(.notFound, "no \(kind ?? "record") '\(reference)' is here")
            }
            return match
        }
    }

    func tree(_ query: TreeQuery) async throws -> RecordTree {
        let root = try await record(query.reference, kind: query.kind)
        return try play { script in
            var found: [RecordView] = []
            var level = [root.id]
            while !level.isEmpty {
                let next = script.records.filter { $0.parent.map(level.contains) ?? false }
                found += next
                level = next.map(\.id)
            }
            let order = Vocabulary.kinds.map(\.name)
            return RecordTree(
                record: root,
                descendants: order.flatMap { kind in found.filter { $0.kind == kind } },
                compartments: script.partnerships[0].compartments)
        }
    }

    func save(_ edits: [RecordEdit], by author: Author) async throws -> [RecordView] {
        try play { script in
            script.saved += edits.map { ($0, author) }
            return [script.records[0]]
        }
    }

    func moveResident(_ move: ResidentMove, by author: Author) async throws -> MoveReport {
        try play { script in
            MoveReport(
                title: script.records[0].title, from: "Elm and Patel", to: move.partnership,
                resident: script.records[0].id, records: ["resident": 1, "allergy": 2], values: 9,
                isUnchanged: false)
        }
    }

    func history(_ reference: String) async throws -> [HistoryItem] { try play { $0.history } }
    func due(_ query: DueQuery) async throws -> [DueItem] {
        try play {
            $0.dueQueries.append(query)
            return $0.due
        }
    }
    func conflicts(_ query: ConflictQuery) async throws -> [ConflictView] {
        try play {
            $0.conflictQueries.append(query)
            return $0.conflicts
        }
    }

    func conflict(_ id: String) async throws -> ConflictView {
        try play {
            guard let match = $0.conflicts.first(where: { $0.id == id }) else {
                throw SiteError(.notFound, "no open conflict '\(id)'; see 'kith conflict list'")
            }
            return match
        }
    }

    func resolve(_ resolution: Resolution, by author: Author) async throws -> ResolutionOutcome {
        try play {
            if !resolution.isPreview {
                if let failure = $0.failureToSave { throw failure }
                $0.resolutions.append(resolution)
                if $0.afterResolve == nil {
                    $0.conflicts.removeAll { $0.id == resolution.conflict }
                }
            }
            return ResolutionOutcome(
                conflict: resolution.conflict, about: "Status, Falls prevention",
                stands: ["Active"], replaces: ["On hold"], isOpen: $0.afterResolve != nil,
                rest: $0.afterResolve, record: Samples.plan)
        }
    }

    func undoDecision(_ undo: ConflictUndo, by author: Author) async throws -> ResolutionOutcome {
        try play {
            if !undo.isPreview { $0.undone.append(undo) }
            return ResolutionOutcome(
                conflict: undo.conflict, about: "Status", stands: ["Active", "On hold"],
                replaces: ["Active"], isOpen: true, rest: Samples.conflict(), record: Samples.plan)
        }
    }

    func resolveMany(_ bulk: BulkResolution, by author: Author) async throws -> BulkReport {
        try play {
            $0.bulks.append(bulk)
            return BulkReport(
                items: (1...30).map {
                    BulkReport.Item(
                        conflict: "ABCDEF\($0).phone", about: "Telephone, Smith",
                        stands: "01803 555 00\($0)", replaces: ["old"], record: Samples.resident)
                }, skipped: [], version: 5, isWritten: !bulk.isPreview)
        }
    }

    func work(on work: ConflictWork, by author: Author) async throws -> ConflictView {
        try play { script in
            script.works.append(work)
            var conflict = Samples.conflict()
            conflict.owners = [work.owner ?? "Ann"]
            return conflict
        }
    }

    func importRecords(
        _ batch: ImportBatch, by author: Author,
        progress: @escaping @Sendable (ImportProgress) -> Void
    ) async throws -> ImportReport {
        progress(ImportProgress(done: 1, total: 2))
        return try play {
            $0.imported.append(batch)
            return ImportReport(
                partnership: "Elm and Patel", created: ["resident": 2], changed: ["allergy": 1],
                unchanged: [:])
        }
    }

    func erase(_ draft: ErasureDraft, by author: Author) async throws -> ErasureReport {
        try play {
            if !draft.isPreview { $0.erased.append(draft) }
            return ErasureReport(
                title: "Nell Whitfield", partnership: "Elm and Patel",
                records: ["resident": 1, "allergy": 2], parts: 7)
        }
    }

    func erasures() async throws -> [ErasureView] { try play { $0.erasures } }
}
