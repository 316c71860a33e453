import KithModel
import KithProtocol
import KithTrust

/// Who is in a partnership, and whose entries take effect, for whoever holds some of its entries.
///
/// It is judged by `Membership`, the rule itself, but from the graph: what is compared with it is how a
/// store keeps that up to date.
struct Standings {
    private struct Point: MembershipPoint {
        let graph: Graph
        let isHeld: (Graph.Node) -> Bool
        let node: Graph.Node
        var compartment: Compartment { node.compartment }

        func knows(_ act: EntryHash) throws -> Bool {
            graph.indices[act].map(node.knows) ?? false
        }

        func isWithin(cutOf act: EntryHash) -> Bool {
            let cut: Cut
            switch graph.node(act)?.content {
            case .act(.change(_, _, let found)), .act(.remove(_, let found)): cut = found
            default: return false
            }
            return cut.ends.contains { end in
                guard end.feed == node.header.feed, node.header.sequence <= end.sequence else {
                    return false
                }
                guard let leaf = graph.node(end.hash), isHeld(leaf) else { return true }
                return leaf.index == node.index || leaf.chain.contains(node.index)
            }
        }
    }

    private let graph: Graph
    private let membership: Membership
    /// The sites of which more is known than that they were let in.
    let doubtful: Set<SiteID>

    /// Judges the acts among some entries, by what is held of `membership`.
    init(
        _ graph: Graph, held: some Sequence<Graph.Node>, isHeld: @escaping (Graph.Node) -> Bool
    ) throws {
        self.graph = graph
        let membership = try Membership(
            acts: held.compactMap(Self.act),
            point: { act in
                guard let node = graph.node(act.entry) else {
                    preconditionFailure("an act has no entry in the graph")
                }
                return Point(graph: graph, isHeld: isHeld, node: node)
            })
        self.membership = membership
        doubtful = Set(membership.acts.map(\.site).filter { !membership.isPlain($0) })
    }

    /// Whether an entry takes effect that its author was once allowed to write, for whoever holds what is
    /// held of its feed.
    func isEffective(
        _ node: Graph.Node, isHeld: @escaping (Graph.Node) -> Bool
    ) throws -> Bool {
        guard doubtful.contains(node.author) else { return true }
        let point = Point(graph: graph, isHeld: isHeld, node: node)
        return try membership.grant(of: node.author, at: point)?
            .mayWrite(node.header.entryClass, in: node.compartment) ?? false
    }

    private static func act(_ node: Graph.Node) -> Membership.Act? {
        guard node.isAllowed, case .act(let act?) = node.content, let site = act.subject else {
            return nil
        }
        let content: Membership.Act.Content
        switch act {
        case .found: content = .found
        case .admit(_, let grant, _): content = .admit(grant)
        case .change(_, let grant, let cut): content = .change(grant, covers: cut.covers)
        case .remove(_, let cut): content = .remove(covers: cut.covers)
        case .elect: content = .elect
        case .mint, .handOver, .describe: return nil
        }
        return Membership.Act(
            entry: node.hash, depth: node.depth, author: node.author, site: site, content: content)
    }
}
