import Foundation
import KithModel
import KithProtocol
import SwiftProtobuf
import Testing

@testable import KithSync

/// A peer that says what is not so, or more than it may.
@Suite struct LyingPeerTests {
    /// Runs a session in which the initiator's messages are changed on their way.
    private func closing(
        _ scenario: Scenario = .bothAhead,
        changing kind: MessageKind, _ change: @escaping (inout Kith_V1_SessionMessage) -> Void
    ) -> (pair: SessionPair, reason: Kith_V1_CloseReason?) {
        var pair = scenario.pair
        pair.delivering = { to, _, message in
            guard to == 1, message.kind == kind else { return [message] }
            var changed = message
            change(&changed)
            return [changed]
        }
        #expect(pair.run() == .ended)
        #expect(pair.sites[1].outcome?.reason != .equal)
        let close = pair.messages(by: 1).last
        return (pair, close?.kind == .close ? close?.close.reason : nil)
    }

    @Test(arguments: [
        (UInt32(1), UInt32(1), true), (0, 1, true), (1, 9, true), (0, .max, true),
        (2, 9, false), (0, 0, false), (9, 1, false),
    ])
    func `versions must overlap`(minimum: UInt32, maximum: UInt32, isSpoken: Bool) {
        for side in [SyncSession.Side.initiator, .responder] {
            var session = greeting(side)
            let actions = session.receive(hello(minimum, maximum))
            if isSpoken {
                #expect(session.state == .comparing)
            } else {
                #expect(
                    actions.closing == (minimum > maximum ? .protocolError : .versionNotSupported))
            }
        }
    }

    @Test(arguments: [0, 1, 15, 17, 1_000])
    func `a nonce of another length is refused`(count: Int) {
        var session = greeting(.responder)
        #expect(session.receive(hello(1, 1, Data(count: count))).closing == .protocolError)
    }

    @Test func `our own greeting, reflected, is refused`() {
        for side in [SyncSession.Side.initiator, .responder] {
            var session = greeting(side)
            #expect(session.receive(session.hello).closing == .protocolError)
        }
    }

    @Test func `a peer that reflects everything but the greeting proves nothing`() {
        var site = ModelSite(.initiator, Scenario.equal.first, sharing: Scenario.equal.areas)
        site.start()
        let said = site.performAll()
        site.receive(hello(1, 1))
        for message in said where message.kind == .proof { site.receive(message) }
        #expect(site.performAll().last?.close.reason == .notEqual)
        #expect(!site.isEqual)
    }

    @Test(arguments: [(1, 0), (-1, 0), (0, 1), (0, -1)])
    func `a count of what was sent that does not match is refused`(batches: Int, entries: Int) {
        let (pair, reason) = closing(changing: .sent) {
            $0.sent.batches &+= UInt64(bitPattern: Int64(batches))
            $0.sent.entries &+= UInt64(bitPattern: Int64(entries))
        }
        #expect(reason == .protocolError)
        #expect(pair.sites[1].log.hashes.count > 0)
    }

    @Test(arguments: [UInt64(0), 2, 100, .max])
    func `an acknowledgement out of turn is refused`(batch: UInt64) {
        // Only the first is changed: one batch is on its way by then.
        let (_, reason) = closing(changing: .acknowledge) { message in
            if message.acknowledge.batch == 1 { message.acknowledge.batch = batch }
        }
        #expect(reason == .protocolError)
    }

    @Test func `an acknowledgement of what was never sent is refused`() {
        var session = exchanging()
        #expect(session.receive(.with { $0.acknowledge.batch = 1 }).closing == .protocolError)
    }

    @Test(arguments: [UInt64(0), 2, .max])
    func `a batch out of turn is refused`(batch: UInt64) {
        let (_, reason) = closing(changing: .entries) { $0.entries.batch = batch }
        #expect(reason == .protocolError)
    }

    @Test func `an empty batch is refused`() {
        let (_, reason) = closing(changing: .entries) { $0.entries.entries = [] }
        #expect(reason == .protocolError)
    }

    @Test(arguments: [(Limits.batchEntries, true), (Limits.batchEntries + 1, false)])
    func `a batch has a limit`(count: Int, isTaken: Bool) {
        var session = exchanging()
        let actions = session.receive(batch(1, entries: count))
        #expect(actions.closing == (isTaken ? nil : .limitExceeded))
    }

    @Test func `more batches than may be in flight are refused`() {
        var session = exchanging()
        for number in 1...Limits.batchesInFlight {
            #expect(session.receive(batch(UInt64(number), entries: 1)).closing == nil)
        }
        let next = UInt64(Limits.batchesInFlight) + 1
        var patient = session
        #expect(session.receive(batch(next, entries: 1)).closing == .limitExceeded)
        // With one of them on disk there is room again.
        _ = patient.ingested(batch: 1, stored: 1, isMembershipChanged: false, refusal: nil)
        #expect(patient.receive(batch(next, entries: 1)).closing == nil)
    }

    @Test func `an entry that is refused ends the session, and those before it stay`() {
        let scenario = Scenario("the second is empty") {
            $0.first.write(7, in: Scenario.area(1), by: 1)
        }
        let (pair, reason) = closing(scenario, changing: .entries) { message in
            if message.entries.batch == 2 { message.entries.entries[1].header = Data([1]) }
        }
        #expect(reason == .invalidEntry)
        // Three of the first batch and one of the second.
        #expect(pair.sites[1].outcome?.progress.received == 4)
        #expect(pair.sites[1].log.hashes.count == 4)
    }

    @Test func `entries of a compartment that is not shared are refused`() throws {
        var other = ModelLog()
        let position = try #require(other.write(1, in: Scenario.area(9), by: 1).last)
        let entry = try #require(other.received(position.hash))
        let (pair, reason) = closing(changing: .entries) { $0.entries.entries = [entry.message] }
        #expect(reason == .invalidEntry)
        #expect(!pair.sites[1].log.hashes.contains(position.hash))
    }

    @Test(arguments: [(Limits.holdings, true), (Limits.holdings + 1, false)])
    func `the compartments that a peer lists have a limit`(count: Int, isTaken: Bool) {
        var session = listing()
        let holding = Kith_V1_Holdings.Holding.with { $0.id = Data(count: 16) }
        let actions = session.receive(
            .with { $0.holdings.holdings = Array(repeating: holding, count: count) })
        #expect(actions.closing == (isTaken ? nil : .limitExceeded))
    }

    @Test(arguments: [
        (0, 8), (3, 8), (Limits.buckets * 2, 8), (1, 7), (1, 32), (4, 0),
    ])
    func `buckets that cannot be are refused`(count: Int, bytes: Int) {
        var session = greeting(.initiator)
        _ = session.receive(hello(1, 1))
        let digests = Array(repeating: Data(count: bytes), count: count)
        let actions = session.receive(.with { $0.buckets.digests = digests })
        #expect(actions.closing == .protocolError)
    }

    @Test func `a peer that names what the buckets do not is refused`() {
        // As many buckets as there may be, of which none differs: nothing is to be compared.
        var session = greeting(.initiator)
        _ = session.receive(hello(1, 1))
        session.blind()
        let digests = session.bucketDigests(Limits.buckets)
        #expect(session.receive(.with { $0.buckets.digests = digests }).count == 1)
        let actions = session.receive(
            .with { $0.frontiers.frontiers = [.with { $0.id = session.blindedID }] })
        #expect(actions.closing == .protocolError)
    }

    @Test(arguments: [(Limits.feeds, true), (Limits.feeds + 1, false)])
    func `the feeds that a peer declares have a limit`(count: Int, isTaken: Bool) throws {
        for isSearch in [false, true] {
            var session = isSearch ? searching() : declaring()
            let frontier = Kith_V1_CompartmentFrontier.with {
                $0.id = session.blindedID
                $0.leaves = Array(repeating: Kith_V1_Leaf(someLeaf), count: count)
            }
            let actions = session.receive(
                .with { message in
                    if isSearch {
                        message.forkSearch.samples = [frontier]
                    } else {
                        message.frontiers.frontiers = [frontier]
                    }
                })
            #expect(actions.closing == (isTaken ? nil : .limitExceeded))
        }
    }

    /// What a leaf can be wrong in.
    private static let wrongLeaves: [@Sendable (inout Kith_V1_Leaf) -> Void] = [
        { $0.author = Data(count: 31) }, { $0.author = Data() }, { $0.hash = Data(count: 33) },
        { $0.sequence = 0 }, { $0.sequence = Limits.sequence + 1 }, { $0.sequence = .max },
        { $0.incarnation = 0 },
    ]

    @Test func `a leaf that cannot be is refused`() {
        for change in Self.wrongLeaves {
            for isSearch in [false, true] {
                var session = isSearch ? searching() : declaring()
                var leaf = Kith_V1_Leaf(someLeaf)
                change(&leaf)
                let frontier = Kith_V1_CompartmentFrontier.with {
                    $0.id = session.blindedID
                    $0.leaves = [leaf]
                }
                let actions = session.receive(
                    .with { message in
                        if isSearch {
                            message.forkSearch.samples = [frontier]
                        } else {
                            message.frontiers.frontiers = [frontier]
                        }
                    })
                #expect(actions.closing == .protocolError)
            }
        }
    }

    @Test
    func `feeds of a compartment that is unknown, does not differ or comes twice are refused`() {
        for isSearch in [false, true] {
            let session = isSearch ? searching() : declaring()
            let unknown = Data(repeating: 5, count: 16)
            for ids in [[unknown], [session.equalID], [session.blindedID, session.blindedID]] {
                var session = session
                let frontiers = ids.map { id in
                    Kith_V1_CompartmentFrontier.with {
                        $0.id = id
                        $0.leaves = [Kith_V1_Leaf(someLeaf)]
                    }
                }
                let actions = session.receive(
                    .with { message in
                        if isSearch {
                            message.forkSearch.samples = frontiers
                        } else {
                            message.frontiers.frontiers = frontiers
                        }
                    })
                #expect(actions.closing == .protocolError)
            }
        }
    }

    @Test func `a second search that nobody waits for is refused`() {
        var session = searching()
        _ = session.receive(.with { $0.forkSearch = Kith_V1_ForkSearch() })
        #expect(
            session.receive(.with { $0.forkSearch = Kith_V1_ForkSearch() }).closing
                == .protocolError)
    }

    @Test func `a peer that declares what it does not hold is not believed`() {
        let (_, reason) = closing(changing: .frontiers) { message in
            message.frontiers.frontiers[0].leaves.append(Kith_V1_Leaf(someLeaf))
        }
        #expect(reason == .notEqual)
    }

    @Test func `a peer that states less than was declared is not believed`() {
        let (_, reason) = closing(changing: .proof) { $0.proof.statements = [] }
        #expect(reason == .notEqual)
    }

    @Test func `a peer that declares less than it holds is sent more than it needs, no worse`() {
        var pair = Scenario.secondAhead.pair
        pair.delivering = { to, _, message in
            guard to == 1, message.kind == .frontiers else { return [message] }
            return [.with { $0.frontiers = Kith_V1_Frontiers() }]
        }
        #expect(pair.run() == .ended)
        #expect(pair.isEqual)
        #expect(pair.sites[1].outcome?.progress.sent == 7)
    }

    // MARK: Machines on their way

    private let someLeaf: Position = {
        var log = ModelLog()
        return log.write(1, in: Scenario.area(40), by: 44)[0]
    }()

    private func hello(
        _ minimum: UInt32, _ maximum: UInt32, _ nonce: Data = Data(repeating: 9, count: 16)
    ) -> Kith_V1_SessionMessage {
        .with {
            $0.hello.minimumVersion = minimum
            $0.hello.maximumVersion = maximum
            $0.hello.nonce = nonce
        }
    }

    private func batch(_ number: UInt64, entries: Int) -> Kith_V1_SessionMessage {
        .with {
            $0.entries.batch = number
            $0.entries.entries = Array(repeating: Kith_V1_Entry(), count: entries)
        }
    }

    /// Of two compartments, the first of which differs.
    private func greeting(_ side: SyncSession.Side) -> SyncSession {
        var session = SyncSession(
            side: side,
            shared: [Scenario.area(1, .membership), Scenario.area(1)].map {
                SyncSession.Shared(
                    partnership: $0.partnership, compartment: $0.compartment,
                    frontierDigest: Data(repeating: 1, count: 32))
            },
            nonce: Data(repeating: 8, count: 16), software: "")
        _ = session.start()
        return session
    }

    private func listing() -> SyncSession {
        var session = greeting(.responder)
        _ = session.receive(hello(1, 1))
        _ = session.receive(.with { $0.fingerprint.digest = Data(count: 32) })
        return session
    }

    private func declaring() -> SyncSession {
        var session = listing()
        _ = session.receive(
            .with {
                $0.holdings.holdings = [
                    .with {
                        $0.id = session.blindedID
                        $0.digest = Data(count: 8)
                    },
                    .with {
                        $0.id = session.equalID
                        $0.digest = Data(repeating: 1, count: 8)
                    },
                ]
            })
        _ = session.frontiersLoaded([0: []])
        return session
    }

    private func searching() -> SyncSession {
        var session = declaring()
        _ = session.receive(.with { $0.frontiers = Kith_V1_Frontiers() })
        _ = session.samplesLoaded([:])
        return session
    }

    private func exchanging() -> SyncSession {
        var session = searching()
        _ = session.receive(.with { $0.forkSearch = Kith_V1_ForkSearch() })
        _ = session.missingFound(entries: 0)
        return session
    }
}

extension SyncSession {
    /// The blinded id of the first compartment, which differs.
    fileprivate var blindedID: Data { blindedIDs[0] }
    /// The blinded id of the second, which does not.
    fileprivate var equalID: Data { blindedIDs[1] }
}
