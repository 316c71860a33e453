import Foundation
import KithDaemon
import KithModel
import KithSite
import KithSync
import Logging
import Synchronization

/// A site whose partners' door and nights are pretence.
final class FakeDaemonSite: DaemonSite {
    struct State {
        var events: [String] = []
        var lastNight: Instant?
        var outcomes: [[SyncReport]] = []
        var status: StatusView?
        /// Who is met again, each time.
        var met: [[SiteID]] = []
        /// Who lacks something.
        var behind: [SiteID] = []
        /// The entry that came last.
        var arrival: Int64 = 0
        var limits: SyncLimits?
        /// How many nights fail as a whole before one does not.
        var nightProblems = 0
        /// How many steps of the scrub are due.
        var scrubs = 0
        /// Whether a save would never have its turn.
        var isWriterStuck = false
    }

    let state: Mutex<State>
    /// What serving the web page ends with, when set.
    let webProblem: SiteError?

    init(
        lastNight: Instant? = nil, outcomes: [[SyncReport]] = [], nightProblems: Int = 0,
        webProblem: SiteError? = nil
    ) {
        self.webProblem = webProblem
        state = Mutex(State(lastNight: lastNight, outcomes: outcomes, nightProblems: nightProblems))
    }

    var events: [String] { state.withLock { $0.events } }

    private func note(_ event: String) { state.withLock { $0.events.append(event) } }

    func servePeers(
        listen: ListenAddress, onListening: @escaping @Sendable (String) -> Void
    ) async throws {
        note("serving")
        onListening("\(listen.host):7777")
        do {
            try await Task.sleep(for: .seconds(600))
        } catch {
            note("served")
            throw error
        }
    }

    func lastNightlySync() async throws -> Instant? { state.withLock { $0.lastNight } }

    func nightlySync() async throws -> [SyncReport] {
        note("night")
        let fails = state.withLock { state in
            state.nightProblems -= 1
            return state.nightProblems >= 0
        }
        if fails { throw SiteError(.store, "the disk is full") }
        return state.withLock { $0.outcomes.isEmpty ? [] : $0.outcomes.removeFirst() }
    }

    func sync(
        _ request: SyncRequest, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> [SyncReport] { throw unused }

    func meet(_ sites: [SiteID]) async throws -> [SyncReport] {
        note("retry \(sites.count)")
        return state.withLock { state in
            state.met.append(sites)
            let outcomes = state.outcomes.isEmpty ? [] : state.outcomes.removeFirst()
            return outcomes.filter { sites.contains($0.site) }
        }
    }

    func peersBehind() async throws -> [SiteID] { state.withLock { $0.behind } }

    func lastArrival() async throws -> Int64 { state.withLock { $0.arrival } }

    func limitLine(to limits: SyncLimits, nights: NightlySchedule) async throws {
        state.withLock { $0.limits = limits }
    }

    var sessionTally: SessionTally { SessionTally() }

    func renewCertificateIfNeeded(at now: Instant) async throws { note("renew") }

    func scrub() async throws -> Bool {
        note("scrub")
        return state.withLock { state in
            state.scrubs -= 1
            return state.scrubs > 0
        }
    }

    func awaitWriter() async throws {
        note("writer")
        if state.withLock({ $0.isWriterStuck }) { try await Task.sleep(for: .seconds(1 << 20)) }
    }

    func close() async { note("closed") }

    func profile() async throws -> SiteView {
        SiteView(
            site: SiteID(publicKeyDER: [1]), name: "Rose", kind: "care-home", ods: nil,
            version: "1", home: "/")
    }

    // MARK: Not used by the daemon

    private var unused: SiteError { SiteError(.invalid, "the fake does not do this") }
    func status() async throws -> StatusView {
        guard let status = state.withLock({ $0.status }) else { throw unused }
        return status
    }
    func doctor() async throws -> [Finding] { throw unused }
    func createPartnership(_ draft: PartnershipDraft) async throws -> PartnershipView {
        throw unused
    }
    func partnerships() async throws -> [PartnershipView] { throw unused }
    func partnership(_ reference: String) async throws -> PartnershipView { throw unused }
    func invite(_ draft: InvitationDraft) async throws -> InvitationView { throw unused }
    func revokeInvitation(_ id: String) async throws -> InvitationView { throw unused }
    func changeMembership(_ change: MembershipChange) async throws -> MembershipReport {
        throw unused
    }
    func previewInvitation(_ code: String) async throws -> InvitationPreview { throw unused }
    func join(
        _ code: String, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> JoinReport { throw unused }
    func setAddresses(_ addresses: [String]) async throws -> SiteView { throw unused }
    func leaveJoinRequest(_ code: String) async throws -> WaitingJoinView { throw unused }
    func withdrawJoinRequest(_ id: String) async throws -> WaitingJoinView { throw unused }
    func waitingJoins() async throws -> [WaitingJoinView] { throw unused }
    func offers() async throws -> [OfferView] { throw unused }
    func acceptOffer(
        _ reference: String, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> JoinReport { throw unused }
    func pair(_ request: PairingRequest) async throws -> ComparisonView { throw unused }
    func decidePairing(_ decision: PairingDecision) async throws -> PairingOutcome { throw unused }
    func removePeer(_ reference: String) async throws -> PeerView { throw unused }
    func peers() async throws -> [PeerView] { throw unused }
    func overview(_ compartments: [Compartment]) async throws -> [ResidentSummary] { throw unused }
    func changes(_ query: ChangesQuery) async throws -> ChangesView { throw unused }
    func serveWeb(
        _ settings: WebSettings, logger: Logger,
        onListening: @escaping @Sendable (String) -> Void
    ) async throws {
        state.withLock { $0.events.append("web") }
        if let webProblem { throw webProblem }
        onListening("127.0.0.1:8443")
        try await Task.sleep(for: .seconds(3600))
    }
    func users() async throws -> [UserView] { throw unused }
    func changeUser(_ change: UserChange) async throws -> UserReport { throw unused }
    func setPeer(_ change: PeerChange) async throws -> PeerView { throw unused }
    func records(_ query: RecordQuery) async throws -> [RecordView] { throw unused }
    func record(_ reference: String, kind: String?) async throws -> RecordView { throw unused }
    func tree(_ query: TreeQuery) async throws -> RecordTree { throw unused }
    func due(_ query: DueQuery) async throws -> [DueItem] { throw unused }
    func save(_ edits: [RecordEdit], by author: Author) async throws -> [RecordView] {
        throw unused
    }
    func moveResident(_ move: ResidentMove, by author: Author) async throws -> MoveReport {
        throw unused
    }
    func history(_ reference: String) async throws -> [HistoryItem] { throw unused }
    func conflicts(_ query: ConflictQuery) async throws -> [ConflictView] { throw unused }
    func conflict(_ id: String) async throws -> ConflictView { throw unused }
    func resolve(_ resolution: Resolution, by author: Author) async throws -> ResolutionOutcome {
        throw unused
    }
    func undoDecision(_ undo: ConflictUndo, by author: Author) async throws -> ResolutionOutcome {
        throw unused
    }
    func resolveMany(_ bulk: BulkResolution, by author: Author) async throws -> BulkReport {
        throw unused
    }
    func work(on work: ConflictWork, by author: Author) async throws -> ConflictView {
        throw unused
    }
    func importRecords(
        _ batch: ImportBatch, by author: Author,
        progress: @escaping @Sendable (ImportProgress) -> Void
    ) async throws -> ImportReport { throw unused }
    func erase(_ draft: ErasureDraft, by author: Author) async throws -> ErasureReport {
        throw unused
    }
    func erasures() async throws -> [ErasureView] { throw unused }
    func acting(
        for actor: Author, through channel: AuditItem.Channel, within scope: AccessScope
    ) -> any Site { self }
    func breakGlass(_ request: BreakGlassRequest) async throws -> AuditItem {
        throw unused
    }
    func reviewBreakGlass(_ review: BreakGlassReview) async throws -> AuditItem {
        throw unused
    }
    func readableCompartments(of record: String) async throws -> [Compartment] {
        throw unused
    }
    func audit(_ query: AuditQuery) async throws -> [AuditItem] { throw unused }
    func setQuota(_ change: QuotaChange) async throws -> PartnershipView { throw unused }
    func setRetention(_ change: RetentionChange) async throws -> PartnershipView { throw unused }
    func retention() async throws -> [RetentionItem] { throw unused }
    func backUp(to path: String) async throws -> BackupReport { throw unused }
    func recoveryKit(passphrase: String) async throws -> RecoveryKitView { throw unused }
    func verify() async throws -> VerifyReport { throw unused }
    func rebuild(checkOnly: Bool) async throws -> RebuildReport { throw unused }
}

/// A report about a peer of that name.
func report(_ peer: String, isEqual: Bool) -> SyncReport {
    SyncReport(
        site: SiteID(publicKeyDER: Array(peer.utf8)), peer: peer, isEqual: isEqual,
        problem: isEqual ? nil : "no route", sent: 0, received: 0, bytesSent: 0, bytesReceived: 0,
        milliseconds: 1)
}

/// A temporary home, removed at the end of the test.
func withHome<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let home =
        FileManager.default.temporaryDirectory.path + "/kithd-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(
        atPath: home, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(atPath: home) }
    return try await body(home)
}
