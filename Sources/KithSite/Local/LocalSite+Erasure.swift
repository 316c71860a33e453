import Foundation
import KithModel
import KithProtocol
import KithStore
import KithTrust

// Erasure (D24): for the end of retention or a court's order, never for correcting.
extension LocalSite {
    package func erase(_ draft: ErasureDraft, by author: Author) async throws -> ErasureReport {
        try await translating {
            let reason = draft.reason.precomposedStringWithCanonicalMapping
                .trimmingCharacters(in: .whitespacesAndNewlines)
            guard !reason.isEmpty, reason.count <= 2000 else {
                throw SiteError(.invalid, "an erasure needs a reason of at most 2,000 characters")
            }
            let view = try await record(draft.record, kind: nil)
            let (entry, now) = (entry, clock())
            let step: @Sendable (StoreTransaction) throws -> ErasureReport = { transaction in
                let presenter = try RecordPresenter(transaction, entry: entry)
                let roots = try transaction.records(
                    RecordSelection(partnership: view.partnershipID, ids: [view.id])
                ).map(\.row)
                let wanted = try transaction.records(
                    draft.version == nil
                        ? RecordSelection(partnership: view.partnershipID, roots: roots)
                        : RecordSelection(partnership: view.partnershipID, rows: roots))
                var names: [Compartment: [(record: DraftPart, parts: [PartID])]] = [:]
                var report = ErasureReport(
                    title: view.title, partnership: view.partnership, records: [:], parts: 0)
                let group = transaction.cryptography.randomBytes(16)
                for record in wanted {
                    let parts = try transaction.parts(
                        ofRecord: record.row, version: draft.version)
                    guard !parts.isEmpty else { continue }
                    report.records[presenter.view(record).kind, default: 0] += 1
                    report.parts += parts.count
                    let said = DraftPart(
                        skeleton: Skeleton(
                            record: record.id, kind: record.kind, operations: [], change: .erase,
                            committer: author.person, performer: nil, event: nil, group: group),
                        values: [], reason: reason)
                    names[record.compartment, default: []].append((said, parts))
                }
                guard report.parts > 0 else {
                    throw SiteError(
                        .invalid,
                        draft.version == nil
                            ? "nothing is left to erase in \(ShownText(line: view.title).text)"
                            : "nothing of version \(draft.version ?? 0) is left to erase there; 'kith record history' lists the versions"
                    )
                }
                guard !draft.isPreview else { return report }
                for compartment in names.keys.sorted() {
                    try transaction.erase(
                        names[compartment] ?? [], in: compartment, of: view.partnershipID,
                        now: now)
                }
                return report
            }
            let report = try await draft.isPreview ? store.read(step) : store.write(step)
            try await store.finishErasing()
            return report
        }
    }

    package func erasures() async throws -> [ErasureView] {
        try await translating {
            try await store.read { transaction in
                let partnerships = Dictionary(
                    try transaction.partnerships().map { ($0.id, $0) },
                    uniquingKeysWith: { first, _ in first })
                return try transaction.erasures().map { erasure in
                    let partnership = partnerships[erasure.id.partnership]
                    let profiles =
                        (partnership?.members.map(\.profile) ?? [])
                        + (partnership?.formerMembers.map(\.profile) ?? [])
                    func name(_ site: SiteID) -> String {
                        profiles.first { $0.site == site }?.name ?? site.short
                    }
                    return ErasureView(
                        entry: erasure.entry, partnership: partnership?.name ?? "",
                        compartment: erasure.id.compartment, siteName: name(erasure.author),
                        committer: erasure.act.map { Author($0.committer) },
                        recorded: erasure.recorded, reason: erasure.act?.reason,
                        parts: erasure.parts,
                        done: erasure.holders.filter(\.value).keys.map(name).sorted(),
                        awaited: erasure.holders.filter { !$0.value }.keys.map(name).sorted())
                }
            }
        }
    }
}
