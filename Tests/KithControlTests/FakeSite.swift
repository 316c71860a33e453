import Foundation
import KithModel
import KithSite
import Synchronization

/// A site that answers with samples, and notes what it was asked.
final class FakeSite: Site {
    /// What `verify` does instead of answering, when set.
    let whenVerifying: (@Sendable () async throws -> Void)?
    /// What every `record` is answered with, when set.
    let recordError: SiteError?
    let samples = Samples()

    private let asked = Mutex<[String]>([])
    let actors = Mutex<[Author]>([])

    init(
        recordError: SiteError? = nil, whenVerifying: (@Sendable () async throws -> Void)? = nil
    ) {
        self.recordError = recordError
        self.whenVerifying = whenVerifying
    }

    /// What was asked, in order: the name and the arguments as JSON.
    var calls: [String] { asked.withLock { $0 } }

    private func note(_ name: String, _ arguments: any Encodable & Sendable...) {
        let texts = arguments.map { json($0) }
        asked.withLock { $0.append("\(name) \(texts.joined(separator: " "))") }
    }

    func profile() async throws -> SiteView {
        note("profile")
        return samples.site
    }
    func status() async throws -> StatusView {
        note("status")
        return samples.status
    }
    func doctor() async throws -> [Finding] {
        note("doctor")
        return samples.findings
    }
    func createPartnership(_ draft: PartnershipDraft) async throws -> PartnershipView {
        note("createPartnership", draft)
        return samples.partnership
    }
    func partnerships() async throws -> [PartnershipView] {
        note("partnerships")
        return [samples.partnership]
    }
    func partnership(_ reference: String) async throws -> PartnershipView {
        note("partnership", reference)
        return samples.partnership
    }
    func invite(_ draft: InvitationDraft) async throws -> InvitationView {
        note("invite", draft)
        return samples.invitation
    }
    func revokeInvitation(_ id: String) async throws -> InvitationView {
        note("revokeInvitation", id)
        return samples.invitation
    }
    func changeMembership(_ change: MembershipChange) async throws -> MembershipReport {
        note("changeMembership", change)
        return MembershipReport(
            partnership: samples.partnership, member: "m", isInEffect: false)
    }
    func previewInvitation(_ code: String) async throws -> InvitationPreview {
        note("previewInvitation", code)
        return samples.preview
    }
    func join(
        _ code: String, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> JoinReport {
        note("join", code)
        for step in samples.syncSteps { progress(step) }
        return JoinReport(partnership: samples.partnership, sync: samples.syncReport)
    }
    func leaveJoinRequest(_ code: String) async throws -> WaitingJoinView {
        note("leaveJoinRequest", code)
        return samples.waitingJoin
    }
    func withdrawJoinRequest(_ id: String) async throws -> WaitingJoinView {
        note("withdrawJoinRequest", id)
        return samples.waitingJoin
    }
    func waitingJoins() async throws -> [WaitingJoinView] {
        note("waitingJoins")
        return [samples.waitingJoin]
    }
    func setAddresses(_ addresses: [String]) async throws -> SiteView {
        note("setAddresses", addresses)
        return samples.site
    }
    func offers() async throws -> [OfferView] {
        note("offers")
        return [samples.offer]
    }
    func acceptOffer(
        _ reference: String, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> JoinReport {
        note("acceptOffer", reference)
        for step in samples.syncSteps { progress(step) }
        return JoinReport(partnership: samples.partnership, sync: samples.syncReport)
    }
    func pair(_ request: PairingRequest) async throws -> ComparisonView {
        note("pair", request)
        return ComparisonView(
            id: "c", words: ["apple", "tiger"], site: samples.site.site, name: "n", kind: "k")
    }
    func removePeer(_ reference: String) async throws -> PeerView {
        note("removePeer", reference)
        return samples.peer
    }
    func decidePairing(_ decision: PairingDecision) async throws -> PairingOutcome {
        note("decidePairing", decision)
        return PairingOutcome(peer: samples.peer, triesLeft: 2)
    }
    func overview(_ compartments: [Compartment]) async throws -> [ResidentSummary] {
        note("overview", compartments)
        return [samples.summary]
    }
    func changes(_ query: ChangesQuery) async throws -> ChangesView {
        note("changes", query)
        return samples.changes
    }
    func users() async throws -> [UserView] {
        note("users")
        return [samples.user]
    }
    func changeUser(_ change: UserChange) async throws -> UserReport {
        note("changeUser", change)
        return UserReport(user: samples.user, password: "p", certificate: Data([1, 2]))
    }
    func peers() async throws -> [PeerView] {
        note("peers")
        return [samples.peer]
    }
    func setPeer(_ change: PeerChange) async throws -> PeerView {
        note("setPeer", change)
        return samples.peer
    }
    func sync(
        _ request: SyncRequest, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> [SyncReport] {
        note("sync", request)
        for step in samples.syncSteps { progress(step) }
        return [samples.syncReport]
    }
    func records(_ query: RecordQuery) async throws -> [RecordView] {
        note("records", query)
        return [samples.record, samples.record]
    }
    func record(_ reference: String, kind: String?) async throws -> RecordView {
        note("record", reference, kind)
        if let recordError { throw recordError }
        return samples.record
    }
    func tree(_ query: TreeQuery) async throws -> RecordTree {
        note("tree", query)
        return RecordTree(
            record: samples.record, descendants: [samples.record], more: ["note": 3],
            compartments: [.personal, .clinical])
    }
    func save(_ edits: [RecordEdit], by author: Author) async throws -> [RecordView] {
        note("save", edits, author)
        return [samples.record]
    }
    func moveResident(_ move: ResidentMove, by author: Author) async throws -> MoveReport {
        note("moveResident", move, author)
        return MoveReport(
            title: "Nell", from: "p", to: "q", resident: samples.record.id,
            records: ["resident": 1], values: 2, isUnchanged: false)
    }
    func history(_ reference: String) async throws -> [HistoryItem] {
        note("history", reference)
        return samples.history
    }
    func due(_ query: DueQuery) async throws -> [DueItem] {
        note("due", query)
        return [samples.due]
    }
    func conflicts(_ query: ConflictQuery) async throws -> [ConflictView] {
        note("conflicts", query)
        return [samples.conflict]
    }
    func conflict(_ id: String) async throws -> ConflictView {
        note("conflict", id)
        return samples.conflict
    }
    func resolve(_ resolution: Resolution, by author: Author) async throws -> ResolutionOutcome {
        note("resolve", resolution, author)
        return samples.outcome
    }
    func undoDecision(_ undo: ConflictUndo, by author: Author) async throws -> ResolutionOutcome {
        note("undoDecision", undo, author)
        return samples.outcome
    }
    func resolveMany(_ bulk: BulkResolution, by author: Author) async throws -> BulkReport {
        note("resolveMany", bulk, author)
        return samples.bulkReport
    }
    func work(on work: ConflictWork, by author: Author) async throws -> ConflictView {
        note("work", work, author)
        return samples.conflict
    }
    func importRecords(
        _ batch: ImportBatch, by author: Author,
        progress: @escaping @Sendable (ImportProgress) -> Void
    ) async throws -> ImportReport {
        note("importRecords", batch.records.count < 10 ? batch : nil, author)
        for done in 1...20 { progress(ImportProgress(done: done, total: 20)) }
        var report = samples.importReport
        report.created["records"] = batch.records.count
        return report
    }
    func erase(_ draft: ErasureDraft, by author: Author) async throws -> ErasureReport {
        note("erase", draft, author)
        return ErasureReport(
            title: "Nell", partnership: "p", records: ["resident": 1], parts: 2)
    }
    func erasures() async throws -> [ErasureView] {
        note("erasures")
        return [
            ErasureView(
                entry: samples.record.changed.entry, partnership: "p", compartment: .clinical,
                siteName: "s", committer: nil, recorded: Instant(milliseconds: 1), reason: "r",
                parts: 2, done: ["s"], awaited: ["t"])
        ]
    }
    func acting(
        for actor: Author, through channel: AuditItem.Channel, within scope: AccessScope
    ) -> any Site {
        actors.withLock { $0.append(actor) }
        return self
    }
    func breakGlass(_ request: BreakGlassRequest) async throws -> AuditItem {
        note("breakGlass", request)
        return samples.auditItem
    }
    func reviewBreakGlass(_ review: BreakGlassReview) async throws -> AuditItem {
        note("reviewBreakGlass", review)
        return samples.auditItem
    }
    func readableCompartments(of record: String) async throws -> [Compartment] {
        note("readableCompartments", record)
        return [.clinical, .personal]
    }
    func audit(_ query: AuditQuery) async throws -> [AuditItem] {
        note("audit", query)
        return [samples.auditItem]
    }
    func setQuota(_ change: QuotaChange) async throws -> PartnershipView {
        note("setQuota", change)
        return samples.partnership
    }
    func setRetention(_ change: RetentionChange) async throws -> PartnershipView {
        note("setRetention", change)
        return samples.partnership
    }
    func retention() async throws -> [RetentionItem] {
        note("retention")
        return PartialDate("2016-02").map { date in
            [
                RetentionItem(
                    resident: samples.record.id, short: "S", title: "t", partnership: "p",
                    ended: date, due: date)
            ]
        } ?? []
    }
    func backUp(to path: String) async throws -> BackupReport {
        note("backUp", path)
        return BackupReport(
            file: path, site: "s", made: Instant(milliseconds: 1), entries: 2, bytes: 3)
    }
    func recoveryKit(passphrase: String) async throws -> RecoveryKitView {
        note("recoveryKit", passphrase)
        return RecoveryKitView(
            code: "ABCDEF", site: samples.site, made: Instant(milliseconds: 5),
            partners: [samples.peer])
    }
    func verify() async throws -> VerifyReport {
        note("verify")
        try await whenVerifying?()
        return samples.verifyReport
    }
    func rebuild(checkOnly: Bool) async throws -> RebuildReport {
        note("rebuild", checkOnly)
        return samples.rebuildReport
    }
}

/// A value as JSON whose bytes can be compared.
func json(_ value: any Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "?"
}
