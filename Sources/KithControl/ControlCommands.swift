internal import KithModel
internal import KithSite

/// Every method of `Site`, declared once for client and server.
///
/// A new method of `Site` needs one declaration here, its place in `all`, and one line in
/// `ControlClient`, which the compiler asks for.
enum ControlCommands {
    // MARK: The site itself

    static let profile = ControlCommand<Nothing, Nothing, SiteView>("profile") { site, _, _ in
        try await site.profile()
    }
    static let status = ControlCommand<Nothing, Nothing, StatusView>("status") { site, _, _ in
        try await site.status()
    }
    static let doctor = ControlCommand<Nothing, Nothing, [Finding]>("doctor") { site, _, _ in
        try await site.doctor()
    }

    // MARK: Partnerships

    static let createPartnership = ControlCommand<PartnershipDraft, Nothing, PartnershipView>(
        "createPartnership"
    ) { site, draft, _ in try await site.createPartnership(draft) }
    static let partnerships = ControlCommand<Nothing, Nothing, [PartnershipView]>(
        "partnerships"
    ) { site, _, _ in try await site.partnerships() }
    static let partnership = ControlCommand<String, Nothing, PartnershipView>(
        "partnership"
    ) { site, reference, _ in try await site.partnership(reference) }
    static let setAddresses = ControlCommand<[String], Nothing, SiteView>(
        "setAddresses"
    ) { site, addresses, _ in try await site.setAddresses(addresses) }
    static let offers = ControlCommand<Nothing, Nothing, [OfferView]>("offers") { site, _, _ in
        try await site.offers()
    }
    static let acceptOffer = ControlCommand<String, SyncProgress, JoinReport>(
        "acceptOffer"
    ) { site, reference, progress in
        try await site.acceptOffer(reference, progress: progress)
    }
    static let invite = ControlCommand<InvitationDraft, Nothing, InvitationView>(
        "invite"
    ) { site, draft, _ in try await site.invite(draft) }
    static let revokeInvitation = ControlCommand<String, Nothing, InvitationView>(
        "revokeInvitation"
    ) { site, id, _ in try await site.revokeInvitation(id) }
    static let changeMembership = ControlCommand<MembershipChange, Nothing, MembershipReport>(
        "changeMembership"
    ) { site, change, _ in try await site.changeMembership(change) }
    static let setQuota = ControlCommand<QuotaChange, Nothing, PartnershipView>(
        "setQuota"
    ) { site, change, _ in try await site.setQuota(change) }
    static let previewInvitation = ControlCommand<String, Nothing, InvitationPreview>(
        "previewInvitation"
    ) { site, code, _ in try await site.previewInvitation(code) }
    static let join = ControlCommand<String, SyncProgress, JoinReport>(
        "join"
    ) { site, code, progress in try await site.join(code, progress: progress) }

    static let leaveJoinRequest = ControlCommand<String, Nothing, WaitingJoinView>(
        "leaveJoinRequest"
    ) { site, code, _ in try await site.leaveJoinRequest(code) }
    static let withdrawJoinRequest = ControlCommand<String, Nothing, WaitingJoinView>(
        "withdrawJoinRequest"
    ) { site, id, _ in try await site.withdrawJoinRequest(id) }
    static let waitingJoins = ControlCommand<Nothing, Nothing, [WaitingJoinView]>(
        "waitingJoins"
    ) { site, _, _ in try await site.waitingJoins() }

    // MARK: Peers and sync

    static let peers = ControlCommand<Nothing, Nothing, [PeerView]>("peers") { site, _, _ in
        try await site.peers()
    }
    static let pair = ControlCommand<PairingRequest, Nothing, ComparisonView>(
        "pair"
    ) { site, request, _ in try await site.pair(request) }
    static let decidePairing = ControlCommand<PairingDecision, Nothing, PairingOutcome>(
        "decidePairing"
    ) { site, decision, _ in try await site.decidePairing(decision) }
    static let removePeer = ControlCommand<String, Nothing, PeerView>(
        "removePeer"
    ) { site, reference, _ in try await site.removePeer(reference) }
    static let setPeer = ControlCommand<PeerChange, Nothing, PeerView>(
        "setPeer"
    ) { site, change, _ in try await site.setPeer(change) }
    static let sync = ControlCommand<SyncRequest, SyncProgress, [SyncReport]>(
        "sync"
    ) { site, request, progress in try await site.sync(request, progress: progress) }

    // MARK: Accounts of the web page

    static let users = ControlCommand<Nothing, Nothing, [UserView]>("users") { site, _, _ in
        try await site.users()
    }
    static let changeUser = ControlCommand<UserChange, Nothing, UserReport>(
        "changeUser"
    ) { site, change, _ in try await site.changeUser(change) }

    // MARK: Records

    static let records = ControlCommand<RecordQuery, Nothing, [RecordView]>(
        "records"
    ) { site, query, _ in try await site.records(query) }
    static let record = ControlCommand<RecordArguments, Nothing, RecordView>(
        "record"
    ) { site, wanted, _ in try await site.record(wanted.reference, kind: wanted.kind) }
    static let tree = ControlCommand<TreeQuery, Nothing, RecordTree>("tree") { site, query, _ in
        try await site.tree(query)
    }
    static let save = ControlCommand<SaveArguments, Nothing, [RecordView]>(
        "save"
    ) { site, work, _ in try await site.save(work.edits, by: work.author) }
    static let moveResident = ControlCommand<MoveArguments, Nothing, MoveReport>(
        "moveResident"
    ) { site, work, _ in try await site.moveResident(work.move, by: work.author) }
    static let history = ControlCommand<String, Nothing, [HistoryItem]>(
        "history"
    ) { site, reference, _ in try await site.history(reference) }

    static let due = ControlCommand<DueQuery, Nothing, [DueItem]>(
        "due"
    ) { site, query, _ in try await site.due(query) }
    static let overview = ControlCommand<[Compartment], Nothing, [ResidentSummary]>(
        "overview"
    ) { site, compartments, _ in try await site.overview(compartments) }
    static let changes = ControlCommand<ChangesQuery, Nothing, ChangesView>(
        "changes"
    ) { site, query, _ in try await site.changes(query) }

    // MARK: Conflicts

    static let conflicts = ControlCommand<ConflictQuery, Nothing, [ConflictView]>(
        "conflicts"
    ) { site, query, _ in try await site.conflicts(query) }
    static let conflict = ControlCommand<String, Nothing, ConflictView>(
        "conflict"
    ) { site, id, _ in try await site.conflict(id) }
    static let resolve = ControlCommand<ResolveArguments, Nothing, ResolutionOutcome>(
        "resolve"
    ) { site, work, _ in try await site.resolve(work.resolution, by: work.author) }
    static let undoDecision = ControlCommand<UndoArguments, Nothing, ResolutionOutcome>(
        "undoDecision"
    ) { site, work, _ in try await site.undoDecision(work.undo, by: work.author) }
    static let resolveMany = ControlCommand<BulkArguments, Nothing, BulkReport>(
        "resolveMany"
    ) { site, work, _ in try await site.resolveMany(work.bulk, by: work.author) }
    static let work = ControlCommand<WorkArguments, Nothing, ConflictView>(
        "work"
    ) { site, work, _ in try await site.work(on: work.work, by: work.author) }

    // MARK: Exchange and safekeeping

    static let importRecords = ControlCommand<ImportArguments, ImportProgress, ImportReport>(
        "importRecords"
    ) { site, work, progress in
        try await site.importRecords(work.batch, by: work.author, progress: progress)
    }
    static let erase = ControlCommand<EraseArguments, Nothing, ErasureReport>(
        "erase"
    ) { site, work, _ in try await site.erase(work.draft, by: work.author) }
    static let setRetention = ControlCommand<RetentionChange, Nothing, PartnershipView>(
        "setRetention"
    ) { site, change, _ in try await site.setRetention(change) }
    static let retention = ControlCommand<Nothing, Nothing, [RetentionItem]>(
        "retention"
    ) { site, _, _ in try await site.retention() }
    static let erasures = ControlCommand<Nothing, Nothing, [ErasureView]>(
        "erasures"
    ) { site, _, _ in try await site.erasures() }
    static let backUp = ControlCommand<String, Nothing, BackupReport>("backUp") { site, path, _ in
        try await site.backUp(to: path)
    }
    static let breakGlass = ControlCommand<BreakGlassRequest, Nothing, AuditItem>(
        "breakGlass"
    ) { site, request, _ in try await site.breakGlass(request) }
    static let reviewBreakGlass = ControlCommand<BreakGlassReview, Nothing, AuditItem>(
        "reviewBreakGlass"
    ) { site, review, _ in try await site.reviewBreakGlass(review) }
    static let readableCompartments = ControlCommand<String, Nothing, [Compartment]>(
        "readableCompartments"
    ) { site, record, _ in try await site.readableCompartments(of: record) }
    static let audit = ControlCommand<AuditQuery, Nothing, [AuditItem]>(
        "audit"
    ) { site, query, _ in try await site.audit(query) }
    static let recoveryKit = ControlCommand<String, Nothing, RecoveryKitView>(
        "recoveryKit"
    ) { site, passphrase, _ in try await site.recoveryKit(passphrase: passphrase) }
    static let verify = ControlCommand<Nothing, Nothing, VerifyReport>("verify") { site, _, _ in
        try await site.verify()
    }
    static let rebuild = ControlCommand<Bool, Nothing, RebuildReport>(
        "rebuild"
    ) { site, checkOnly, _ in try await site.rebuild(checkOnly: checkOnly) }

    /// The commands that the server answers, by name.
    static let byName: [String: any ServedCommand] = Dictionary(
        uniqueKeysWithValues: all.map { ($0.name, $0) })

    private static let all: [any ServedCommand] = [
        profile, status, doctor,
        createPartnership, partnerships, partnership, invite, revokeInvitation, changeMembership,
        setQuota, previewInvitation, join, setAddresses, offers, acceptOffer,
        users, changeUser,
        leaveJoinRequest, withdrawJoinRequest, waitingJoins,
        peers, pair, decidePairing, removePeer, setPeer, sync,
        records, record, tree, save, moveResident, overview, changes, history, due,
        conflicts, conflict, resolve, undoDecision, resolveMany, work,
        importRecords, erase, setRetention, retention, erasures, backUp, audit, recoveryKit, verify,
        breakGlass, reviewBreakGlass, readableCompartments,
        rebuild,
    ]
}

/// What `record` takes.
struct RecordArguments: Codable, Sendable {
    var reference: String
    var kind: String?
}

/// What `save` takes.
struct SaveArguments: Codable, Sendable {
    var edits: [RecordEdit]
    var author: Author
}

/// What `moveResident` takes.
struct MoveArguments: Codable, Sendable {
    var move: ResidentMove
    var author: Author
}

/// What `resolve` takes.
struct ResolveArguments: Codable, Sendable {
    var resolution: Resolution
    var author: Author
}

/// What `undoDecision` takes.
struct UndoArguments: Codable, Sendable {
    var undo: ConflictUndo
    var author: Author
}

/// What `resolveMany` takes.
struct BulkArguments: Codable, Sendable {
    var bulk: BulkResolution
    var author: Author
}

/// What `work` takes.
struct WorkArguments: Codable, Sendable {
    var work: ConflictWork
    var author: Author
}

/// What `erase` takes.
struct EraseArguments: Codable, Sendable {
    var draft: ErasureDraft
    var author: Author
}

/// What `importRecords` takes.
struct ImportArguments: Codable, Sendable {
    var batch: ImportBatch
    var author: Author
}
