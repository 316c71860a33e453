import Foundation
import KithModel
import KithProtocol
import SwiftProtobuf

@testable import KithSync

/// One side of a session: the machine, a log, and what the machine has asked for and not got yet.
struct ModelSite {
    var log: ModelLog
    var session: SyncSession
    /// Entries of one batch at most.
    let batchEntries: Int
    /// Where the machine's actions wait until they are performed, in their order.
    private(set) var asked: [SyncSession.Action] = []
    private(set) var outcome: SyncSession.Outcome?
    /// The peer's last word came: nothing of the stream matters any more.
    private(set) var isClosedByPeer = false
    private let side: SyncSession.Side
    private var toSend: [EntryHash] = []

    init(
        _ side: SyncSession.Side, _ log: ModelLog, sharing areas: [ModelLog.Area],
        nonce: UInt8? = nil, batchEntries: Int = 3
    ) {
        self.log = log
        self.side = side
        self.batchEntries = batchEntries
        let own: UInt8 = side == .initiator ? 1 : 2
        session = SyncSession(
            side: side,
            shared: areas.map {
                SyncSession.Shared(
                    partnership: $0.partnership, compartment: $0.compartment,
                    frontierDigest: FrontierDigest.digest(of: log.frontier($0)))
            },
            nonce: Data(repeating: nonce ?? own, count: 16), software: "model")
    }

    var isEqual: Bool { outcome?.reason == .equal }

    mutating func start() { asked += session.start() }
    mutating func receive(_ message: Kith_V1_SessionMessage) {
        if case .close = message.message { isClosedByPeer = true }
        asked += session.receive(message)
    }
    mutating func connectionClosed() { asked += session.connectionClosed("the stream ended") }

    /// Performs the first of what the machine asked for; gives the message if that was to send one.
    mutating func perform() -> Kith_V1_SessionMessage? {
        guard outcome == nil, !asked.isEmpty else { return nil }
        let action = asked.removeFirst()
        switch action {
        case .send(let message): return message
        case .finish(let outcome): self.outcome = outcome
        case .progress: break
        default: asked += answer(to: action)
        }
        return nil
    }

    /// Performs all that is asked for, and gives the messages to send.
    mutating func performAll() -> [Kith_V1_SessionMessage] {
        var messages: [Kith_V1_SessionMessage] = []
        while outcome == nil, !asked.isEmpty {
            if let message = perform() { messages.append(message) }
        }
        return messages
    }

    private mutating func answer(to action: SyncSession.Action) -> [SyncSession.Action] {
        switch action {
        case .send, .progress, .finish: return []
        case .loadFrontiers(let indices):
            return session.frontiersLoaded(
                Dictionary(uniqueKeysWithValues: indices.map { ($0, log.frontier(area($0))) }))
        case .loadSamples(let feeds):
            return session.samplesLoaded(
                Dictionary(
                    uniqueKeysWithValues: feeds.map {
                        (
                            $0,
                            log.samples(
                                of: $0.feed, in: area($0.shared),
                                against: session.leavesOfPeer(in: $0))
                        )
                    }))
        case .findMissing(let known, _):
            toSend = known.flatMap { log.missing(from: $0.value, in: area($0.key)) }
                .sorted { (log.arrival(of: $0) ?? 0) < (log.arrival(of: $1) ?? 0) }
            return session.missingFound(entries: toSend.count)
        case .loadBatch:
            let batch = toSend.prefix(batchEntries)
            toSend.removeFirst(batch.count)
            return session.batchLoaded(batch.compactMap(log.received), isLast: toSend.isEmpty)
        case .ingest(let batch):
            let result = log.ingest(
                batch.entries.map(ReceivedEntry.init),
                allowed: Set(session.compartments.map(\.area)))
            return session.ingested(
                batch: batch.batch, stored: result.stored,
                isMembershipChanged: result.isMembershipChanged, refusal: result.refusal)
        case .signReceipt(let fingerprint):
            return session.receiptSigned(receipt(fingerprint), signature: Self.signature(of: side))
        case .checkReceipt(let receipt, let signature, let fingerprint):
            let isTheirs = signature != Self.signature(of: side)
            let isSame = receipt == self.receipt(fingerprint)
            return session.receiptChecked(
                problem: isTheirs && isSame ? nil : "not the peer's receipt")
        case .signStatements(let stated):
            return session.statementsSigned(
                stated.keys.sorted().map { statement(on: area($0)) })
        case .checkStatements(let statements, let ours, let theirs):
            return session.statementsChecked(problem: problem(of: statements, ours, theirs))
        }
    }

    private func area(_ index: Int) -> ModelLog.Area { session.compartments[index].area }

    /// As long as a real one.
    private static func signature(of side: SyncSession.Side) -> Data {
        Data(repeating: side == .initiator ? 1 : 2, count: 64)
    }

    private func receipt(_ fingerprint: Data) -> Data {
        let receipt = Kith_V1_Receipt.with {
            $0.site = Data(repeating: 1, count: 32)
            $0.peer = Data(repeating: 2, count: 32)
            $0.fingerprint = fingerprint
            $0.timeMs = 1_795_000_000_000
        }
        return receipt.bytes()
    }

    private func statement(on area: ModelLog.Area) -> Kith_V1_SignedStatement {
        let statement = Kith_V1_Statement.with {
            $0.partnership = Data(area.partnership.bytes)
            $0.frontier = log.frontier(area).map(Kith_V1_Leaf.init)
        }
        return .with { $0.statement = statement.bytes() }
    }

    /// Nil when the peer states the leaves that this side declared, or later ones of their feeds,
    /// and this side holds what the peer declared.
    private func problem(
        of statements: [Kith_V1_SignedStatement], _ ours: [Int: [Position]],
        _ theirs: [Int: [Position]]
    ) -> String? {
        let leaves = statements.compactMap {
            try? Kith_V1_Statement(serializedBytes: $0.statement)
        }.flatMap(\.frontier)
        for mine in ours.values.joined() {
            let isCovered = leaves.contains {
                $0.hash == Data(mine.hash.bytes)
                    || $0.author == Data(mine.feed.author.bytes) && $0.sequence > mine.sequence
            }
            guard isCovered else { return "the peer does not hold all that we hold" }
        }
        let held = log.hashes
        guard theirs.values.joined().allSatisfy({ held.contains($0.hash) }) else {
            return "we do not hold all that the peer declared"
        }
        return nil
    }
}

extension SyncSession.Shared {
    var area: ModelLog.Area {
        ModelLog.Area(partnership: partnership, compartment: compartment)
    }
}
