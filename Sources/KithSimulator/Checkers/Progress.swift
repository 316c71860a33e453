import Foundation
import GRDB
import KithModel
import KithProtocol
import KithStore
import KithSync
import KithTrust

/// A session that says equal has made both sides hold what either declared, and one that nothing
/// disturbs says so; and once the links are up for long enough, every pair gets there, all members
/// know the same acts, and every member reads all that is meant for it.
///
/// That every pair gets there is what `Healing` sees.
final class Progress: Checker {
    private unowned let simulation: Simulation

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    func sessionEnded(_ end: SessionEnd, _ outcome: SyncSession.Outcome) throws {
        guard let other = end.other, !end.site.isLiar, !other.site.isLiar else { return }
        guard outcome.reason == .equal else {
            if simulation.faults.areOver, outcome.reason != .busy {
                let missing = end.declaredLeaves.filter {
                    !simulation.chronicle.holds($0.hash, at: other.site)
                }
                throw violation(
                    "\(end.site.name) and \(other.site.name) meet undisturbed and do not end as equal: \(outcome.reason); of \(end.declaredLeaves.count) declared leaves \(other.site.name) lacks \(missing.map { "\($0.hash.short) of \($0.feed.compartment.name)" })"
                )
            }
            return
        }
        for leaf in end.declaredLeaves
        where !simulation.chronicle.holds(leaf.hash, at: other.site) {
            throw violation(
                "\(end.site.name) and \(other.site.name) ended as equal, and \(other.site.name) does not hold \(leaf.hash.short), which had been declared"
            )
        }
    }

    func settled() throws {
        for id in simulation.workload.partnerships { try checkMembersAgree(on: id) }
        for installation in simulation.sites where !installation.isLiar {
            let waiting = try simulation.read(at: installation) { transaction in
                try transaction.all(
                    """
                    SELECT entry.hash, uuid, feed.compartment, unread.key FROM unread
                    JOIN entry ON entry.arrival = unread.entry
                    JOIN chain ON chain.id = entry.chain JOIN feed ON feed.id = chain.feed
                    JOIN partnership ON partnership.id = feed.partnership
                    WHERE reason = 'key' ORDER BY entry.arrival, unread.part
                    """)
            }
            for row in waiting { try checkKey(row, at: installation) }
        }
    }

    /// Whoever a member takes for one, and can reach, holds the same acts: else a world in which
    /// nobody is told of anything would pass for one in which nothing is lost.
    private func checkMembersAgree(on id: PartnershipID) throws {
        let views = try simulation.sites.filter { !$0.isLiar }.map { observer in
            (observer, try simulation.read(at: observer) { try Self.members(of: id, $0) })
        }
        for (observer, (members, frontier)) in views where members.contains(observer.site) {
            for (other, found) in views
            where other.site != observer.site && members.contains(other.site) {
                // A site that takes it for removed has told it so once; a disk that was set back since
                // is not told again. One that has left tells those that it meets afterwards nothing.
                // A copy of a site that had not been let in anywhere hears of nobody; nor does a joiner
                // whose inviter lies or was removed before it told it anything: it needs a new code.
                let isOut =
                    try found.frontier == nil
                    ? other.original != nil
                        || !simulation.workload.registrar.wasLetIn(other, to: id)
                    : !found.members.isSuperset(of: [observer.site, other.site])
                guard isOut || found.frontier == frontier else {
                    throw violation(
                        "\(observer.name) takes \(other.name) for a member of \(id.short), which \(found.frontier == nil ? "has never heard of it" : "knows other acts")"
                    )
                }
            }
        }
    }

    private static func members(
        of id: PartnershipID, _ transaction: StoreTransaction
    ) throws -> (members: Set<SiteID>, frontier: Data?) {
        guard let partnership = try transaction.partnerships().first(where: { $0.id == id }) else {
            return ([], nil)
        }
        let membership = CompartmentID(id, .membership)
        return (
            Set(partnership.members.map(\.profile.site)),
            try transaction.frontier(membership).isEmpty
                ? nil : transaction.frontierDigest(membership)
        )
    }

    /// A member that reads a compartment is handed its keys in the end.
    private func checkKey(_ row: StoredRow, at installation: Installation) throws {
        let hash = try Chronicle.hash(row["hash"])
        guard let partnership = PartnershipID(bytes: row["uuid"] as Data),
            let compartment = Compartment(rawValue: row["compartment"]),
            let node = simulation.chronicle.graphs[partnership]?.node(hash),
            !simulation.sites.contains(where: { $0.site == node.author && $0.isLiar }),
            try simulation.read(
                at: installation,
                {
                    let grant = try $0.grant(of: installation.site, in: partnership)
                    return grant.map {
                        $0.reads(compartment)
                            && $0.shares(compartment, at: simulation.now(at: installation))
                    } ?? false
                })
        else { return }
        let key = try Chronicle.hash(row["key"])
        guard let minter = simulation.chronicle.graphs[partnership]?.node(key)?.author,
            let holder = try holder(
                of: key, by: minter, for: installation,
                in: CompartmentID(partnership, compartment))
        else { return }
        let name = simulation.sites.first { $0.site == minter }?.name ?? "nobody known"
        throw violation(
            "\(installation.name) may read \(compartment.name) of \(partnership.short), and was never handed the key to \(hash.short), which \(holder.name) has and \(name) minted"
        )
    }

    /// Somebody who has a key and can hand it over. What no member that writes can open, none can: who was
    /// put out had kept the key. And what a member minted that lies, it may keep while it is one.
    private func holder(
        of key: EntryHash, by minter: SiteID, for reader: Installation, in id: CompartmentID
    ) throws -> Installation? {
        let isLie = simulation.sites.contains { $0.site == minter && $0.isLiar }
        return try simulation.sites.first { holder in
            guard !holder.isLiar, holder.site != reader.site else { return false }
            return try simulation.read(at: holder) { transaction in
                guard try transaction.holdsPartnership(id.partnership) else { return false }
                func isWriting(_ site: SiteID) throws -> Bool {
                    let grant = try transaction.grant(of: site, in: id.partnership)
                    return grant.map { $0.writes && $0.holds(id.compartment) } ?? false
                }
                guard try isWriting(holder.site), try !(isLie && isWriting(minter)) else {
                    return false
                }
                return try !transaction.all(
                    "SELECT 1 FROM compartment_key WHERE id = ? AND secret IS NOT NULL",
                    [Data(key.bytes)]
                ).isEmpty
            }
        }
    }
}
