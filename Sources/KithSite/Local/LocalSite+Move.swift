import Foundation
import KithModel
import KithStore

extension LocalSite {
    package func moveResident(_ move: ResidentMove, by author: Author) async throws -> MoveReport {
        try await translating {
            let view = try await record(move.resident, kind: "resident")
            let (from, to) = (view.partnershipID, try await partnership(move.partnership).id)
            let reason =
                try move.reason.map { try line($0, "a reason") } ?? ""
            let now = clock()
            return try await store.write { transaction in
                let all = try transaction.partnerships()
                guard let source = all.first(where: { $0.id == from }),
                    let target = all.first(where: { $0.id == to }),
                    let resident = try transaction.records(
                        RecordSelection(partnership: from, prefix: view.id.description)
                    ).first(where: { $0.id == view.id && $0.partnership == from })
                else { throw SiteError(.notFound, "that resident is gone; look again") }
                let outcome = try ResidentMover(
                    transaction: transaction, author: author, source: source, target: target
                ).move(resident, reason: reason, now: now)
                return MoveReport(
                    title: view.title, from: source.name, to: target.name, resident: outcome.id,
                    records: outcome.records, values: outcome.values,
                    isUnchanged: outcome.isUnchanged)
            }
        }
    }
}
