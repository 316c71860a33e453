import KithModel
import KithStore

/// What all sites hold at the end of a run.
enum Outcome {
    /// A line for each value that stands in each shared compartment, by the oracle, which every
    /// site has been compared with. Nothing in it depends on a hash of an entry.
    static func lines(of simulation: Simulation) throws -> [String] {
        var lines: [String] = []
        for id in simulation.workload.partnerships.sorted() {
            guard let graph = simulation.chronicle.graphs[id] else { continue }
            for compartment in Compartment.granted {
                let nodes = graph.nodes.filter {
                    $0.compartment == compartment || $0.compartment == .membership
                }
                let oracle = try Oracle(graph, compartment, held: nodes)
                lines += oracle.outcome.map { "\(id.short) \(compartment.name) \($0)" }
            }
        }
        for installation in simulation.sites {
            let (forks, conflicts) = try simulation.read(at: installation) {
                (try $0.forks().count, try $0.contestedFields().count)
            }
            simulation.counts[.forks] += forks
            simulation.counts[.conflicts] += conflicts
        }
        return lines
    }
}
