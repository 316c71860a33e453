import KithModel
import Testing

@Suite struct CandidatesTests {
    /// A small generator, so that a failure names a seed that repeats it.
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    private func id(_ number: Int) throws -> OperationID {
        let hash = try #require(EntryHash(bytes: [UInt8](repeating: UInt8(number), count: 32)))
        return OperationID(entry: hash, index: 0)
    }

    private func graph(seed: UInt64) throws -> [OperationNode] {
        var random = Seeded(state: seed)
        var nodes: [OperationNode] = []
        for number in 0..<12 {
            let targets = try (0..<number).filter { _ in Int.random(in: 0..<4, using: &random) == 0
            }
            .map(id)
            nodes.append(
                OperationNode(
                    id: try id(number),
                    entryClass: Bool.random(using: &random) ? .record : .decision,
                    isEffective: Int.random(in: 0..<6, using: &random) > 0, supersedes: targets))
        }
        return nodes
    }

    /// The rule said another way: walk back from each operation that counts, one step at a time,
    /// until nothing new is reached.
    private func oracle(_ nodes: [OperationNode]) -> [OperationID] {
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

    @Test(arguments: 1...200) func `candidates are the same in every order, and as the rule says`(
        seed: Int
    ) throws {
        let nodes = try graph(seed: UInt64(seed))
        let expected = oracle(nodes)
        var random = Seeded(state: UInt64(seed) &+ 77)
        for _ in 0..<20 {
            #expect(Candidates(of: nodes.shuffled(using: &random)).operations == expected)
        }
        #expect(
            Candidates(of: nodes + nodes).operations == expected, "hearing it twice changes nothing"
        )
    }

    @Test func `a record never supersedes a decision`() throws {
        let nodes = [
            OperationNode(id: try id(1), entryClass: .decision, supersedes: []),
            OperationNode(id: try id(2), entryClass: .record, supersedes: [try id(1)]),
        ]
        #expect(try Candidates(of: nodes).operations == [id(1), id(2)])
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
