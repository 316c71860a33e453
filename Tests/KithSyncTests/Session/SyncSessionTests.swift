import Foundation
import KithModel
import KithProtocol
import KithTestSupport
import Testing

@testable import KithSync

@Suite struct SyncSessionTests {
    @Test(arguments: [0, 1, 50, 250])
    func `equal sides prove it in one round trip and under a kilobyte each way`(count: Int) {
        let scenario = Scenario("equal") { scenario in
            scenario.areas = (0..<count).map { Scenario.area(UInt8($0)) }
            for area in scenario.areas { scenario.both(2, in: area, by: 1) }
        }
        var pair = scenario.pair
        #expect(pair.run() == .ended)
        #expect(pair.isEqual)
        #expect(pair.messages(by: 0).map(\.kind) == [.hello, .fingerprint, .proof])
        #expect(pair.messages(by: 1).map(\.kind) == [.hello, .proof, .done])
        for side in 0...1 { #expect(pair.bytes(by: side) < 1_024) }
    }

    @Test(arguments: Scenario.all)
    func `two sides end with the same entries`(scenario: Scenario) {
        let union = scenario.first.hashes.union(scenario.second.hashes)
        for seed in UInt64(0)..<20 {
            var pair = scenario.pair
            #expect(pair.run(seed: seed) == .ended, "seed \(seed)")
            #expect(pair.isEqual, "seed \(seed)")
            #expect(pair.sites[0].log.hashes == union, "seed \(seed)")
        }
    }

    @Test(arguments: [Scenario.firstAhead, .secondAhead, .bothAhead, .firstEmpty])
    func `nothing is sent that the other side declared to hold`(scenario: Scenario) {
        var pair = scenario.pair
        _ = pair.run()
        for side in 0...1 {
            let held = [scenario.second, scenario.first][side].hashes
            let sent = pair.messages(by: side).flatMap(\.entries.entries)
                .map { EntryHash(header: $0.header) }
            #expect(held.isDisjoint(with: sent), "by side \(side)")
        }
    }

    @Test func `a session tells what it moved, and whether membership changed`() throws {
        var scenario = Scenario("each has what the other lacks") { _ in }
        scenario.areas = [Scenario.area(1), Scenario.area(1, .membership)]
        scenario.first.write(8, in: scenario.areas[0], by: 1)
        scenario.second.write(4, in: scenario.areas[1], by: 2)
        var pair = scenario.pair
        _ = pair.run()
        let (first, second) = (try #require(pair.sites[0].outcome), pair.sites[1].outcome)
        #expect(first.progress == progress(sent: 8, toSend: 8, received: 4))
        #expect(second?.progress == progress(sent: 4, toSend: 4, received: 8))
        #expect(first.isMembershipChanged)
        #expect(second?.isMembershipChanged == false)
    }

    @Test(arguments: Scenario.all, [3, 1_000])
    func `a session takes no more turns than it says, and seldom more than four`(
        scenario: Scenario, batchEntries: Int
    ) {
        var pair = scenario.pair(batchEntries: batchEntries)
        let turns = pair.runInTurns()
        #expect(pair.isEqual)
        #expect(turns == pair.sites[0].session.roundTrips)
        #expect(turns <= (scenario.name.contains("fork") ? 5 : 4))
    }

    @Test func `batches are sent ahead of acknowledgements, no more than were agreed`() {
        var scenario = Scenario.bothAhead
        scenario.second.write(12, in: Scenario.area(2, .membership), by: 2)
        var pair = scenario.pair
        pair.delivering = { _, _, message in message.kind == .acknowledge ? [] : [message] }
        #expect(pair.run() == .stuck)
        // Thirty-six entries in batches of three are twelve batches.
        #expect(pair.messages(by: 1).count { $0.kind == .entries } == Limits.batchesInFlight)
    }

    @Test func `nothing is sent of a compartment that the other side lacks`() throws {
        let (common, secret) = (Scenario.area(1), Scenario.area(9, .restricted))
        var log = ModelLog()
        log.write(3, in: common, by: 1)
        log.write(3, in: secret, by: 1)
        var pair = SessionPair(
            ModelSite(.initiator, log, sharing: [common, secret]),
            ModelSite(.responder, ModelLog(), sharing: [common]))
        #expect(pair.run() == .ended)
        #expect(pair.sites[0].isEqual && pair.sites[1].isEqual)
        let wire = pair.sent.reduce(Data()) { $0 + $1.message.bytes() }
        #expect(wire.range(of: Data(common.partnership.bytes)) != nil)
        #expect(wire.range(of: Data(secret.partnership.bytes)) == nil)
        for leaf in log.frontier(secret) { #expect(wire.range(of: Data(leaf.hash.bytes)) == nil) }
        #expect(pair.sites[1].log.frontier(secret).isEmpty)
    }

    @Test func `a compartment has another blinded id in every session`() {
        var ids: Set<Data> = []
        for nonce in UInt8(10)..<20 {
            let area = Scenario.area(1)
            var pair = SessionPair(
                ModelSite(.initiator, Scenario.firstAhead.first, sharing: [area], nonce: nonce),
                ModelSite(.responder, Scenario.firstAhead.second, sharing: [area]))
            _ = pair.run()
            let holdings = pair.sent.filter { $0.message.kind == .holdings }
            let inSession = Set(holdings.flatMap { $0.message.holdings.holdings.map(\.id) })
            #expect(inSession.count == 1)
            ids.formUnion(inSession)
        }
        #expect(ids.count == 10)
    }

    @Test func `sides that disagree on what they share compare what both list`() {
        let (common, more) = (Scenario.area(1), Scenario.area(2))
        var pair = SessionPair(
            ModelSite(.initiator, Scenario.equal.first, sharing: [common, more]),
            ModelSite(.responder, Scenario.equal.second, sharing: [common]))
        #expect(pair.run() == .ended)
        #expect(pair.isEqual)
        #expect(pair.messages(by: 0).contains { $0.kind == .holdings })
        #expect(!pair.messages(by: 0).contains { $0.kind == .entries })
    }

    @Test(arguments: Scenario.all)
    func `a session that is cut anywhere loses nothing, and the next one goes on`(
        scenario: Scenario
    ) {
        var whole = scenario.pair
        _ = whole.run(seed: 1)
        for count in 0...whole.sent.count {
            var cut = scenario.pair
            #expect(cut.run(seed: 1, cutAfter: count) == .ended)
            let (first, second) = (cut.sites[0].log, cut.sites[1].log)
            #expect(first.hashes.isSuperset(of: scenario.first.hashes))
            #expect(second.hashes.isSuperset(of: scenario.second.hashes))
            var resumed = SessionPair(first, second, sharing: scenario.areas)
            #expect(resumed.run() == .ended)
            #expect(resumed.isEqual, "cut after \(count) messages")
        }
    }

    @Test func `a cut session has kept every batch that it acknowledged`() {
        var whole = Scenario.secondAhead.pair
        _ = whole.run()
        for count in 0...whole.sent.count {
            var pair = Scenario.secondAhead.pair
            _ = pair.run(cutAfter: count)
            let acknowledged = pair.messages(by: 0).filter { $0.kind == .acknowledge }.count
            let kept = pair.sites[0].log.hashes.count - Scenario.secondAhead.first.hashes.count
            #expect(kept >= min(acknowledged * 3, 5))
        }
    }

    /// All of it done: what there was to receive is told beforehand.
    private func progress(sent: Int, toSend: Int, received: Int) -> SyncSession.Progress {
        var progress = SyncSession.Progress()
        (progress.sent, progress.toSend) = (sent, toSend)
        (progress.received, progress.toReceive) = (received, received)
        return progress
    }
}
