import Foundation
import KithModel
import KithProtocol
import KithSync

/// A session does not send what the other side declared to hold and did not ask for again. Where a feed has forked, the common
/// part near the fork may be sent again; what another session brings meanwhile was not compared; and a
/// site that was removed is not told all that is held.
final class BoundedResend: Checker {
    private unowned let simulation: Simulation

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    func arrived(
        _: Data, _ message: Kith_V1_SessionMessage, from: SessionEnd, at end: SessionEnd
    ) throws {
        guard case .entries(let batch) = message.message, !end.link.isDisturbed, !from.site.isLiar,
            !end.site.isLiar
        else { return }
        let wanted = Set(end.compartments.flatMap(\.wanted))
        for entry in batch.entries {
            let (hash, read) = simulation.chronicle.read(header: entry.header)
            guard let header = read,
                let graph = simulation.chronicle.graphs[header.partnership],
                let node = graph.node(hash), !graph.isForked(header.feed), !wanted.contains(hash),
                let age = simulation.chronicle.age(of: hash, at: from.site),
                age > simulation.time - end.link.begun,
                end.declaredLeaves.contains(where: { leaf in
                    leaf.hash == hash
                        || graph.node(leaf.hash)?.chain.contains(node.index) == true
                })
            else { continue }
            throw violation(
                "\(from.site.name) sends \(end.site.name) the entry \(hash.short), number \(header.sequence) of a feed in \(header.feed.compartment.name), which that had declared to hold"
            )
        }
    }
}

extension Graph {
    /// Whether two entries of a feed have one sequence.
    func isForked(_ feed: FeedID) -> Bool {
        places[feed]?.values.contains { $0.count > 1 } ?? false
    }
}
