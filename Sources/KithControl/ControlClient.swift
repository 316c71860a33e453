internal import Foundation
public import KithModel
public import KithSite
internal import SwiftProtobuf
internal import Synchronization

/// A site that a daemon owns, reached over the Unix socket in its home.
///
/// Each call has a connection of its own, so a client outlives a restart of the daemon, and calls
/// may run at the same time. Cancelling the task of a call cancels the work in the daemon, which
/// stops at its next safe point; the call then throws `CancellationError`.
public struct ControlClient: Site {
    private let home: String
    private let version: String
    private let silence: Duration
    /// Who makes the calls; the login until somebody else is named.
    private var actor = Author(
        user: NSUserName(), name: NSUserName(), role: "administrator")
    private var scope = AccessScope.all

    /// A client of the daemon that owns a home; nil when no daemon answers there.
    ///
    /// On nil the caller may take the home's lock and open the site itself. A daemon that is just
    /// starting holds the lock before it answers. Errors: `SiteError` when the socket is there but
    /// may not be used. `version` is that of the calling program.
    public init?(home: String, version: String) throws {
        try self.init(home: home, version: version, silence: ControlLimits.silence)
    }

    /// The same with another limit to how long the daemon may be silent.
    init?(home: String, version: String, silence: Duration) throws {
        guard let descriptor = try ControlSocket.connect(in: home) else { return nil }
        close(descriptor)
        self.home = home
        self.version = version
        self.silence = silence
    }

    private func call<Arguments, Progress, Value>(
        _ command: ControlCommand<Arguments, Progress, Value>, _ arguments: Arguments,
        progress: @escaping @Sendable (Progress) -> Void
    ) async throws -> Value {
        let json = try ControlCoding.encode(arguments)
        guard json.count <= ControlLimits.payloadBytes else {
            throw ControlFailure.requestTooLarge
        }
        let actorJSON = try ControlCoding.encode(actor)
        let scopeJSON = try ControlCoding.encode(scope)
        let request = Kith_V1_CallRequest.with {
            $0.version = version
            $0.command = command.name
            $0.argumentsJson = json
            $0.actorJson = actorJSON
            $0.scopeJson = scopeJSON
        }
        let result = Mutex<Data?>(nil)
        try await ControlConnection(home: home, silence: silence).call(request) { answer in
            switch answer.response {
            case .progressJson(let json):
                if let step = try? ControlCoding.decode(Progress.self, from: json) {
                    progress(step)
                }
            case .resultJson(let json): result.withLock { $0 = json }
            case .failure(let failure): throw failure.siteError
            case nil: throw ControlFailure.unreadable(command.name)
            }
        }
        guard let json = result.withLock({ $0 }) else {
            try Task.checkCancellation()
            throw ControlFailure.brokenOff
        }
        do {
            return try ControlCoding.decode(Value.self, from: json)
        } catch {
            throw ControlFailure.unreadable(command.name)
        }
    }

    private func call<Arguments, Value>(
        _ command: ControlCommand<Arguments, Nothing, Value>, _ arguments: Arguments
    ) async throws -> Value {
        try await call(command, arguments, progress: { _ in })
    }

    private func call<Value>(
        _ command: ControlCommand<Nothing, Nothing, Value>
    ) async throws -> Value {
        try await call(command, Nothing())
    }
}

// The documentation of these is that of `Site`.
extension ControlClient {
    /// The daemon's site as a person uses it.
    public func acting(
        for actor: Author, through channel: AuditItem.Channel, within scope: AccessScope
    ) -> any Site {
        var acting = self
        acting.actor = actor
        acting.scope = scope
        return acting
    }

    // MARK: The site itself

    /// Who the daemon's site is.
    public func profile() async throws -> SiteView { try await call(ControlCommands.profile) }

    /// One screen of how things stand.
    public func status() async throws -> StatusView { try await call(ControlCommands.status) }

    /// Checks what commonly goes wrong.
    public func doctor() async throws -> [Finding] { try await call(ControlCommands.doctor) }

    // MARK: Partnerships

    /// Founds a partnership.
    public func createPartnership(_ draft: PartnershipDraft) async throws -> PartnershipView {
        try await call(ControlCommands.createPartnership, draft)
    }

    /// The partnerships that the site is in.
    public func partnerships() async throws -> [PartnershipView] {
        try await call(ControlCommands.partnerships)
    }

    /// One partnership.
    public func partnership(_ reference: String) async throws -> PartnershipView {
        try await call(ControlCommands.partnership, reference)
    }

    /// Makes a one-time invitation code.
    public func invite(_ draft: InvitationDraft) async throws -> InvitationView {
        try await call(ControlCommands.invite, draft)
    }

    /// Ends an invitation that nobody has used.
    public func revokeInvitation(_ id: String) async throws -> InvitationView {
        try await call(ControlCommands.revokeInvitation, id)
    }

    /// Changes, removes or elects a member; or leaves.
    public func changeMembership(_ change: MembershipChange) async throws -> MembershipReport {
        try await call(ControlCommands.changeMembership, change)
    }

    /// Sets how much of a partnership others may fill at the site.
    public func setQuota(_ change: QuotaChange) async throws -> PartnershipView {
        try await call(ControlCommands.setQuota, change)
    }

    /// Asks the inviter what a code is for.
    public func previewInvitation(_ code: String) async throws -> InvitationPreview {
        try await call(ControlCommands.previewInvitation, code)
    }

    /// Joins with a code.
    public func join(
        _ code: String, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> JoinReport {
        try await call(ControlCommands.join, code, progress: progress)
    }

    /// Leaves a join request at the relay that a code names.
    public func leaveJoinRequest(_ code: String) async throws -> WaitingJoinView {
        try await call(ControlCommands.leaveJoinRequest, code)
    }

    /// Takes back a join request that waits.
    public func withdrawJoinRequest(_ id: String) async throws -> WaitingJoinView {
        try await call(ControlCommands.withdrawJoinRequest, id)
    }

    /// The join requests that wait.
    public func waitingJoins() async throws -> [WaitingJoinView] {
        try await call(ControlCommands.waitingJoins)
    }

    /// Says where partners reach the site.
    public func setAddresses(_ addresses: [String]) async throws -> SiteView {
        try await call(ControlCommands.setAddresses, addresses)
    }

    /// The partnerships that peers say the site was admitted to.
    public func offers() async throws -> [OfferView] { try await call(ControlCommands.offers) }

    /// Takes part in an offered partnership.
    public func acceptOffer(
        _ reference: String, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> JoinReport {
        try await call(ControlCommands.acceptOffer, reference, progress: progress)
    }

    // MARK: Peers and sync

    /// Pairs by phone as far as the words.
    public func pair(_ request: PairingRequest) async throws -> ComparisonView {
        try await call(ControlCommands.pair, request)
    }

    /// Says what the comparison came to.
    public func decidePairing(_ decision: PairingDecision) async throws -> PairingOutcome {
        try await call(ControlCommands.decidePairing, decision)
    }

    /// The other members of the site's partnerships.
    public func peers() async throws -> [PeerView] { try await call(ControlCommands.peers) }

    /// Forgets a site that was paired with by phone.
    public func removePeer(_ reference: String) async throws -> PeerView {
        try await call(ControlCommands.removePeer, reference)
    }

    /// Sets where and whether a fellow member is dialled.
    public func setPeer(_ change: PeerChange) async throws -> PeerView {
        try await call(ControlCommands.setPeer, change)
    }

    /// One session with each named peer, or with all.
    public func sync(
        _ request: SyncRequest, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> [SyncReport] {
        try await call(ControlCommands.sync, request, progress: progress)
    }

    // MARK: Accounts of the web page

    /// The accounts.
    public func users() async throws -> [UserView] { try await call(ControlCommands.users) }

    /// Makes, changes, disables or resets an account.
    public func changeUser(_ change: UserChange) async throws -> UserReport {
        try await call(ControlCommands.changeUser, change)
    }

    // MARK: Records

    /// The records that match.
    public func records(_ query: RecordQuery) async throws -> [RecordView] {
        try await call(ControlCommands.records, query)
    }

    /// One record.
    public func record(_ reference: String, kind: String?) async throws -> RecordView {
        try await call(
            ControlCommands.record, RecordArguments(reference: reference, kind: kind))
    }

    /// One record with everything under it.
    public func tree(_ query: TreeQuery) async throws -> RecordTree {
        try await call(ControlCommands.tree, query)
    }

    /// Saves edits as one act.
    public func save(_ edits: [RecordEdit], by author: Author) async throws -> [RecordView] {
        try await call(ControlCommands.save, SaveArguments(edits: edits, author: author))
    }

    /// Carries a resident's records over into another partnership.
    public func moveResident(_ move: ResidentMove, by author: Author) async throws -> MoveReport {
        try await call(ControlCommands.moveResident, MoveArguments(move: move, author: author))
    }

    /// Every resident with what of them is in some compartments.
    public func overview(_ compartments: [Compartment]) async throws -> [ResidentSummary] {
        try await call(ControlCommands.overview, compartments)
    }

    /// What changed in a record and what is part of it.
    public func changes(_ query: ChangesQuery) async throws -> ChangesView {
        try await call(ControlCommands.changes, query)
    }

    /// Everything that was ever said in a record.
    public func history(_ reference: String) async throws -> [HistoryItem] {
        try await call(ControlCommands.history, reference)
    }

    /// What is or will be due.
    public func due(_ query: DueQuery) async throws -> [DueItem] {
        try await call(ControlCommands.due, query)
    }

    // MARK: Conflicts

    /// The open conflicts.
    public func conflicts(_ query: ConflictQuery) async throws -> [ConflictView] {
        try await call(ControlCommands.conflicts, query)
    }

    /// One conflict.
    public func conflict(_ id: String) async throws -> ConflictView {
        try await call(ControlCommands.conflict, id)
    }

    /// Decides a conflict.
    public func resolve(
        _ resolution: Resolution, by author: Author
    ) async throws -> ResolutionOutcome {
        try await call(
            ControlCommands.resolve, ResolveArguments(resolution: resolution, author: author))
    }

    /// Takes a decision back.
    public func undoDecision(
        _ undo: ConflictUndo, by author: Author
    ) async throws -> ResolutionOutcome {
        try await call(ControlCommands.undoDecision, UndoArguments(undo: undo, author: author))
    }

    /// Decides many conflicts alike.
    public func resolveMany(_ bulk: BulkResolution, by author: Author) async throws -> BulkReport {
        try await call(ControlCommands.resolveMany, BulkArguments(bulk: bulk, author: author))
    }

    /// Says whose a conflict is, until when, and what was found out.
    public func work(on work: ConflictWork, by author: Author) async throws -> ConflictView {
        try await call(ControlCommands.work, WorkArguments(work: work, author: author))
    }

    // MARK: Exchange and safekeeping

    /// Takes over records from another system.
    public func importRecords(
        _ batch: ImportBatch, by author: Author,
        progress: @escaping @Sendable (ImportProgress) -> Void
    ) async throws -> ImportReport {
        try await call(
            ControlCommands.importRecords, ImportArguments(batch: batch, author: author),
            progress: progress)
    }

    /// Erases what was said in a record.
    public func erase(_ draft: ErasureDraft, by author: Author) async throws -> ErasureReport {
        try await call(ControlCommands.erase, EraseArguments(draft: draft, author: author))
    }

    /// Sets for how long a partnership's records are kept.
    public func setRetention(_ change: RetentionChange) async throws -> PartnershipView {
        try await call(ControlCommands.setRetention, change)
    }

    /// Residents whose records are due.
    public func retention() async throws -> [RetentionItem] {
        try await call(ControlCommands.retention)
    }

    /// What was erased.
    public func erasures() async throws -> [ErasureView] {
        try await call(ControlCommands.erasures)
    }

    /// Writes a backup.
    public func backUp(to path: String) async throws -> BackupReport {
        try await call(ControlCommands.backUp, path)
    }

    /// Lets the person who acts read what their role does not include.
    public func breakGlass(_ request: BreakGlassRequest) async throws -> AuditItem {
        try await call(ControlCommands.breakGlass, request)
    }

    /// Says of a break-glass act what was found.
    public func reviewBreakGlass(_ review: BreakGlassReview) async throws -> AuditItem {
        try await call(ControlCommands.reviewBreakGlass, review)
    }

    /// The compartments that the person who acts may read of a record's resident.
    public func readableCompartments(of record: String) async throws -> [Compartment] {
        try await call(ControlCommands.readableCompartments, record)
    }

    /// Who did what at the site.
    public func audit(_ query: AuditQuery) async throws -> [AuditItem] {
        try await call(ControlCommands.audit, query)
    }

    /// Makes a recovery kit.
    public func recoveryKit(passphrase: String) async throws -> RecoveryKitView {
        try await call(ControlCommands.recoveryKit, passphrase)
    }

    /// Checks every hash, chain and signature of the log.
    public func verify() async throws -> VerifyReport { try await call(ControlCommands.verify) }

    /// Replays the log into fresh state and compares.
    public func rebuild(checkOnly: Bool) async throws -> RebuildReport {
        try await call(ControlCommands.rebuild, checkOnly)
    }
}
