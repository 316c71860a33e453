import KithModel
import KithStore

/// A value that was superseded at a site does not stand there again, unless a removal has taken the
/// effect from what superseded it.
final class NoResurrection: Checker {
    private unowned let simulation: Simulation
    private let survey: Survey
    private var gone: [Int: Set<OperationID>] = [:]

    init(_ simulation: Simulation) {
        self.simulation = simulation
        survey = Survey(simulation)
    }

    func nightEnded() throws { try look() }
    func settled() throws { try look() }

    private func look() throws {
        for standing in try survey.changed() where standing.id.compartment != .membership {
            let number = standing.installation.number
            guard let graph = simulation.chronicle.graphs[standing.id.partnership] else { continue }
            try simulation.read(at: standing.installation) { transaction in
                for operation in try transaction.operations(superseded: false, in: standing.id)
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
                self.gone[number, default: []].formUnion(
                    try transaction.operations(superseded: true, in: standing.id))
            }
        }
    }
}
