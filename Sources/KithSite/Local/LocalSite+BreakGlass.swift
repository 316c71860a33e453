import Foundation
package import KithModel
import KithStore
import KithTrust

// Reading, for a time and for a reason, what one's role does not include (issue of trust; D19 says
// who holds what, a role says who of them reads it). The audit is the only record of it: an act and
// its reviews are rows like all others, and the right to read follows from them.
extension LocalSite {
    package func breakGlass(_ request: BreakGlassRequest) async throws -> AuditItem {
        throw Self.nobodyActs
    }

    package func reviewBreakGlass(_ review: BreakGlassReview) async throws -> AuditItem {
        throw Self.nobodyActs
    }

    /// All that this site holds: nobody's role limits the site itself.
    package func readableCompartments(of record: String) async throws -> [Compartment] {
        try await translating {
            let entry = entry
            return try await store.read { transaction in
                let reader = RecordReader(
                    presenter: try RecordPresenter(transaction, entry: entry),
                    transaction: transaction)
                let partnership = try reader.find(record, kind: nil).partnership
                let own = try transaction.grant(of: transaction.site, in: partnership)
                // A site that was removed keeps what it held.
                let kept =
                    own == nil
                    ? try transaction.writtenCompartments(of: partnership).map(\.compartment) : []
                return Compartment.allCases.filter { own?.holds($0) ?? kept.contains($0) }
            }
        }
    }

    private static let nobodyActs = SiteError(.refused, "say who acts: an account is needed")

    /// Lets somebody read, from now on for an hour, a compartment that their role does not include.
    ///
    /// Where it cannot be noted it is not granted.
    func breakGlass(
        _ request: BreakGlassRequest, by actor: Author, through channel: AuditItem.Channel,
        within scope: AccessScope
    ) async throws -> AuditItem {
        try await translating {
            let compartment = request.compartment
            let reason = try line(request.reason, "the reason for reading what is not shared")
            guard !scope.includes(compartment) else {
                throw SiteError(
                    .invalid, "your role includes \(compartment.name) already; nothing to break")
            }
            // Names tell who is a resident here, which not every role may know.
            guard scope.includes(.personal) || RecordID(text: request.resident) != nil else {
                throw SiteError(.invalid, "name the resident by the whole id")
            }
            let resident = try await record(request.resident, kind: "resident")
            guard
                try await partnership(resident.partnershipID.description).compartments
                    .contains(compartment)
            else {
                throw SiteError(
                    .refused,
                    "\(compartment.name) is not shared with this site; nobody reads it here")
            }
            let now = clock()
            if let standing = try await standingBreakGlass(of: actor, through: channel)
                .compactMap(\.breakGlass)
                .first(where: { $0.compartment == compartment && $0.resident == resident.id })
            {
                throw SiteError(
                    .invalid,
                    "you may read that already, until \(standing.until.formatted(in: .current))")
            }
            let act = BreakGlass(
                compartment: compartment, resident: resident.id, reason: reason, from: now,
                until: Instant(
                    milliseconds: now.milliseconds + BreakGlass.minutes * 60_000))
            return try await append(
                AuditItem(
                    time: now, actor: actor, channel: channel, action: .breakGlass,
                    what: "broke the glass of \(compartment.name): \(reason)",
                    record: resident.id, breakGlass: act))
        }
    }

    /// The acts of somebody that hold now. Logins of the command line and accounts of the web page
    /// are different people.
    func standingBreakGlass(
        of actor: Author, through channel: AuditItem.Channel
    ) async throws -> [AuditItem] {
        let now = clock()
        let since = Instant(milliseconds: now.milliseconds - BreakGlass.minutes * 60_000)
        return try await breakGlassActs { try $0.breakGlassActs(by: actor.user, since: since) }
            .filter { $0.channel == channel && $0.breakGlass?.stands(at: now) ?? false }
    }

    /// Says of somebody else's act what was found.
    func reviewBreakGlass(
        _ review: BreakGlassReview, by actor: Author, through channel: AuditItem.Channel
    ) async throws -> AuditItem {
        try await translating {
            let finding = try line(review.finding, "what a review found")
            let acts = try await breakGlassActs { try $0.breakGlassActs() }
            guard let act = acts.first(where: { $0.number == review.act }) else {
                throw SiteError(
                    .notFound,
                    "item \(review.act) of the audit is no break-glass act; see 'kith audit list --break-glass'"
                )
            }
            guard act.actor.user != actor.user, act.actor.name != actor.name else {
                throw SiteError(
                    .refused, "nobody reviews what they did themselves; ask somebody else")
            }
            return try await append(
                AuditItem(
                    time: clock(), actor: actor, channel: channel, action: .review,
                    what: "reviewed item \(act.number) of \(act.actor.name): \(finding)",
                    record: act.record, reviewed: act.number, finding: finding))
        }
    }

    /// The break-glass acts that match, the newest first, each with the newest review of it.
    func breakGlass(_ query: AuditQuery) async throws -> [AuditItem] {
        let reviews = try await breakGlassActs { try $0.breakGlassReviews() }
        let newest = Dictionary(
            reviews.compactMap { item in
                item.reviewed.map { act in
                    (
                        act,
                        BreakGlass.Review(
                            number: item.number, by: item.actor, time: item.time,
                            finding: item.finding ?? "")
                    )
                }
            }, uniquingKeysWith: { $0.number > $1.number ? $0 : $1 })
        var wanted = query
        wanted.isBreakGlass = false
        wanted.action = .breakGlass
        return try await audit(wanted).map { item in
            var item = item
            item.breakGlass?.review = newest[item.number]
            return item
        }
    }

    /// How many acts nobody has reviewed.
    package func unreviewedBreakGlass() async throws -> Int {
        let reviewed = Set(
            try await breakGlassActs { try $0.breakGlassReviews() }.compactMap(\.reviewed))
        return try await breakGlassActs { try $0.breakGlassActs() }
            .count { !reviewed.contains($0.number) }
    }

    private func breakGlassActs(
        _ read: @escaping @Sendable (StoreTransaction) throws -> [StoredAuditItem]
    ) async throws -> [AuditItem] {
        try await store.read(read).compactMap(AuditItem.init(stored:))
    }
}

extension AuditItem {
    /// Reads an item as it was noted.
    init?(stored row: StoredAuditItem) {
        guard let item = try? JSONDecoder().decode(AuditItem.self, from: row.bytes) else {
            return nil
        }
        self = item
        number = row.number
    }
}
