import Foundation
import KithModel
import KithProtocol
import Testing

@testable import KithSync

@Suite struct ForkSearchTests {
    /// Entries that a side sent.
    private func entries(_ pair: SessionPair, by side: Int) -> Int {
        pair.messages(by: side).reduce(0) { $0 + $1.entries.entries.count }
    }

    @Test(arguments: [1, 2, 5, 100])
    func `a lagging side is sent exactly what it lacks, and sends at most as much`(lag: Int) {
        let scenario = Scenario("lagging") {
            let base = $0.both(300, by: 1)
            $0.first.write(lag, in: Scenario.area(1), by: 1, after: base.last)
        }
        var pair = scenario.pair
        _ = pair.run()
        #expect(pair.isEqual)
        #expect(entries(pair, by: 0) == lag)
        // It does not know that its own leaf is held, only which samples are.
        #expect(entries(pair, by: 1) <= lag)
    }

    @Test(arguments: [1, 2, 7, 100, 500])
    func `of a forked feed at most twice the branch is sent`(branch: Int) {
        let scenario = Scenario("forked") {
            let base = $0.both(500, by: 1)
            $0.first.write(branch, in: Scenario.area(1), by: 1, after: base.last, branch: 1)
            $0.second.write(branch, in: Scenario.area(1), by: 1, after: base.last, branch: 2)
        }
        var pair = SessionPair(
            scenario.first, scenario.second, sharing: scenario.areas, batchEntries: 100)
        #expect(pair.run() == .ended)
        #expect(pair.isEqual)
        for side in 0...1 { #expect((branch...2 * branch).contains(entries(pair, by: side))) }
    }

    @Test func `a feed that only one side sees forked costs one more search, and no more`() {
        var pair = Scenario.forkedAndBehind.pair
        _ = pair.run()
        // The first is behind in the forked feed, and ahead in one that is not: that costs nothing.
        let searches = (0...1).map { pair.messages(by: $0).count { $0.kind == .forkSearch } }
        #expect(searches == [2, 1])
    }

    /// The laws that hold for any two logs, in any order of events.
    @Test(arguments: [SessionPair.Order.inTurn, .overlapping])
    func `any two logs become equal, whatever happens first`(order: SessionPair.Order) {
        for seed in UInt64(0)..<200 {
            let scenario = Scenario.random(seed: seed)
            var pair = scenario.pair
            let ending = pair.run(order, seed: seed)
            #expect(ending == .ended && pair.isEqual, "seed \(seed): \(ending)")
            // What is not entries or their acknowledgement has a fixed number.
            let others = pair.sent.filter { ![.entries, .acknowledge].contains($0.message.kind) }
            #expect(others.count <= 18, "seed \(seed)")
        }
    }

    @Test func `cut anywhere, in any order of events, forks still become equal`() {
        for seed in UInt64(0)..<30 {
            let scenario = Scenario.random(seed: seed)
            var logs = (scenario.first, scenario.second)
            for count in [3, 5, 7, 9, 11] {
                var cut = SessionPair(logs.0, logs.1, sharing: scenario.areas)
                _ = cut.run(.overlapping, seed: seed, cutAfter: count)
                logs = (cut.sites[0].log, cut.sites[1].log)
            }
            var last = SessionPair(logs.0, logs.1, sharing: scenario.areas)
            #expect(last.run(seed: seed) == .ended)
            #expect(last.isEqual, "seed \(seed)")
        }
    }
}
