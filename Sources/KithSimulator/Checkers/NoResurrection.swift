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
    /// Entries of which somebody wanted something erased.
    private var named: Set<EntryHash> = []
    private var timesSetBack: [Int: Int] = [:]

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    func committed(_ arrivals: [Chronicle.Arrival], at installation: Installation) throws {
        var isConcerned = false
        for arrival in arrivals {
            let graph = simulation.chronicle.graphs[arrival.header.partnership]
            if case .erasure(let names)? = graph?.node(arrival.hash)?.content {
                named.formUnion(names.map(\.entry))
                isConcerned = true
            }
            isConcerned = isConcerned || named.contains(arrival.hash)
        }
        guard isConcerned, !installation.isLiar else { return }
        try simulation.read(at: installation) { try self.checkErased(at: installation, $0) }
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

    func touched(_ fields: [TouchedField]) throws {
        for field in fields {
            try look(
                at: field.installation, field.graph,
                live: field.operations.filter { !$0.isMarkedSuperseded }.map(\.id),
                superseded: field.operations.filter(\.isMarkedSuperseded).map(\.id))
        }
    }

    private func look() throws {
        for standing in simulation.survey.changed where standing.id.compartment != .membership {
            guard let graph = simulation.chronicle.graphs[standing.id.partnership] else { continue }
            try look(
                at: standing.installation, graph, live: standing.live,
                superseded: standing.superseded)
        }
    }

    private func look(
        at installation: Installation, _ graph: Graph, live: [OperationID],
        superseded: [OperationID]
    ) throws {
        let number = installation.number
        if timesSetBack[number] != simulation.chronicle.timesSetBack[number] {
            // An older disk knows nothing of what came after it.
            timesSetBack[number] = simulation.chronicle.timesSetBack[number]
            gone[number] = []
        }
        for operation in live where gone[number]?.contains(operation) == true {
            let namers = (graph.namers[operation] ?? []).filter {
                simulation.chronicle.holds($0.entry, at: installation)
            }
            let isExplained =
                try namers.isEmpty
                || simulation.read(at: installation) { transaction in
                    try namers.contains { try transaction.isRevoked($0.entry) }
                }
            guard isExplained else {
                throw violation(
                    "at \(installation.name) the superseded value \(operation.entry.short)/\(operation.index) stands again"
                )
            }
            gone[number]?.remove(operation)
        }
        gone[number, default: []].formUnion(superseded)
    }
}
