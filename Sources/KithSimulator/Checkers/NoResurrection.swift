import Foundation
import GRDB
import KithModel
import KithProtocol
import KithStore

/// A value that was superseded at a site does not stand there again, unless a removal has taken the
/// effect from what superseded it; and a body that was erased is nowhere on disk, after a backup was
/// restored either, and in the end at nobody who holds the erasure.
final class NoResurrection: Checker {
    private unowned let simulation: Simulation
    private var gone: [Int: Set<OperationID>] = [:]
    private var timesSetBack: [Int: Int] = [:]

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    func restored(_ installation: Installation, erased: [PartID]) throws {
        try simulation.read(at: installation) { transaction in
            for name in erased {
                let rows = try transaction.all(
                    """
                    SELECT 1 FROM entry JOIN part ON part.id = (arrival << 10) + ?
                    WHERE hash = ? AND body IS NOT NULL
                    """, [name.part, Data(name.entry.bytes)])
                guard rows.isEmpty else {
                    throw self.violation(
                        "a backup has brought \(name.entry.short)/\(name.part) back to \(installation.name), which was erased there"
                    )
                }
            }
        }
    }

    func surveyed() throws {
        try look()
        for installation in simulation.survey.changedInstallations {
            try simulation.read(at: installation) { try self.checkErased(at: installation, $0) }
        }
    }

    func nightEnded() throws {
        for installation in simulation.sites where !installation.isLiar {
            let rows = try simulation.read(at: installation) {
                try $0.all("SELECT count(*) FROM erasure_ahead")
            }
            simulation.counts[.proofsAhead] += rows.first?[0] ?? 0
        }
    }

    func settled() throws {
        for installation in simulation.sites where !installation.isLiar {
            try simulation.read(at: installation) { try self.checkErasures(at: installation, $0) }
        }
    }

    private func checkErased(at installation: Installation, _ transaction: StoreTransaction) throws
    {
        let rows = try transaction.all(
            """
            SELECT erased.entry FROM erased JOIN entry ON entry.hash = erased.entry
            JOIN part ON part.id = (entry.arrival << 10) + erased.part
            WHERE part.body IS NOT NULL
            UNION SELECT erased.entry FROM erased JOIN entry ON entry.hash = erased.entry
            JOIN act ON act.id = (entry.arrival << 10) + erased.part
            JOIN operation ON operation.record = act.record AND operation.id >> 12 = act.id
            WHERE operation.value IS NOT NULL
            """)
        if let row = rows.first {
            throw violation(
                "\(installation.name) knows that a body of \(try Chronicle.hash(row["entry"]).short) was erased, and holds it"
            )
        }
    }

    private func checkErasures(
        at installation: Installation, _ transaction: StoreTransaction
    ) throws {
        for (_, graph) in simulation.chronicle.graphs.sorted(by: { $0.key < $1.key }) {
            for node in graph.nodes where node.isAllowed {
                guard case .erasure(let names) = node.content, try transaction.holds(node.hash),
                    try !transaction.isRevoked(node.hash)
                else { continue }
                let erased = try transaction.erasedParts(
                    in: CompartmentID(graph.partnership, node.compartment))
                for name in names {
                    // What is named besides does not count.
                    guard let target = graph.node(name.entry), node.knows(target.index),
                        target.compartment == node.compartment,
                        target.header.entryClass != .erasure,
                        target.header.parts.indices.contains(name.part),
                        !target.header.parts[name.part].body.isEmpty,
                        !erased.contains(name)
                    else { continue }
                    throw violation(
                        "\(installation.name) holds the erasure \(node.hash.short), and has not erased \(name.entry.short)/\(name.part)"
                    )
                }
            }
        }
    }

    private func look() throws {
        for standing in simulation.survey.changed where standing.id.compartment != .membership {
            let number = standing.installation.number
            if timesSetBack[number] != simulation.chronicle.timesSetBack[number] {
                // An older disk knows nothing of what came after it.
                timesSetBack[number] = simulation.chronicle.timesSetBack[number]
                gone[number] = []
            }
            guard let graph = simulation.chronicle.graphs[standing.id.partnership] else { continue }
            try simulation.read(at: standing.installation) { transaction in
                for operation in standing.live
                where self.gone[number]?.contains(operation) == true {
                    let namers = (graph.namers[operation] ?? []).filter {
                        self.simulation.chronicle.holds($0.entry, at: standing.installation)
                    }
                    let isExplained =
                        try namers.isEmpty
                        || namers.contains { try transaction.isRevoked($0.entry) }
                    if !isExplained {
                        throw self.violation(
                            "at \(standing.installation.name) the superseded value \(operation.entry.short)/\(operation.index) stands again"
                        )
                    }
                    self.gone[number]?.remove(operation)
                }
            }
            gone[number, default: []].formUnion(standing.superseded)
        }
    }
}
