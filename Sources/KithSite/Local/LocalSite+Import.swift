import Foundation
import KithModel
import KithStore

extension LocalSite {
    /// Records written in one transaction; an import that is cut off can simply be run again.
    private static let recordsPerTransaction = 500

    package func importRecords(
        _ batch: ImportBatch, by author: Author,
        progress: @escaping @Sendable (ImportProgress) -> Void
    ) async throws -> ImportReport {
        try await translating {
            let partnership = try await targetPartnership(batch.partnership)
            var report = ImportReport(
                partnership: partnership.name, created: [:], changed: [:], unchanged: [:])
            // Compartments in a fixed order, so that a parent is there before what is part of it.
            let records = batch.records.sorted {
                (Vocabulary.kind(named: $0.source.kind)?.number ?? 0)
                    < (Vocabulary.kind(named: $1.source.kind)?.number ?? 0)
            }
            let checked = try records.map { try ImportPlan($0, in: partnership.id) }
            var done = 0
            while done < checked.count {
                let part = Array(checked[done...].prefix(Self.recordsPerTransaction))
                let outcomes = try await store.write { [clock] transaction in
                    try ImportPlan.write(
                        part, by: author, in: partnership.id, transaction, now: clock())
                }
                for (plan, outcome) in zip(part, outcomes) {
                    switch outcome {
                    case .created: report.created[plan.kind.name, default: 0] += 1
                    case .changed: report.changed[plan.kind.name, default: 0] += 1
                    case .unchanged: report.unchanged[plan.kind.name, default: 0] += 1
                    }
                }
                done += part.count
                progress(ImportProgress(done: done, total: checked.count))
                try Task.checkCancellation()
            }
            return report
        }
    }
}
