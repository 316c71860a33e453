import Foundation
import KithModel
import KithStore
import KithTrust
import Logging

/// A site as one person uses it: everything that they look at or do is noted in the audit, before
/// they are given it.
struct AuditedSite: Site {
    let site: LocalSite
    let actor: Author
    let channel: AuditItem.Channel
    /// The break-glass act under which they read, if it takes one.
    var act: Int64?
    /// Where what is noted is gathered, by whom nothing is given away before it is on the disk; nil: each
    /// call waits for its own.
    var ledger: AuditLedger?

    func acting(
        for actor: Author, through channel: AuditItem.Channel, within scope: AccessScope
    ) -> any Site {
        site.acting(for: actor, through: channel, within: scope)
    }

    func note(
        _ action: AuditItem.Action, _ what: String, record: RecordID? = nil
    ) async throws {
        let item = AuditItem(
            time: site.clock(), actor: actor, channel: channel, action: action, what: what,
            record: record, act: act)
        guard let ledger else { return try await site.note(item) }
        ledger.add(site.auditQueue.add([item]) { [site] in try await site.note($0) })
    }

    // MARK: The site itself

    func profile() async throws -> SiteView { try await site.profile() }
    func status() async throws -> StatusView { try await site.status() }
    func doctor() async throws -> [Finding] { try await site.doctor() }

    // MARK: Partnerships

    func createPartnership(_ draft: PartnershipDraft) async throws -> PartnershipView {
        let made = try await site.createPartnership(draft)
        try await note(.administer, "founded the partnership \(made.name)")
        return made
    }

    func setAddresses(_ addresses: [String]) async throws -> SiteView {
        let profile = try await site.setAddresses(addresses)
        try await note(.administer, "set the addresses of this site")
        return profile
    }

    func partnerships() async throws -> [PartnershipView] { try await site.partnerships() }

    func partnership(_ reference: String) async throws -> PartnershipView {
        try await site.partnership(reference)
    }

    func invite(_ draft: InvitationDraft) async throws -> InvitationView {
        let made = try await site.invite(draft)
        try await note(
            .administer, "made the invitation \(made.id) to \(made.partnership) as \(made.role)")
        return made
    }

    func revokeInvitation(_ id: String) async throws -> InvitationView {
        let revoked = try await site.revokeInvitation(id)
        try await note(.administer, "revoked the invitation \(revoked.id)")
        return revoked
    }

    func changeMembership(_ change: MembershipChange) async throws -> MembershipReport {
        let report = try await site.changeMembership(change)
        let done =
            switch change.act {
            case .admit: "admitted \(report.member)"
            case .grant: "changed the grant of \(report.member)"
            case .remove: "removed \(report.member)"
            case .elect: "voted for \(report.member) as a steward"
            }
        try await note(.administer, "\(done) in \(report.partnership.name)")
        return report
    }

    func setQuota(_ change: QuotaChange) async throws -> PartnershipView {
        let partnership = try await site.setQuota(change)
        try await note(.administer, "set the quota of \(partnership.name)")
        return partnership
    }

    func previewInvitation(_ code: String) async throws -> InvitationPreview {
        try await site.previewInvitation(code)
    }

    func join(
        _ code: String, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> JoinReport {
        let report = try await site.join(code, progress: progress)
        try await note(.administer, "joined the partnership \(report.partnership.name)")
        return report
    }

    func leaveJoinRequest(_ code: String) async throws -> WaitingJoinView {
        let left = try await site.leaveJoinRequest(code)
        try await note(.administer, "left a join request to \(left.name) at \(left.relay)")
        return left
    }

    func withdrawJoinRequest(_ id: String) async throws -> WaitingJoinView {
        let withdrawn = try await site.withdrawJoinRequest(id)
        try await note(.administer, "took back the join request to \(withdrawn.name)")
        return withdrawn
    }

    func waitingJoins() async throws -> [WaitingJoinView] { try await site.waitingJoins() }

    func offers() async throws -> [OfferView] { try await site.offers() }

    func acceptOffer(
        _ reference: String, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> JoinReport {
        let report = try await site.acceptOffer(reference, progress: progress)
        try await note(.administer, "joined the partnership \(report.partnership.name)")
        return report
    }

    // MARK: Peers and sync

    func pair(_ request: PairingRequest) async throws -> ComparisonView {
        try await site.pair(request)
    }

    func decidePairing(_ decision: PairingDecision) async throws -> PairingOutcome {
        let outcome = try await site.decidePairing(decision)
        try await note(
            .administer,
            outcome.peer.map { "paired with \($0.name)" } ?? "refused a pairing: the words differed"
        )
        return outcome
    }

    func peers() async throws -> [PeerView] { try await site.peers() }

    func removePeer(_ reference: String) async throws -> PeerView {
        let peer = try await site.removePeer(reference)
        try await note(.administer, "forgot the peer \(peer.name)")
        return peer
    }

    func setPeer(_ change: PeerChange) async throws -> PeerView {
        let peer = try await site.setPeer(change)
        try await note(.administer, "set the peer \(peer.name)")
        return peer
    }

    func sync(
        _ request: SyncRequest, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> [SyncReport] {
        try await site.sync(request, progress: progress)
    }

    // MARK: Accounts of the web page

    func users() async throws -> [UserView] { try await site.users() }

    func changeUser(_ change: UserChange) async throws -> UserReport {
        let report = try await site.changeUser(change)
        let (login, roles) = (
            report.user.login, report.user.roles.map(\.word).joined(separator: ", ")
        )
        let done =
            switch change.act {
            case .add: "made the account \(login) as \(roles)"
            case .rights: "set the rights of the account \(login) to \(roles)"
            case .disable: "disabled the account \(login)"
            case .enable: "enabled the account \(login)"
            case .reset: "reset the account \(login)"
            case .certificate: "issued a browser's certificate for the account \(login)"
            case .revokeCertificates: "took back the certificates of the account \(login)"
            }
        try await note(.administer, done)
        return report
    }
}

extension AuditedSite {
    func breakGlass(_ request: BreakGlassRequest) async throws -> AuditItem {
        try await site.breakGlass(request, by: actor, through: channel, within: .all)
    }

    func reviewBreakGlass(_ review: BreakGlassReview) async throws -> AuditItem {
        try await site.reviewBreakGlass(review, by: actor, through: channel)
    }

    func readableCompartments(of record: String) async throws -> [Compartment] {
        try await site.readableCompartments(of: record)
    }
}
