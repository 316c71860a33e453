import KithModel
import KithTestSupport
import KithTrust
import Testing

@Suite struct MembershipLawTests {
    private static let names = ["elm", "gp", "home", "trust", "council"]

    /// An act that names what its author knew by the distance before it.
    private struct Step: CustomStringConvertible {
        enum Kind: CaseIterable {
            case steward, contributor, reviewer, change, remove, leave, elect, nothing
        }

        var kind: Kind
        var author: String
        var site: String
        var knows: [Int]

        var description: String { "\(author) \(kind) \(site) knowing \(knows)" }

        var content: Membership.Act.Content? {
            switch kind {
            case .steward: .steward
            case .contributor: .contributor
            case .reviewer: .admit(.commenting)
            case .change: .change(.commenting, covers: [.membership, .relations, .clinical])
            case .remove, .leave: .removal
            case .elect: .elect
            case .nothing: nil
            }
        }
    }

    /// Any acts by anybody, entitled or not.
    private static func law(
        _ problem: @escaping @Sendable (ActGraph) throws -> String?
    ) -> Law<Step> {
        Law(
            ofLength: 1...14,
            step: { generator in
                let kind = generator.one(of: Step.Kind.self)
                let (author, other) = (generator.number(0...4), generator.number(0...4))
                return Step(
                    kind: kind, author: names[author],
                    site: names[kind == .leave ? author : other],
                    knows: (1...4).filter { _ in generator.flag() })
            },
            smaller: { step in
                step.knows.indices.map { index in
                    var fewer = step
                    fewer.knows.remove(at: index)
                    return fewer
                }
            },
            problem: { try problem(graph($0)) })
    }

    private static func graph(_ steps: [Step]) -> ActGraph {
        let graph = ActGraph()
        var entries = [graph.act(by: "elm", on: "elm", .found)]
        for step in steps {
            let known = step.knows.filter { $0 <= entries.count }
                .map { entries[entries.count - $0] }
            entries.append(
                step.content.map {
                    graph.act(by: step.author, on: step.site, $0, knowing: known)
                } ?? graph.entry(by: step.author, knowing: known))
        }
        return graph
    }

    private func expect(_ law: Law<Step>, at location: SourceLocation = #_sourceLocation) async {
        let counterexample = await law.counterexample(cases: 400)
        #expect(
            counterexample == nil, "\(counterexample?.description ?? "")", sourceLocation: location)
    }

    @Test func `acts are judged alike in whatever order they came`() async {
        await expect(
            Self.law { graph in
                let membership = try graph.membership()
                var generator = SeededGenerator(seed: UInt64(graph.acts.count))
                for _ in 0..<6 {
                    let other = try Membership(
                        acts: graph.acts.shuffled(using: &generator)
                    ) { graph.point($0.entry) }
                    guard other.acts == membership.acts,
                        other.isInEffect == membership.isInEffect,
                        other.stewardsByRank == membership.stewardsByRank
                    else { return "another order is judged otherwise" }
                    for name in Self.names
                    where try other.grant(name) != membership.grant(name) {
                        return "\(name) is granted something else in another order"
                    }
                }
                return nil
            })
    }

    @Test func `nobody is in, or acts, whom no act in effect let in`() async {
        await expect(
            Self.law { graph in
                let membership = try graph.membership()
                var letIn: Set<SiteID> = []
                for (act, isInEffect) in zip(membership.acts, membership.isInEffect)
                where isInEffect {
                    switch act.content {
                    case .found, .admit, .change: letIn.insert(act.site)
                    case .remove, .elect: break
                    }
                }
                for name in Self.names where !letIn.contains(ActGraph.site(name)) {
                    if try membership.grant(name) != nil { return "\(name) is in" }
                }
                for (act, isInEffect) in zip(membership.acts, membership.isInEffect)
                where isInEffect && !letIn.contains(act.author) {
                    guard case .remove = act.content, act.author == act.site else {
                        return "an act of a stranger takes effect"
                    }
                }
                return nil
            })
    }

    @Test func `what has nothing to do with membership changes no verdict`() async {
        await expect(
            Self.law { graph in
                let before = try graph.membership()
                for name in Self.names { graph.entry(by: name, knowing: graph.acts.map(\.entry)) }
                let after = try graph.membership()
                return before.isInEffect == after.isInEffect ? nil : "verdicts changed"
            })
    }
}
