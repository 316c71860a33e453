import Foundation
import GRDB
import KithModel
import KithProtocol
import KithStore

/// Of two concurrent writes both stand, until somebody who had seen a value replaces it; and every
/// field in which more than one stands is listed.
final class ConflictKept: Checker {
    private unowned let simulation: Simulation
    private var explained: [Int: Set<OperationID>] = [:]

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    func surveyed() throws {
        for standing in simulation.survey.changed where standing.id.compartment != .membership {
            try checkReplacements(standing)
        }
        for installation in simulation.survey.changedInstallations {
            try simulation.read(at: installation) { try self.checkListing(at: installation, $0) }
        }
    }

    func touched(_ fields: [TouchedField]) throws {
        for field in fields {
            let live = field.operations.filter { !$0.isMarkedSuperseded }
            guard live.allSatisfy({ $0.isMarkedContested == (live.count > 1) }) else {
                throw violation(
                    "at \(field.installation.name) \(live.count) values stand in a field, and \(live.count(where: \.isMarkedContested)) are listed as a conflict"
                )
            }
            try checkReplacements(
                field.operations.filter(\.isMarkedSuperseded).map(\.id), in: field.graph,
                field.name.compartment, at: field.installation)
        }
    }

    private func checkReplacements(_ standing: Standing) throws {
        guard let graph = simulation.chronicle.graphs[standing.id.partnership] else { return }
        try checkReplacements(
            standing.superseded, in: graph, standing.id.compartment, at: standing.installation)
    }

    private func checkReplacements(
        _ superseded: [OperationID], in graph: Graph, _ compartment: Compartment,
        at installation: Installation
    ) throws {
        for operation in superseded
        where explained[installation.number]?.contains(operation) != true {
            let isExplained = (graph.namers[operation] ?? []).contains { name in
                guard let target = graph.node(operation.entry), let namer = graph.node(name.entry),
                    simulation.chronicle.holds(name.entry, at: installation),
                    namer.header.entryClass >= target.header.entryClass
                else { return false }
                // What a liar says that it saw, nobody knows.
                return isLiar(namer.author)
                    || simulation.chronicle.wasHeld(operation.entry, byAuthorOf: name.entry)
            }
            guard isExplained else {
                throw violation(
                    "at \(installation.name) the value \(operation.entry.short)/\(operation.index) is gone from \(compartment.name), and nobody who had seen it replaced it"
                )
            }
            explained[installation.number, default: []].insert(operation)
        }
    }

    private func isLiar(_ site: SiteID) -> Bool {
        simulation.sites.contains { $0.site == site && $0.isLiar }
    }

    private func checkListing(
        at installation: Installation, _ transaction: StoreTransaction
    ) throws {
        let wrong = try transaction.all(
            """
            SELECT record, field, count(*) AS live, sum(is_contested) AS marked FROM operation
            WHERE is_superseded = 0 GROUP BY record, field
            HAVING (count(*) > 1) <> (sum(is_contested) > 0)
            """)
        if let row = wrong.first {
            throw violation(
                "at \(installation.name) \(row["live"] as Int) values stand in a field, and \(row["marked"] as Int) are listed as a conflict"
            )
        }
    }
}
