import Foundation
import KithModel
import KithProtocol
import KithTestSupport
import SwiftProtobuf
import Testing

@testable import KithSync

/// Every state meets every message.
@Suite struct SessionOrderTests {
    /// A machine as it stands before a message comes.
    private struct Moment: Hashable {
        let side: SyncSession.Side
        let state: SyncSession.State
        /// The fingerprints were found equal.
        let isUnchanged: Bool
    }

    /// What a peer may send then; all else is out of order.
    private static func legal(_ moment: Moment) -> Set<MessageKind> {
        switch (moment.state, moment.side) {
        case (.idle, _), (.finished, _): []
        case (.greeting, _): [.hello]
        case (.comparing, .initiator): moment.isUnchanged ? [.done] : [.proof, .buckets]
        case (.comparing, .responder): moment.isUnchanged ? [.proof] : [.fingerprint]
        case (.listing, .initiator): []
        // The side that dialled sends its receipt before it knows that it is not needed.
        case (.listing, .responder): [.proof, .holdings]
        case (.declaring, _): [.frontiers]
        case (.searchingForks, _): [.forkSearch]
        // Its proof a side sends after all else; what came before may still be being stored here.
        case (.exchanging, _): [.entries, .acknowledge, .sent, .proof]
        case (.proving, .initiator): [.proof, .done, .acknowledge]
        case (.proving, .responder): [.proof, .acknowledge]
        }
    }

    /// Machines in every state that sessions of every scenario pass through.
    private static let machines: [Moment: [SyncSession]] = {
        var machines: [Moment: [SyncSession]] = [:]
        for side in [SyncSession.Side.initiator, .responder] {
            let fresh = SyncSession(
                side: side, shared: [], nonce: Data(repeating: 3, count: 16), software: "")
            machines[Moment(side: side, state: .idle, isUnchanged: false)] = [fresh]
        }
        for scenario in Scenario.all {
            var pair = scenario.pair
            let seen = Seen()
            pair.delivering = { _, site, message in
                seen.sessions.append(site.session)
                return [message]
            }
            _ = pair.run()
            for session in seen.sessions + pair.sites.map(\.session) {
                let moment = Moment(
                    side: session.side, state: session.state,
                    isUnchanged: session.closing.isUnchanged)
                machines[moment, default: []].append(session)
            }
        }
        return machines
    }()

    private final class Seen {
        var sessions: [SyncSession] = []
    }

    /// Every message of every scenario, and the least of each kind.
    private static let messages: [Kith_V1_SessionMessage] =
        Scenario.all.flatMap { scenario in
            var pair = scenario.pair
            _ = pair.run()
            return pair.sent.map(\.message)
        } + Kith_V1_SessionMessage.least

    @Test func `sessions pass through every state on both sides`() {
        let states: [SyncSession.State] = [
            .idle, .greeting, .comparing, .listing, .declaring, .searchingForks, .exchanging,
            .proving, .finished,
        ]
        for side in [SyncSession.Side.initiator, .responder] {
            // The side that dialled lists as soon as it has compared.
            for state in states where (side, state) != (.initiator, .listing) {
                #expect(Self.machines.keys.contains { $0.side == side && $0.state == state })
            }
        }
        #expect(Set(Self.messages.map(\.kind)).isSuperset(of: [.hello, .forkSearch, .done]))
    }

    @Test func `in every state, what is out of order ends the session with that reason`() {
        var refused = 0
        for (moment, machines) in Self.machines where moment.state != .finished {
            let legal = Self.legal(moment)
            for machine in machines {
                for message in Self.messages where !legal.contains(message.kind) {
                    var machine = machine
                    let actions = machine.receive(message)
                    #expect(
                        actions.closing == .protocolError, "\(message.kind) in \(moment)")
                    #expect(machine.receive(message).isEmpty)
                    refused += 1
                }
            }
        }
        #expect(refused > 10_000)
    }

    @Test func `what is in order but of another session never traps, and ends at once or waits`() {
        for (moment, machines) in Self.machines {
            for machine in machines {
                for message in Self.messages where Self.legal(moment).contains(message.kind) {
                    var machine = machine
                    let actions = machine.receive(message)
                    #expect((machine.state == .finished) == (actions.outcome != nil))
                }
            }
        }
    }

    @Test func `damaged messages never trap, and what was not a message is not one`() {
        var taken = 0
        for (moment, machines) in Self.machines {
            guard let machine = machines.first else { continue }
            for kind in Self.legal(moment) {
                guard let message = Self.messages.first(where: { $0.kind == kind }) else {
                    continue
                }
                let damaged = Damage.variants(of: message.bytes())
                for number in stride(from: 0, to: damaged.count, by: 5) {
                    guard
                        let message = try? Kith_V1_SessionMessage(serializedBytes: damaged[number])
                    else { continue }
                    var machine = machine
                    let actions = machine.receive(message)
                    #expect((machine.state == .finished) == (actions.outcome != nil))
                    // The driver measures what came by coding it again.
                    _ = message.bytes()
                    taken += 1
                }
            }
        }
        #expect(taken > 100)
    }

    @Test func `a finished session answers nothing any more`() {
        for (moment, machines) in Self.machines where moment.state == .finished {
            for machine in machines {
                var machine = machine
                for message in Self.messages { #expect(machine.receive(message).isEmpty) }
                #expect(machine.connectionClosed("").isEmpty)
                #expect(machine.failed("").isEmpty)
                #expect(machine.receiptChecked(problem: "").isEmpty)
                #expect(machine.statementsChecked(problem: "").isEmpty)
                #expect(machine.missingFound(entries: 1).isEmpty)
                #expect(machine.batchLoaded([], isLast: true).isEmpty)
            }
        }
    }

    @Test(arguments: Scenario.all)
    func `any message that comes twice ends the session`(scenario: Scenario) {
        var whole = scenario.pair
        _ = whole.run()
        for number in whole.sent.indices {
            var pair = scenario.pair
            let count = Counter()
            pair.delivering = { _, _, message in
                defer { count.value += 1 }
                return count.value == number ? [message, message] : [message]
            }
            #expect(pair.run() == .ended)
            // After its end, a side takes no notice of anything.
            let kind = whole.sent[number].message.kind
            guard kind != .done, kind != .proof else { continue }
            let reasons = pair.sent.compactMap {
                $0.message.kind == .close ? $0.message.close.reason : nil
            }
            #expect(reasons == [.protocolError], "\(kind) twice")
            #expect(!pair.isEqual)
        }
    }

    private final class Counter {
        var value = 0
    }

    @Test(arguments: Scenario.all)
    func `a message that overtakes another never leaves the sides believing they are equal`(
        scenario: Scenario
    ) {
        var whole = scenario.pair
        _ = whole.run()
        for number in whole.sent.indices {
            for side in 0...1 {
                var pair = scenario.pair
                let (count, held) = (Counter(), Held())
                pair.delivering = { to, _, message in
                    guard to == side else { return [message] }
                    defer { count.value += 1 }
                    if count.value == number {
                        held.message = message
                        return []
                    }
                    defer { held.message = nil }
                    return [message] + (held.message.map { [$0] } ?? [])
                }
                let ending = pair.run()
                // The last message has nothing to be overtaken by, and is lost.
                #expect(ending != .endless)
                if pair.sites.contains(where: \.isEqual) {
                    #expect(pair.sites[0].log.hashes == pair.sites[1].log.hashes)
                }
            }
        }
    }

    private final class Held {
        var message: Kith_V1_SessionMessage?
    }

    @Test func `a peer that is busy is told apart from one that refuses`() {
        for (moment, machines) in Self.machines where moment.state != .finished {
            guard var machine = machines.first else { continue }
            let actions = machine.receive(.with { $0.close.reason = .busy })
            #expect(actions.outcome?.reason == .busy, "\(moment)")
        }
    }

    @Test func `a side with nothing left to move says so in every state, and is told apart`() {
        for (moment, machines) in Self.machines where moment.state != .finished {
            guard var machine = machines.first else { continue }
            var other = machine
            let actions = machine.paused("50 MB are used up")
            #expect(actions.outcome?.reason == .paused("50 MB are used up"))
            guard case .send(let message)? = actions.first else {
                Issue.record("\(moment): the peer is not told")
                continue
            }
            // How much a site may move is not its peers' business.
            #expect(message.close.reason == .paused && message.close.detail.isEmpty)
            guard case .paused? = other.receive(message).outcome?.reason else {
                Issue.record("\(moment): the peer does not know why")
                continue
            }
            #expect(machine.paused("again").isEmpty, "it is over")
        }
    }

    @Test func `a peer's close ends the session in every state, in its own words`() {
        let reasons: [Kith_V1_CloseReason] = [
            .unspecified, .protocolError, .versionNotSupported, .limitExceeded, .invalidEntry,
            .storeFailed, .notEqual, .notAuthorised, .UNRECOGNIZED(99),
        ]
        for (moment, machines) in Self.machines where moment.state != .finished {
            for reason in reasons {
                guard var machine = machines.first else { continue }
                let actions = machine.receive(
                    .with {
                        $0.close.reason = reason
                        $0.close.detail = "one\nline\u{1B}[31m" + String(repeating: "x", count: 999)
                    })
                #expect(actions.count == 1)
                guard case .closedByPeer(let why)? = actions.outcome?.reason else {
                    Issue.record("\(reason) in \(moment): \(actions)")
                    continue
                }
                #expect(machine.receive(.with { $0.close.reason = .busy }).isEmpty, "it is over")
                #expect(why.count < 300)
                #expect(!why.contains { $0.isNewline || $0 == "\u{1B}" })
            }
        }
    }

    @Test func `the end of the stream ends the session in every state`() {
        for (moment, machines) in Self.machines where moment.state != .finished {
            for machine in machines {
                var machine = machine
                let actions = machine.connectionClosed("gone")
                #expect(actions.count == 1)
                #expect(actions.outcome?.reason == .closedByPeer("gone"))
                #expect(machine.state == .finished)
            }
        }
    }

    @Test func `a failure here ends the session in every state, and tells the peer no details`() {
        for (moment, machines) in Self.machines where moment.state != .finished {
            for machine in machines {
                var machine = machine
                let actions = machine.failed("/home/mary/kith.sqlite is full")
                #expect(actions.closing == .storeFailed)
                #expect(actions.outcome?.reason == .closedHere("/home/mary/kith.sqlite is full"))
                guard case .send(let message)? = actions.first else { continue }
                #expect(!message.close.detail.contains("mary"))
            }
        }
    }
}
