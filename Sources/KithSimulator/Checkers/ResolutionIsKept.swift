import Foundation
import GRDB
import KithModel
import KithProtocol
import KithStore

/// Wherever a decision of a conflict has come, what its author saw does not stand any more: unless
/// the author had been removed, or decided over something of a higher class.
final class ResolutionIsKept: Checker {
    private unowned let simulation: Simulation
    private var looked: [Int: Set<EntryHash>] = [:]
    private var decisions: [EntryHash: [Chronicle.Resolution]] = [:]
    /// The decisions that are found in it, in their order.
    private var known: [EntryHash] = []

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    /// One that comes from elsewhere is looked at as it comes, and at its author after the night.
    func committed(_ arrivals: [Chronicle.Arrival], at installation: Installation) throws {
        for resolution in simulation.chronicle.resolutions[known.count...] {
            known.append(resolution.entry)
            decisions[resolution.entry, default: []].append(resolution)
        }
        let come = arrivals.map(\.hash).filter {
            decisions[$0] != nil && looked[installation.number]?.contains($0) != true
        }
        guard !come.isEmpty, !installation.isLiar else { return }
        try simulation.read(at: installation) { transaction in
            for decision in come.flatMap({ self.decisions[$0] ?? [] }) {
                try self.check(decision, at: installation, transaction)
            }
        }
        looked[installation.number, default: []].formUnion(come)
    }

    func nightEnded() throws { try look(isAgain: false) }
    func settled() throws { try look(isAgain: true) }

    private func look(isAgain: Bool) throws {
        for installation in simulation.sites where installation.isRunning && !installation.isLiar {
            let decisions = simulation.chronicle.resolutions.filter {
                simulation.chronicle.holds($0.entry, at: installation)
                    && (isAgain || looked[installation.number]?.contains($0.entry) != true)
            }
            try simulation.read(at: installation) { transaction in
                for decision in decisions {
                    try self.check(decision, at: installation, transaction)
                }
            }
            looked[installation.number, default: []].formUnion(decisions.map(\.entry))
        }
    }

    private func check(
        _ decision: Chronicle.Resolution, at installation: Installation,
        _ transaction: StoreTransaction
    ) throws {
        guard try !transaction.isRevoked(decision.entry),
            let graph = simulation.chronicle.graphs[decision.partnership],
            graph.node(decision.entry)?.isAllowed == true,
            try isRead(decision.entry, transaction)
        else { return }
        for seen in decision.seen {
            guard let target = graph.node(seen.entry),
                target.header.entryClass <= decision.entryClass,
                let row = try transaction.all(
                    """
                    SELECT is_superseded FROM entry JOIN act ON act.id = (arrival << 10) + (?2 >> 12)
                    JOIN operation ON operation.record = act.record
                        AND operation.id = (arrival << 22) + ?2
                    WHERE hash = ?1
                    """, [Data(seen.entry.bytes), seen.index]
                ).first, row["is_superseded"] == false
            else { continue }
            throw violation(
                "\(installation.name) holds the decision \(decision.entry.short), and \(seen.entry.short)/\(seen.index), which it settled, still stands"
            )
        }
    }

    private func isRead(_ entry: EntryHash, _ transaction: StoreTransaction) throws -> Bool {
        try !transaction.all(
            "SELECT 1 FROM act JOIN entry ON arrival = act.id >> 10 WHERE hash = ?",
            [Data(entry.bytes)]
        ).isEmpty
    }
}
