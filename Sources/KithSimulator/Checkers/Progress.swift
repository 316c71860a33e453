import Foundation
import GRDB
import KithModel
import KithProtocol
import KithStore
import KithSync
import KithTrust

/// A session that says equal has made both sides hold what either declared; and once the links are
/// up for long enough, every pair gets there, and every member reads all that is meant for it.
///
/// That every pair gets there is what `Healing` sees.
final class Progress: Checker {
    private unowned let simulation: Simulation

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    func sessionEnded(_ end: SessionEnd, _ outcome: SyncSession.Outcome) throws {
        guard outcome.reason == .equal, let other = end.other, !end.site.isLiar,
            !other.site.isLiar
        else { return }
        for leaf in end.declaredLeaves
        where !simulation.chronicle.holds(leaf.hash, at: other.site) {
            throw violation(
                "\(end.site.name) and \(other.site.name) ended as equal, and \(other.site.name) does not hold \(leaf.hash.short), which had been declared"
            )
        }
    }

    func settled() throws {
        for installation in simulation.sites where !installation.isLiar {
            let waiting = try simulation.read(at: installation) { transaction in
                try transaction.all(
                    """
                    SELECT entry.hash, uuid, feed.compartment FROM unread
                    JOIN entry ON entry.arrival = unread.entry
                    JOIN chain ON chain.id = entry.chain JOIN feed ON feed.id = chain.feed
                    JOIN partnership ON partnership.id = feed.partnership
                    WHERE reason = 'key' ORDER BY entry.arrival
                    """)
            }
            for row in waiting { try checkKey(row, at: installation) }
        }
    }

    /// A member that reads a compartment is handed its keys in the end.
    private func checkKey(_ row: Row, at installation: Installation) throws {
        let hash = try Chronicle.hash(row["hash"])
        guard let partnership = PartnershipID(bytes: row["uuid"] as Data),
            let compartment = Compartment(rawValue: row["compartment"]),
            let node = simulation.chronicle.graphs[partnership]?.node(hash),
            !simulation.sites.contains(where: { $0.site == node.author && $0.isLiar }),
            try simulation.read(
                at: installation,
                {
                    try $0.grant(of: installation.site, in: partnership)?.reads(compartment)
                        ?? false
                })
        else { return }
        throw violation(
            "\(installation.name) may read \(compartment.name) of \(partnership.short), and was never handed the key to \(hash.short)"
        )
    }
}
