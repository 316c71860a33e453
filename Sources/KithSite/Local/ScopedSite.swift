import KithModel

/// A site as somebody uses it whose role does not include every compartment.
///
/// What their role does not include is absent, as what is not shared with the site is, but for what
/// they have broken the glass of; writing takes the role. It names every method of `Site`, so that a
/// new one does not come past this unseen.
struct ScopedSite: Site {
    let audited: AuditedSite
    let scope: AccessScope

    var site: LocalSite { audited.site }

    func acting(
        for actor: Author, through channel: AuditItem.Channel, within scope: AccessScope
    ) -> any Site {
        site.acting(for: actor, through: channel, within: scope)
    }

    /// Throws unless the role includes everything: for what carries all records, or keys.
    func needsAll(_ what: String) throws {
        guard scope == .all else {
            throw SiteError(
                .refused, "your role does not include every compartment, which \(what) takes")
        }
    }

    /// The same partnership without the compartments that the role does not include.
    private func seen(_ partnership: PartnershipView) -> PartnershipView {
        var partnership = partnership
        partnership.compartments.removeAll { !scope.includes($0) }
        return partnership
    }

    private func seen(_ report: JoinReport) -> JoinReport {
        JoinReport(partnership: seen(report.partnership), sync: report.sync)
    }

    private func seen(_ report: MembershipReport) -> MembershipReport {
        var report = report
        report.partnership = seen(report.partnership)
        return report
    }

    // MARK: The site itself

    func profile() async throws -> SiteView { try await audited.profile() }

    func status() async throws -> StatusView {
        var status = try await audited.status()
        let mine = try await readable(try await site.conflicts(ConflictQuery()))
        let critical = mine.filter { $0.severity == .safetyCritical }
        status.safetyCriticalConflicts = critical.count
        status.routineConflicts = mine.count - critical.count
        status.oldestConflict = critical.map(\.opened).min()
        let late = readable(try await site.due(DueQuery(within: 0))).filter { $0.overdueDays > 0 }
        status.overdue = late.count
        status.overdueSince = late.first?.date
        status.partnerships = status.partnerships.map(seen)
        return status
    }

    func doctor() async throws -> [Finding] { try await audited.doctor() }

    // MARK: Partnerships

    func createPartnership(_ draft: PartnershipDraft) async throws -> PartnershipView {
        seen(try await audited.createPartnership(draft))
    }
    func setAddresses(_ addresses: [String]) async throws -> SiteView {
        try await audited.setAddresses(addresses)
    }
    func partnerships() async throws -> [PartnershipView] {
        try await audited.partnerships().map(seen)
    }
    func partnership(_ reference: String) async throws -> PartnershipView {
        seen(try await audited.partnership(reference))
    }
    func invite(_ draft: InvitationDraft) async throws -> InvitationView {
        try await audited.invite(draft)
    }
    func revokeInvitation(_ id: String) async throws -> InvitationView {
        try await audited.revokeInvitation(id)
    }
    func changeMembership(_ change: MembershipChange) async throws -> MembershipReport {
        seen(try await audited.changeMembership(change))
    }
    func setQuota(_ change: QuotaChange) async throws -> PartnershipView {
        seen(try await audited.setQuota(change))
    }
    func previewInvitation(_ code: String) async throws -> InvitationPreview {
        try await audited.previewInvitation(code)
    }
    func join(
        _ code: String, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> JoinReport { seen(try await audited.join(code, progress: progress)) }
    func leaveJoinRequest(_ code: String) async throws -> WaitingJoinView {
        try await audited.leaveJoinRequest(code)
    }
    func withdrawJoinRequest(_ id: String) async throws -> WaitingJoinView {
        try await audited.withdrawJoinRequest(id)
    }
    func waitingJoins() async throws -> [WaitingJoinView] { try await audited.waitingJoins() }
    func offers() async throws -> [OfferView] { try await audited.offers() }
    func acceptOffer(
        _ reference: String, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> JoinReport {
        seen(try await audited.acceptOffer(reference, progress: progress))
    }

    // MARK: Peers and sync

    func pair(_ request: PairingRequest) async throws -> ComparisonView {
        try await audited.pair(request)
    }
    func decidePairing(_ decision: PairingDecision) async throws -> PairingOutcome {
        try await audited.decidePairing(decision)
    }
    func peers() async throws -> [PeerView] { try await audited.peers() }
    func removePeer(_ reference: String) async throws -> PeerView {
        try await audited.removePeer(reference)
    }
    func setPeer(_ change: PeerChange) async throws -> PeerView {
        try await audited.setPeer(change)
    }
    func sync(
        _ request: SyncRequest, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> [SyncReport] { try await audited.sync(request, progress: progress) }

    // MARK: Accounts of the web page

    func users() async throws -> [UserView] { try await audited.users() }
    func changeUser(_ change: UserChange) async throws -> UserReport {
        try await audited.changeUser(change)
    }

    // MARK: Safekeeping

    func setRetention(_ change: RetentionChange) async throws -> PartnershipView {
        seen(try await audited.setRetention(change))
    }
    func backUp(to path: String) async throws -> BackupReport {
        try needsAll("a backup")
        return try await audited.backUp(to: path)
    }
    func audit(_ query: AuditQuery) async throws -> [AuditItem] { try await audited.audit(query) }
    func recoveryKit(passphrase: String) async throws -> RecoveryKitView {
        try needsAll("a recovery kit")
        return try await audited.recoveryKit(passphrase: passphrase)
    }
    func verify() async throws -> VerifyReport { try await audited.verify() }
    func rebuild(checkOnly: Bool) async throws -> RebuildReport {
        try await audited.rebuild(checkOnly: checkOnly)
    }
}
