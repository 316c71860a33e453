public import KithModel

/// One site: everything that the command line, the daemon and the web page do goes through here.
///
/// Implemented in-process by `LocalSite`, which owns the home, and over the daemon's Unix socket
/// by `ControlClient`. Every method throws `SiteError`, whose message is one line that says what
/// to do next; a call that throws has changed nothing.
public protocol Site: Sendable {
    /// The same site as a person uses it: what they look at and do is noted in the audit, and what
    /// their role does not include is absent, unless they have broken the glass.
    func acting(
        for actor: Author, through channel: AuditItem.Channel, within scope: AccessScope
    ) -> any Site

    // MARK: The site itself

    /// Who this site is.
    func profile() async throws -> SiteView
    /// One screen of how things stand.
    func status() async throws -> StatusView
    /// Checks what commonly goes wrong; findings in the order of urgency, empty when all is well.
    func doctor() async throws -> [Finding]

    // MARK: Partnerships

    /// Founds a partnership with this site as its steward.
    func createPartnership(_ draft: PartnershipDraft) async throws -> PartnershipView
    /// Says where partners reach this site, as HOST:PORT, and tells the members of its partnerships.
    func setAddresses(_ addresses: [String]) async throws -> SiteView
    /// The partnerships that this site is in, by name; the private one last.
    func partnerships() async throws -> [PartnershipView]
    /// One partnership, by name or by a beginning of its id.
    func partnership(_ reference: String) async throws -> PartnershipView
    /// Makes a one-time invitation code.
    func invite(_ draft: InvitationDraft) async throws -> InvitationView
    /// Ends an invitation that nobody has used, by its id or the beginning of it.
    func revokeInvitation(_ id: String) async throws -> InvitationView
    /// Admits a peer, changes, removes or elects a member; or leaves.
    func changeMembership(_ change: MembershipChange) async throws -> MembershipReport
    /// Sets how much of a partnership others may fill at this site.
    func setQuota(_ change: QuotaChange) async throws -> PartnershipView
    /// Asks the inviter what a code is for; nothing is joined.
    func previewInvitation(_ code: String) async throws -> InvitationPreview
    /// Joins with a code, and takes over the records by a first sync.
    func join(
        _ code: String, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws
        -> JoinReport

    /// Leaves a join request at the relay that a code names, sealed to the inviter; this site joins at
    /// a later sync, when the inviter has let it in.
    func leaveJoinRequest(_ code: String) async throws -> WaitingJoinView
    /// Takes back a join request that waits, by the id of its invitation or the beginning of it.
    func withdrawJoinRequest(_ id: String) async throws -> WaitingJoinView
    /// The join requests of this site that wait, the oldest first.
    func waitingJoins() async throws -> [WaitingJoinView]

    /// The partnerships that peers say this site was admitted to, by name.
    func offers() async throws -> [OfferView]
    /// Takes part in an offered partnership, by name or by a beginning of its id, and takes over its
    /// records by a first sync.
    func acceptOffer(
        _ reference: String, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> JoinReport

    // MARK: Peers and sync

    /// Pairs by phone as far as the words that two people compare; waits for the other side.
    func pair(_ request: PairingRequest) async throws -> ComparisonView
    /// Says what the comparison came to; nothing is trusted before.
    func decidePairing(_ decision: PairingDecision) async throws -> PairingOutcome

    /// The other members of this site's partnerships, and how far behind each is.
    func peers() async throws -> [PeerView]
    /// Forgets a site that was paired with by phone and shares no partnership; gives what it was.
    func removePeer(_ reference: String) async throws -> PeerView
    /// Sets where and whether a fellow member is dialled; by site id, its beginning, or name.
    func setPeer(_ change: PeerChange) async throws -> PeerView
    /// One session with each named peer, or with all that have an address; a failure is in its report.
    func sync(
        _ request: SyncRequest, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws
        -> [SyncReport]

    // MARK: Accounts of the web page

    /// The accounts, by login.
    func users() async throws -> [UserView]
    /// Makes, changes, disables or resets an account; gives what is shown once.
    func changeUser(_ change: UserChange) async throws -> UserReport

    // MARK: Records

    /// The records that match: journals with the newest first, others in the order of their titles.
    func records(_ query: RecordQuery) async throws -> [RecordView]
    /// One record, by id, by the beginning of its id, or by a title that only it has.
    func record(_ reference: String, kind: String?) async throws -> RecordView
    /// One record with everything under it, in one read.
    func tree(_ query: TreeQuery) async throws -> RecordTree
    /// Saves edits as one act: all of them or none.
    func save(_ edits: [RecordEdit], by author: Author) async throws -> [RecordView]
    /// Carries what stands in a resident's records over into another partnership, and archives the
    /// resident in the old one; writes nothing where that is done already.
    func moveResident(_ move: ResidentMove, by author: Author) async throws -> MoveReport
    /// Every resident that is not archived, by name, with what of them is in some compartments.
    func overview(_ compartments: [Compartment]) async throws -> [ResidentSummary]
    /// What changed in a record and what is part of it.
    func changes(_ query: ChangesQuery) async throws -> ChangesView
    /// Everything that was ever said in a record, oldest first.
    func history(_ reference: String) async throws -> [HistoryItem]
    /// What is or will be due, the longest due first.
    func due(_ query: DueQuery) async throws -> [DueItem]

    // MARK: Conflicts

    /// The open conflicts without details, safety-critical ones first, then by age.
    func conflicts(_ query: ConflictQuery) async throws -> [ConflictView]
    /// One open conflict with its details, by its id (`RECORD.field`, `RECORD.kind`).
    func conflict(_ id: String) async throws -> ConflictView
    /// Decides a conflict by an entry that supersedes what was seen; a preview writes nothing.
    func resolve(_ resolution: Resolution, by author: Author) async throws -> ResolutionOutcome
    /// Takes a decision back: what it replaced is written again, and open again.
    func undoDecision(_ undo: ConflictUndo, by author: Author) async throws -> ResolutionOutcome
    /// Decides many conflicts of routine fields alike, all or none; a preview writes nothing.
    func resolveMany(_ bulk: BulkResolution, by author: Author) async throws -> BulkReport
    /// Says whose an open conflict is, until when, and what was found out; decides nothing.
    func work(on work: ConflictWork, by author: Author) async throws -> ConflictView

    // MARK: Exchange and safekeeping

    /// Takes over records from another system; what is already here unchanged is left alone.
    func importRecords(
        _ batch: ImportBatch, by author: Author,
        progress: @escaping @Sendable (ImportProgress) -> Void
    ) async throws -> ImportReport
    /// Erases what was said in a record and in those under it; the bodies are gone for good here,
    /// and at each partner when it next syncs. With `isPreview` only says what would be erased.
    func erase(_ draft: ErasureDraft, by author: Author) async throws -> ErasureReport
    /// Sets for how long a partnership's records are kept at this site.
    func setRetention(_ change: RetentionChange) async throws -> PartnershipView
    /// Residents whose records are due by the rule, the longest due first; nothing is erased.
    func retention() async throws -> [RetentionItem]
    /// What was erased, the newest first, and which members have signed that they did so.
    func erasures() async throws -> [ErasureView]
    /// Writes a backup to a file that does not exist yet, and checks it; the site goes on meanwhile.
    func backUp(to path: String) async throws -> BackupReport
    /// Lets the person who acts read, of one resident and for an hour, a compartment that their role
    /// does not include; noted in the audit for somebody else to review.
    func breakGlass(_ request: BreakGlassRequest) async throws -> AuditItem
    /// Says of a break-glass act of somebody else what was found.
    func reviewBreakGlass(_ review: BreakGlassReview) async throws -> AuditItem
    /// The compartments that the person who acts may read now of a record's resident: of the others,
    /// that there is nothing says nothing.
    func readableCompartments(of record: String) async throws -> [Compartment]
    /// Who did what at this site, the newest first.
    func audit(_ query: AuditQuery) async throws -> [AuditItem]
    /// Makes a recovery kit of the site's keys and partners, under a passphrase of at least twelve
    /// characters.
    func recoveryKit(passphrase: String) async throws -> RecoveryKitView
    /// Checks every hash, chain and signature of the log, and gives the state digests.
    func verify() async throws -> VerifyReport
    /// Replays the log into fresh state and compares; with `checkOnly` the old state stays.
    func rebuild(checkOnly: Bool) async throws -> RebuildReport
}

extension Site {
    /// The same site as an administrator uses it, who may read all that it holds.
    public func acting(for actor: Author, through channel: AuditItem.Channel) -> any Site {
        acting(for: actor, through: channel, within: .all)
    }
}

/// Why something was not done, in one line that says what to do next.
public struct SiteError: Error, Codable, Sendable, CustomStringConvertible {
    /// What kind of problem it is.
    public enum Code: String, Codable, Sendable {
        /// The request names something that does not exist here.
        case notFound
        /// The request names more than one thing.
        case ambiguous
        /// A value or an option is not acceptable.
        case invalid
        /// The request needs what its maker has not seen or is not entitled to.
        case refused
        /// The home is missing, foreign, unsafe, in use or unwritable.
        case home
        /// The database cannot be used.
        case store
        /// A partner could not be reached or broke off.
        case network
        /// Something that a person has to look at.
        case needsPerson
        /// The programs are of different versions.
        case version
    }

    /// The kind of problem.
    public let code: Code
    /// One line: what is wrong, and what to do.
    public let description: String

    /// Says what is wrong and what to do.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// The exit status of a command that ends with this error: 1 failed, 2 wrong usage, 3 a person.
    public var exitStatus: Int32 {
        switch code {
        case .notFound, .home, .store, .network, .version: 1
        case .ambiguous, .invalid, .refused: 2
        case .needsPerson: 3
        }
    }
}

extension Site {
    /// One session with each named peer, or with all that have an address, within what the site may move.
    public func sync(
        _ peers: [String], progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> [SyncReport] {
        try await sync(SyncRequest(peers), progress: progress)
    }
}
