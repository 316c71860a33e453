import Foundation
import KithModel
import KithSite
import Synchronization

/// A site of prepared views that notes what it was asked to do.
final class PlayedSite: Site {
    struct Script: Sendable {
        var records = [
            Samples.smith, Samples.falls, Samples.allergy, Samples.decision, Samples.goal,
            Samples.action, Samples.contingency,
        ]
        var conflicts = [Samples.conflict(), Samples.conflict(needsAttestation: true)]
        var partnerships = [Samples.partnership()]
        var peers = [Samples.peer()]
        var sessions = [Samples.session()]
        var status = Samples.status()
        var findings: [Finding] = []
        var history: [HistoryItem] = []
        var verification = VerifyReport(
            partnerships: [
                .init(
                    id: Samples.partnershipID, name: "Elm and Patel",
                    compartments: [
                        .init(
                            name: .clinical, entries: 12,
                            frontier: String(repeating: "a1", count: 32),
                            stateDigest: String(repeating: "b2", count: 32))
                    ])
            ], problems: [])
        var rebuild = RebuildReport(entries: 12, isEqual: true, differences: [], isReplaced: true)
        var afterResolve: ConflictView?
        var undone: [ConflictUndo] = []
        var bulks: [BulkResolution] = []
        var works: [ConflictWork] = []
        var conflictQueries: [ConflictQuery] = []
        var failureToSave: (any Error)?
        var failure: (any Error)?

        var saved: [(edit: RecordEdit, author: Author)] = []
        var resolutions: [Resolution] = []
        var invitations: [InvitationDraft] = []
        var membershipChanges: [MembershipChange] = []
        var isMembershipChangeInEffect = true
        var revoked: [String] = []
        var peerChanges: [PeerChange] = []
        var joined: [String] = []
        var imported: [ImportBatch] = []
        var erased: [ErasureDraft] = []
        var retention: [RetentionItem] = []
        var quotas: [QuotaChange] = []
        var actors: [Author] = []
        var audit: [AuditItem] = []
        var auditQueries: [AuditQuery] = []
        var erasures: [ErasureView] = []
        var drafts: [PartnershipDraft] = []
        var due: [DueItem] = []
        var dueQueries: [DueQuery] = []
        var offers = [Samples.offer]
        /// The relay that answers in the inviter's stead.
        var relay: String?
        var waitingJoins: [WaitingJoinView] = []
        var withdrawn: [String] = []
        var reviews: [BreakGlassReview] = []
        var accepted: [String] = []
        var pairings: [PairingRequest] = []
        var decisions: [PairingDecision] = []
        var triesLeft = [2, 1, 0]
        var addresses: [[String]] = []
        var passphrases: [String] = []
        var removedPeers: [String] = []
        var users = [Samples.user]
        var userChanges: [UserChange] = []
    }

    let script: Mutex<Script>

    init(_ change: (inout Script) -> Void = { _ in }) {
        var script = Script()
        change(&script)
        self.script = Mutex(script)
    }

    var told: Script { script.withLock { $0 } }

    func play<Result: Sendable>(_ body: (inout Script) throws -> Result) throws -> Result {
        try script.withLock { script in
            if let failure = script.failure { throw failure }
            return try body(&script)
        }
    }

    func profile() async throws -> SiteView { try play { _ in Samples.profile } }
    func status() async throws -> StatusView { try play { $0.status } }
    func doctor() async throws -> [Finding] { try play { $0.findings } }

    func createPartnership(_ draft: PartnershipDraft) async throws -> PartnershipView {
        try play {
            $0.drafts.append(draft)
            return Samples.partnership(draft.name)
        }
    }

    func revokeInvitation(_ id: String) async throws -> InvitationView {
        try play {
            $0.revoked.append(id)
            return Samples.invitation(code: nil)
        }
    }

    func changeMembership(_ change: MembershipChange) async throws -> MembershipReport {
        try play {
            $0.membershipChanges.append(change)
            return MembershipReport(
                partnership: Samples.partnership(), member: change.member ?? "Elm House",
                isInEffect: $0.isMembershipChangeInEffect)
        }
    }

    func partnerships() async throws -> [PartnershipView] { try play { $0.partnerships } }

    func partnership(_ reference: String) async throws -> PartnershipView {
        try play {
            guard let first = $0.partnerships.first else {
                throw SiteError(
                    .notFound, "no partnership '\(reference)'; see 'kith partnership list'")
            }
            return first
        }
    }

    func invite(_ draft: InvitationDraft) async throws -> InvitationView {
        try play {
            $0.invitations.append(draft)
            var made = Samples.invitation(
                code: Array(repeating: "ABCDEF", count: 30).joined(separator: "-"))
            made.relay = draft.relay
            return made
        }
    }

    func previewInvitation(_ code: String) async throws -> InvitationPreview {
        try play {
            InvitationPreview(
                inviter: Samples.practice, inviterName: "Patel Practice",
                partnership: "Elm and Patel", purpose: "joint care", role: "contributor",
                compartments: [.relations, .clinical], mayAttest: false, expires: Samples.now,
                relay: $0.relay)
        }
    }

    func join(
        _ code: String, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> JoinReport {
        progress(SyncProgress(peer: "Patel Practice", sent: 0, toSend: 0, received: 10))
        return try play {
            $0.joined.append(code)
            return JoinReport(partnership: Samples.partnership(), sync: Samples.session())
        }
    }

    func setAddresses(_ addresses: [String]) async throws -> SiteView {
        try play {
            $0.addresses.append(addresses)
            var profile = Samples.profile
            profile.addresses = addresses
            return profile
        }
    }

    func leaveJoinRequest(_ code: String) async throws -> WaitingJoinView {
        try play {
            $0.joined.append(code)
            return Samples.waitingJoin()
        }
    }

    func withdrawJoinRequest(_ id: String) async throws -> WaitingJoinView {
        try play {
            $0.withdrawn.append(id)
            return Samples.waitingJoin()
        }
    }

    func waitingJoins() async throws -> [WaitingJoinView] { try play { $0.waitingJoins } }

    func offers() async throws -> [OfferView] { try play { $0.offers } }

    func acceptOffer(
        _ reference: String, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> JoinReport {
        try play {
            $0.accepted.append(reference)
            return JoinReport(partnership: Samples.partnership(), sync: Samples.session())
        }
    }

    func pair(_ request: PairingRequest) async throws -> ComparisonView {
        try play {
            $0.pairings.append(request)
            return ComparisonView(
                id: "c\($0.pairings.count)",
                words: ["apple", "tiger", "velvet", "lemon", "island", "dragon"],
                site: Samples.practice, name: "Patel \u{1B}[31mPractice", kind: "gpPractice")
        }
    }

    func decidePairing(_ decision: PairingDecision) async throws -> PairingOutcome {
        try play {
            $0.decisions.append(decision)
            return PairingOutcome(
                peer: decision.isSame ? Samples.peer() : nil, triesLeft: $0.triesLeft.removeFirst())
        }
    }

    func removePeer(_ reference: String) async throws -> PeerView {
        try play {
            $0.removedPeers.append(reference)
            return Samples.peer()
        }
    }

    func peers() async throws -> [PeerView] { try play { $0.peers } }

    func overview(_ compartments: [Compartment]) async throws -> [ResidentSummary] {
        throw NotPlayed()
    }
    func changes(_ query: ChangesQuery) async throws -> ChangesView { throw NotPlayed() }

    /// No command asks for it.
    struct NotPlayed: Error {}

    func users() async throws -> [UserView] { try play { $0.users } }

    func changeUser(_ change: UserChange) async throws -> UserReport {
        try play {
            $0.userChanges.append(change)
            var report = UserReport(user: Samples.user)
            switch change.act {
            case .add, .reset:
                report.password = "abcd-efgh-jkmn-pqrs"
                report.codeSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                report.codeURI = "otpauth://totp/Kith:mary?secret=GEZDGNBVGY3TQOJQ"
            case .certificate: report.certificate = Data("p12".utf8)
            case .rights, .disable, .enable, .revokeCertificates: break
            }
            return report
        }
    }

    func setPeer(_ change: PeerChange) async throws -> PeerView {
        try play {
            $0.peerChanges.append(change)
            return Samples.peer()
        }
    }

    func sync(
        _ request: SyncRequest, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> [SyncReport] {
        progress(SyncProgress(peer: "Patel \u{1B}[31mPractice", sent: 5, toSend: 12, received: 3))
        return try play { $0.sessions }
    }

    func acting(
        for actor: Author, through channel: AuditItem.Channel, within scope: AccessScope
    ) -> any Site {
        script.withLock { $0.actors.append(actor) }
        return self
    }

    func breakGlass(_ request: BreakGlassRequest) async throws -> AuditItem {
        try play { $0.audit[0] }
    }
    func reviewBreakGlass(_ review: BreakGlassReview) async throws -> AuditItem {
        try play {
            $0.reviews.append(review)
            return AuditItem(
                number: 99, time: Samples.now, actor: Samples.auditor, channel: .commandLine,
                action: .review, what: "reviewed", reviewed: review.act, finding: review.finding)
        }
    }
    func readableCompartments(of record: String) async throws -> [Compartment] {
        try play { _ in Compartment.allCases }
    }
    func audit(_ query: AuditQuery) async throws -> [AuditItem] {
        try play {
            $0.auditQueries.append(query)
            return $0.audit
        }
    }

    func setQuota(_ change: QuotaChange) async throws -> PartnershipView {
        try play {
            $0.quotas.append(change)
            var partnership = Samples.partnership(change.partnership)
            partnership.quotaBytes = change.bytes
            return partnership
        }
    }

    func setRetention(_ change: RetentionChange) async throws -> PartnershipView {
        try play { _ in
            var partnership = Samples.partnership(change.partnership)
            partnership.retentionYears = change.years
            return partnership
        }
    }

    func retention() async throws -> [RetentionItem] { try play { $0.retention } }

    func backUp(to path: String) async throws -> BackupReport {
        try play { _ in
            BackupReport(
                file: path, site: "Elm House", made: Samples.now, entries: 12, bytes: 4096)
        }
    }

    func recoveryKit(passphrase: String) async throws -> RecoveryKitView {
        try play {
            $0.passphrases.append(passphrase)
            return RecoveryKitView(
                code: Array(repeating: "ABCDEF", count: 21).joined(separator: "-") + "-ABC",
                site: Samples.profile, made: Samples.now, partners: [Samples.peer()])
        }
    }

    func verify() async throws -> VerifyReport { try play { $0.verification } }
    func rebuild(checkOnly: Bool) async throws -> RebuildReport { try play { $0.rebuild } }
}
