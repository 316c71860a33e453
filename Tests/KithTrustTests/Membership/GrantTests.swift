import KithModel
import KithTestSupport
import KithTrust
import Testing

@Suite struct GrantTests {
    /// Every grant that there can be, without an end and with one of two.
    static let all: [Grant] = {
        var grants: [Grant] = []
        for role in Role.allCases {
            for bits in 0..<16 {
                let compartments = Compartment.granted.enumerated().filter { place, _ in
                    bits >> place & 1 == 1
                }.map(\.element)
                for (mayAttest, ends) in [(false, nil), (true, nil), (true, 1), (false, 2)]
                    as [(Bool, Int64?)]
                {
                    grants.append(
                        Grant(
                            role: role, compartments: Set(compartments), mayAttest: mayAttest,
                            ends: ends.map { Instant(milliseconds: $0) }))
                }
            }
        }
        return grants
    }()

    @Test func `joining is commutative and idempotent`() {
        for left in Self.all {
            #expect(left.joined(with: left) == left)
            for right in Self.all {
                #expect(left.joined(with: right) == right.joined(with: left))
            }
        }
    }

    @Test func `joining is associative`() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<20_000 {
            let chosen = (0..<3).map { _ in Self.all[generator.number(0...Self.all.count - 1)] }
            #expect(
                chosen[0].joined(with: chosen[1]).joined(with: chosen[2])
                    == chosen[0].joined(with: chosen[1].joined(with: chosen[2])))
        }
    }

    @Test func `a joined grant allows all that either allows`() {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<2_000 {
            let pair = (0..<2).map { _ in Self.all[generator.number(0...Self.all.count - 1)] }
            let joined = pair[0].joined(with: pair[1])
            for grant in pair {
                for compartment in Compartment.allCases {
                    #expect(!grant.holds(compartment) || joined.holds(compartment))
                    for now in (0...3).map({ Instant(milliseconds: $0) }) {
                        #expect(
                            !grant.shares(compartment, at: now)
                                || joined.shares(compartment, at: now))
                    }
                    #expect(grant.isWithin(joined))
                    #expect(!grant.reads(compartment) || joined.reads(compartment))
                    for entryClass in EntryClass.allCases {
                        #expect(
                            !grant.mayWrite(entryClass, in: compartment)
                                || joined.mayWrite(entryClass, in: compartment))
                    }
                }
            }
        }
    }

    @Test func `membership goes without saying, and is never one of the compartments`() {
        let grant = Grant(role: .relay, compartments: [.membership, .clinical], mayAttest: false)
        #expect(grant.compartments == [.clinical])
        #expect(Self.all.allSatisfy { $0.holds(.membership) })
    }

    @Test func `a relay holds but never reads or writes`() {
        for grant in Self.all where grant.role == .relay {
            for compartment in Compartment.granted {
                #expect(grant.holds(compartment) == grant.compartments.contains(compartment))
                #expect(!grant.reads(compartment))
                for entryClass in EntryClass.allCases {
                    #expect(!grant.mayWrite(entryClass, in: compartment))
                }
            }
        }
    }
}
