import KithModel
import KithTestSupport
import Testing

@Suite struct CandidatesTests {
    /// An operation, which names others by their distance before it.
    private struct Step: CustomStringConvertible {
        var entryClass: EntryClass
        var isEffective: Bool
        var supersedes: [Int]

        var description: String {
            "\(entryClass.name)\(isEffective ? "" : " without effect") on \(supersedes)"
        }
    }

    private static func id(_ number: Int) -> OperationID {
        guard let hash = EntryHash(bytes: [UInt8](repeating: UInt8(number), count: 32)) else {
            preconditionFailure("a hash has 32 bytes")
        }
        return OperationID(entry: hash, index: 0)
    }

    private static func graph(_ steps: [Step]) -> [OperationNode] {
        steps.enumerated().map { number, step in
            OperationNode(
                id: id(number), entryClass: step.entryClass, isEffective: step.isEffective,
                supersedes: step.supersedes.filter { $0 <= number }.map { id(number - $0) })
        }
    }

    /// The rule said another way: walk back from each operation that counts, one step at a time,
    /// until nothing new is reached.
    private static func oracle(_ nodes: [OperationNode]) -> [OperationID] {
        var reached: Set<OperationID> = []
        var isGrowing = true
        while isGrowing {
            isGrowing = false
            for node in nodes where node.isEffective || reached.contains(node.id) {
                for target in nodes
                where node.supersedes.contains(target.id) && target.entryClass <= node.entryClass {
                    if reached.insert(target.id).inserted { isGrowing = true }
                }
            }
        }
        return nodes.map(\.id).filter { !reached.contains($0) }.sorted()
    }

    @Test func `candidates are the same in every order, and as the rule says`() async {
        let law = Law<Step>(
            ofLength: 1...14,
            step: { generator in
                Step(
                    entryClass: generator.flag() ? .record : .decision,
                    isEffective: generator.number(0...5) > 0,
                    supersedes: (1...13).filter { _ in generator.number(0...3) == 0 })
            },
            smaller: { step in
                var simpler = step.supersedes.indices.map { index in
                    var fewer = step
                    fewer.supersedes.remove(at: index)
                    return fewer
                }
                if !step.isEffective {
                    simpler.append(
                        Step(
                            entryClass: step.entryClass, isEffective: true,
                            supersedes: step.supersedes))
                }
                return simpler
            },
            problem: { steps in
                let nodes = Self.graph(steps)
                let expected = Self.oracle(nodes)
                var generator = SeededGenerator(seed: UInt64(steps.count))
                for _ in 0..<20 {
                    let shuffled = nodes.shuffled(using: &generator)
                    if Candidates(of: shuffled).operations != expected { return "another order" }
                }
                // Hearing it twice changes nothing.
                return Candidates(of: nodes + nodes).operations == expected ? nil : "heard twice"
            })
        let counterexample = await law.counterexample(cases: 300)
        #expect(counterexample == nil, "\(counterexample?.description ?? "")")
    }

    /// `KITH_ORDERS=10000` has a whole store take in a history in as many orders.
    @Test func `one set of operations, delivered in ten thousand orders, gives one result`() {
        var generator = SeededGenerator(seed: 8)
        let nodes = Self.graph(
            (0..<40).map { number in
                Step(
                    entryClass: generator.number(0...3) == 0 ? .decision : .record,
                    isEffective: generator.number(0...7) > 0,
                    supersedes: (1...20).filter { _ in generator.number(0...6) == 0 })
            })
        let expected = Self.oracle(nodes)
        #expect((2..<nodes.count).contains(expected.count), "a set that shows something")
        let different = (1...10_000).count { _ in
            Candidates(of: nodes.shuffled(using: &generator)).operations != expected
        }
        #expect(different == 0)
    }

    @Test func `a record never supersedes a decision`() {
        let nodes = [
            OperationNode(id: Self.id(1), entryClass: .decision, supersedes: []),
            OperationNode(id: Self.id(2), entryClass: .record, supersedes: [Self.id(1)]),
        ]
        #expect(Candidates(of: nodes).operations == [Self.id(1), Self.id(2)])
    }
}

@Suite struct IdentifierTests {
    @Test(arguments: [
        ("943 476 5919", true), ("9434765918", false), ("999 000 0018", true),
        ("9990000000", false), ("９４３４７６５９１９", false), ("94347659190", false), ("", false),
    ]) func `an NHS number is ten digits that check`(text: String, isValid: Bool) {
        #expect((NHSNumber(text) != nil) == isValid)
    }

    @Test func `every mistyped character of a site id is noticed`() throws {
        let site = try #require(SiteID(bytes: (0..<32).map { UInt8($0 * 7 % 251) }))
        let text = Array(site.description)
        #expect(SiteID(text: site.description) == site)
        #expect(SiteID(text: site.description.lowercased()) == site)
        for position in text.indices where text[position] != "-" {
            for other in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" where other != text[position] {
                var mistyped = text
                mistyped[position] = other
                #expect(SiteID(text: String(mistyped)) == nil)
            }
        }
    }

    @Test func `text in NFC and in NFD is not the same value`() {
        #expect(FieldValue.text("caf\u{E9}") != FieldValue.text("cafe\u{301}"))
    }
}
