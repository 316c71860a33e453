import Testing

@testable import KithSimulator

@Suite struct FaultTests {
    /// What a run counts of each kind of fault.
    private static let signs: [(FaultKind, [Counts.Item])] = [
        (.loss, [.lostMessages]), (.doubling, [.doubledMessages]),
        (.reordering, [.reorderedMessages]), (.delays, [.lateMessages]),
        (.cuts, [.cuts, .cutsInside]), (.links, [.lostMessages, .refusedDials]),
        (.partitions, [.partitions]), (.absence, [.absences]), (.crashes, [.crashes]),
        (.power, [.powerLosses, .tornWrites]), (.clocks, [.clockErrors]),
        (.diskErrors, [.writeErrors, .fullDisks]), (.damage, [.damage]),
        (.restores, [.restores, .backupsRestored]), (.copies, [.copies]), (.liars, [.lies]),
    ]

    private func counts(_ plan: Plan) -> Counts {
        let report = Simulation(plan).run()
        #expect(report.violation == nil, "kith-sim run \(plan.arguments)")
        return report.counts
    }

    @Test func `every kind of fault leaves a sign`() {
        let withSigns = Set(FaultKind.allCases).subtracting([.smallBatches])
        #expect(Set(Self.signs.map(\.0)) == withSigns)
    }

    @Test func `batches that begin small make more messages of the same nights`() {
        func messages(_ kinds: Set<FaultKind>) -> Int {
            (UInt64(1)...4).reduce(0) { sum, seed in
                var plan = Plan(seed: seed, sites: 6, nights: 4, profile: .stormy)
                plan.without = Set(FaultKind.allCases).subtracting(kinds)
                return sum + counts(plan)[.messages]
            }
        }
        #expect(messages([.smallBatches]) > messages([]))
    }

    @Test(arguments: signs) func `a kind of fault happens alone, and not where it is switched off`(
        kind: FaultKind, signs: [Counts.Item]
    ) {
        // Rare ones take some nights to come.
        var seen = Counts()
        // What is damaged is mended by partners, and where nobody can, by a backup.
        func isMended() -> Bool { kind != .damage || seen[.mended] + seen[.backupsRestored] > 0 }
        for seed in UInt64(1)...8 where !(isMended() && signs.allSatisfy { seen[$0] > 0 }) {
            var plan = Plan(seed: seed, sites: 6, nights: 8, profile: .stormy)
            plan.without = Set(FaultKind.allCases).subtracting([kind])
            seen.add(counts(plan))
        }
        for sign in signs { #expect(seen[sign] > 0, "\(sign.rawValue)") }
        #expect(isMended())
        let others = Self.signs.filter { $0.0 != kind }.flatMap(\.1)
        let allowed: [Counts.Item] = kind == .damage ? [.backupsRestored] : []
        for sign in others
        where !(signs + allowed).contains(sign) && sign != .refusedDials {
            #expect(seen[sign] == 0, "\(sign.rawValue) without their fault")
        }
    }

    @Test func `a calm run has no faults, and its sites are busy`() {
        let counts = counts(Plan(seed: 1, sites: 6, nights: 8, profile: .calm))
        for sign in Self.signs.flatMap(\.1) where sign != .refusedDials {
            #expect(counts[sign] == 0, "\(sign.rawValue)")
        }
        #expect(counts.perSiteNight(.edits) >= 5)
        #expect(counts.perSiteNight(.sessions) >= 1)
    }
}
