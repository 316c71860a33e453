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

    func acting(
        for actor: Author, through channel: AuditItem.Channel, within scope: AccessScope
    ) -> any Site {
        site.acting(for: actor, through: channel, within: scope)
    }

    func note(
        _ action: AuditItem.Action, _ what: String, record: RecordID? = nil
    ) async throws {
        try await site.note(
            AuditItem(
                time: site.clock(), actor: actor, channel: channel, action: action, what: what,
                record: record, act: act))
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

    // MARK: Records

    func records(_ query: RecordQuery) async throws -> [RecordView] {
        let found = try await site.records(query)
        let words = "listed \(found.count) of kind \(query.kind)"
        if let parent = query.under {
            // What a page about a resident asks for; that there is none of it is on the page.
            guard !found.isEmpty else { return found }
            try await note(.read, words, record: try await site.record(parent, kind: nil).id)
        } else {
            let searched = query.search.map { ", searched for \($0)" } ?? ""
            try await note(.read, words + searched)
        }
        return found
    }

    func record(_ reference: String, kind: String?) async throws -> RecordView {
        let found = try await site.record(reference, kind: kind)
        try await note(.read, "looked at the \(found.kind) \(found.short)", record: found.id)
        return found
    }

    func tree(_ query: TreeQuery) async throws -> RecordTree {
        let found = try await site.tree(query)
        let record = found.record
        let below = found.descendants.count + found.mentions.count
        try await note(
            .read, "looked at the \(record.kind) \(record.short) with \(below) under it",
            record: record.id)
        return found
    }

    func save(_ edits: [RecordEdit], by author: Author) async throws -> [RecordView] {
        let saved = try await site.save(edits, by: author)
        for record in saved {
            try await note(.write, "wrote the \(record.kind) \(record.short)", record: record.id)
        }
        return saved
    }

    func moveResident(_ move: ResidentMove, by author: Author) async throws -> MoveReport {
        let report = try await site.moveResident(move, by: author)
        if !report.isUnchanged {
            try await note(
                .write, "moved the resident from \(report.from) to \(report.to)",
                record: report.resident)
        }
        return report
    }

    func overview(_ compartments: [Compartment]) async throws -> [ResidentSummary] {
        let found = try await site.overview(compartments)
        try await note(.read, "listed \(found.count) residents with their plans")
        return found
    }

    func changes(_ query: ChangesQuery) async throws -> ChangesView {
        let found = try await site.changes(query)
        try await note(
            .read, "looked at what changed in the \(found.root.kind) \(found.root.short)",
            record: found.root.id)
        return found
    }

    func history(_ reference: String) async throws -> [HistoryItem] {
        let found = try await site.history(reference)
        let record = try await site.record(reference, kind: nil)
        try await note(
            .read, "looked at the history of the \(record.kind) \(record.short)",
            record: record.id)
        return found
    }

    func due(_ query: DueQuery) async throws -> [DueItem] {
        let found = try await site.due(query)
        var resident: RecordID?
        if let reference = query.resident {
            resident = try await site.record(reference, kind: "resident").id
        }
        try await note(.read, "listed \(found.count) things that are due", record: resident)
        return found
    }

    // MARK: Conflicts

    func conflicts(_ query: ConflictQuery) async throws -> [ConflictView] {
        let found = try await site.conflicts(query)
        try await note(.read, "listed \(found.count) conflicts")
        return found
    }

    func conflict(_ id: String) async throws -> ConflictView {
        let found = try await site.conflict(id)
        try await note(.read, "looked at the conflict \(found.id)", record: found.record)
        return found
    }

    func resolve(
        _ resolution: Resolution, by author: Author
    ) async throws -> ResolutionOutcome {
        let outcome = try await site.resolve(resolution, by: author)
        if !resolution.isPreview {
            try await note(
                .write, "decided the conflict \(outcome.conflict)", record: outcome.record)
        }
        return outcome
    }

    func undoDecision(_ undo: ConflictUndo, by author: Author) async throws -> ResolutionOutcome {
        let outcome = try await site.undoDecision(undo, by: author)
        if !undo.isPreview {
            try await note(
                .write, "took back the decision of the conflict \(outcome.conflict)",
                record: outcome.record)
        }
        return outcome
    }

    func resolveMany(_ bulk: BulkResolution, by author: Author) async throws -> BulkReport {
        let report = try await site.resolveMany(bulk, by: author)
        guard report.isWritten else { return report }
        let time = site.clock()
        try await site.note(
            report.items.map {
                AuditItem(
                    time: time, actor: actor, channel: channel, action: .write,
                    what: "decided the conflict \($0.conflict) with others", record: $0.record)
            })
        return report
    }

    func work(on work: ConflictWork, by author: Author) async throws -> ConflictView {
        let view = try await site.work(on: work, by: author)
        try await note(.write, "worked on the conflict \(view.id)", record: view.record)
        return view
    }

    // MARK: Exchange and safekeeping

    func importRecords(
        _ batch: ImportBatch, by author: Author,
        progress: @escaping @Sendable (ImportProgress) -> Void
    ) async throws -> ImportReport {
        let report = try await site.importRecords(batch, by: author, progress: progress)
        let (created, changed) = (
            report.created.values.reduce(0, +), report.changed.values.reduce(0, +)
        )
        try await note(
            .write, "imported into \(report.partnership): \(created) new, \(changed) changed")
        return report
    }

    func erase(_ draft: ErasureDraft, by author: Author) async throws -> ErasureReport {
        let record = try await site.record(draft.record, kind: nil)
        let report = try await site.erase(draft, by: author)
        if !draft.isPreview {
            try await note(
                .write, "erased \(report.parts) statements of the \(record.kind) \(record.short)",
                record: record.id)
        }
        return report
    }

    func setRetention(_ change: RetentionChange) async throws -> PartnershipView {
        let partnership = try await site.setRetention(change)
        try await note(.administer, "set how long records of \(partnership.name) are kept")
        return partnership
    }

    func retention() async throws -> [RetentionItem] {
        let found = try await site.retention()
        try await note(.read, "listed \(found.count) residents whose records are due")
        return found
    }

    func erasures() async throws -> [ErasureView] { try await site.erasures() }

    func backUp(to path: String) async throws -> BackupReport {
        let report = try await site.backUp(to: path)
        try await note(.administer, "made a backup of \(report.entries) entries")
        return report
    }

    func recoveryKit(passphrase: String) async throws -> RecoveryKitView {
        let kit = try await site.recoveryKit(passphrase: passphrase)
        try await note(.administer, "made a recovery kit")
        return kit
    }

    func verify() async throws -> VerifyReport { try await site.verify() }

    func rebuild(checkOnly: Bool) async throws -> RebuildReport {
        let report = try await site.rebuild(checkOnly: checkOnly)
        if !checkOnly { try await note(.administer, "rebuilt the state from the log") }
        return report
    }

    func audit(_ query: AuditQuery) async throws -> [AuditItem] {
        let found = try await site.audit(query)
        try await note(.read, "looked at \(found.count) items of the audit")
        return found
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

extension LocalSite {
    package func acting(
        for actor: Author, through channel: AuditItem.Channel, within scope: AccessScope
    ) -> any Site {
        let audited = AuditedSite(site: self, actor: actor, channel: channel)
        return scope == .all ? audited : ScopedSite(audited: audited, scope: scope)
    }

    /// Appends an item to the audit, with the resident that its record belongs to.
    ///
    /// Where nothing can be written any more, what is here can still be read: at night that counts
    /// for more, and the log of the program says that it was not noted.
    func note(_ item: AuditItem) async throws { try await note([item]) }

    /// Appends items in one write, which counts when they are many.
    func note(_ items: [AuditItem]) async throws {
        try await translating {
            do {
                _ = try await append(items)
            } catch let error as StoreError where [.full, .readOnly].contains(error.code) {
                logger.error(
                    "what somebody did could not be noted in the audit",
                    metadata: [
                        "audit.action": "\(items.first?.action.rawValue ?? "")",
                        "why": "\(error)",
                    ])
            }
        }
    }

    /// The same where nothing may happen that is not noted; gives the item with its number.
    func append(_ item: AuditItem) async throws -> AuditItem { try await append([item])[0] }

    /// Appends items in one write; gives them as they were numbered.
    func append(_ items: [AuditItem]) async throws -> [AuditItem] {
        try await store.write { transaction in
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return try items.map { item in
                var item = item
                item.resident = try item.record.flatMap { try transaction.root(of: $0) }
                item.number = try transaction.appendAudit(
                    try encoder.encode(item), time: item.time, user: item.actor.user,
                    name: item.actor.name, action: item.action.rawValue, record: item.record,
                    resident: item.resident)
                return item
            }
        }
    }

    package func audit(_ query: AuditQuery) async throws -> [AuditItem] {
        try await translating {
            if query.isBreakGlass { return try await breakGlass(query) }
            guard (1...1_000_000).contains(query.limit) else {
                throw SiteError(.invalid, "a limit is a number from 1 to 1,000,000")
            }
            return try await store.read { transaction in
                try transaction.audit(
                    since: query.since, until: query.until, user: query.user,
                    action: query.action?.rawValue, record: query.record, limit: query.limit
                ).compactMap(AuditItem.init(stored:))
            }
        }
    }
}
