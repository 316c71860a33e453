import Foundation
import KithModel
import KithProtocol
import KithTestSupport
import SwiftProtobuf

@testable import KithSync

/// Two sides of a session and the wires between them, which are arrays.
struct SessionPair {
    enum Ending: Equatable {
        /// Both sides know that it is over.
        case ended
        /// Nothing can happen any more, and a side still waits.
        case stuck
        /// It goes on for longer than any honest session does.
        case endless
    }

    /// In which order things happen.
    enum Order {
        /// A side performs all that it was asked for before it looks at the next message.
        case inTurn
        /// A side may look at a message while something that it was asked for is still going on.
        case overlapping
    }

    /// The initiator, then the responder.
    var sites: [ModelSite]
    /// What is on its way to each side.
    private(set) var wires: [[Kith_V1_SessionMessage]] = [[], []]
    /// Everything that was ever sent, with the index of the sender.
    private(set) var sent: [(by: Int, message: Kith_V1_SessionMessage)] = []
    /// Called before a message is handed to a side; what it gives is handed over instead.
    var delivering: (Int, ModelSite, Kith_V1_SessionMessage) -> [Kith_V1_SessionMessage] = {
        [$2]
    }

    private static let mostSteps = 20_000

    init(_ initiator: ModelSite, _ responder: ModelSite) { sites = [initiator, responder] }

    init(
        _ first: ModelLog, _ second: ModelLog, sharing areas: [ModelLog.Area],
        batchEntries: Int = 3
    ) {
        self.init(
            ModelSite(.initiator, first, sharing: areas, batchEntries: batchEntries),
            ModelSite(.responder, second, sharing: areas, batchEntries: batchEntries))
    }

    var isEqual: Bool {
        sites.allSatisfy(\.isEqual) && sites[0].log.hashes == sites[1].log.hashes
    }

    func messages(by side: Int) -> [Kith_V1_SessionMessage] {
        sent.filter { $0.by == side }.map(\.message)
    }

    func bytes(by side: Int) -> Int { messages(by: side).reduce(0) { $0 + $1.bytes().count } }

    /// Runs the session; cuts the stream when so many messages have been handed over.
    mutating func run(
        _ order: Order = .inTurn, seed: UInt64 = 0, cutAfter most: Int = .max
    ) -> Ending {
        var generator = SeededGenerator(seed: seed)
        var handedOver = 0
        for side in 0...1 { sites[side].start() }
        for _ in 0..<Self.mostSteps {
            if handedOver == most { cut() }
            guard let (side, isMessage) = possible(order).randomElement(using: &generator) else {
                return sites.allSatisfy { $0.outcome != nil } ? .ended : .stuck
            }
            if isMessage {
                handedOver += 1
                handOver(to: side)
            } else if let message = sites[side].perform() {
                sent.append((side, message))
                wires[1 - side].append(message)
            }
        }
        return .endless
    }

    /// Runs the session so that each side says all that it can before the other is heard; gives how
    /// often the side that dialled heard something.
    mutating func runInTurns() -> Int {
        var turns = 0
        sites[0].start()
        sites[1].start()
        var messages = sites[0].performAll()
        while !messages.isEmpty, turns < Self.mostSteps {
            for side in [1, 0] {
                for message in messages { sites[side].receive(message) }
                messages = sites[side].performAll()
            }
            turns += 1
        }
        return turns
    }

    /// The sides that can perform something, and those that can be handed a message or the end.
    private func possible(_ order: Order) -> [(side: Int, isMessage: Bool)] {
        (0...1).filter { sites[$0].outcome == nil }.flatMap { side in
            let isBusy = !sites[side].asked.isEmpty
            let isEnded = sites[1 - side].outcome != nil && !sites[side].isClosedByPeer
            let hasMail = !wires[side].isEmpty || isEnded
            let isReading = hasMail && (!isBusy || order == .overlapping)
            return (isBusy ? [(side, false)] : []) + (isReading ? [(side, true)] : [])
        }
    }

    private mutating func handOver(to side: Int) {
        guard !wires[side].isEmpty else { return sites[side].connectionClosed() }
        let message = wires[side].removeFirst()
        for message in delivering(side, sites[side], message) { sites[side].receive(message) }
    }

    private mutating func cut() {
        wires = [[], []]
        for side in 0...1 { sites[side].connectionClosed() }
    }
}
