import Foundation
import KithModel
import KithProtocol
import KithStore
import KithSync
import KithTransport
import SwiftProtobuf
import Synchronization

/// Runs one session over a stream: events in, actions out, no rules of its own. What touches the store
/// is `SessionWorker`'s.
struct SessionDriver: Sendable {
    /// What a session moved.
    struct Result: Sendable {
        let outcome: SyncSession.Outcome
        let bytesSent: Int
        let bytesReceived: Int
        /// How often this side waited for an answer to what it had sent, if it is the one that dialled.
        let roundTrips: Int
    }

    private enum Event: Sendable {
        /// Nothing more is read: this site has moved as much as it may for now.
        case paused(String)
        /// A message, and the entries in it, looked at as far as that needs no transaction.
        case message(Kith_V1_SessionMessage, IncomingBatch?)
        case closed(String)

        /// Whether it is a batch of entries that has been looked at.
        var isEntries: Bool {
            if case .message(_, .some) = self { true } else { false }
        }
    }

    let store: Store
    let peer: StoredPeer
    let side: SyncSession.Side
    let software: String
    let clock: @Sendable () -> Instant
    /// Called before the peer is told how far this site's own feeds are, or sent any of them.
    let beforeTelling: @Sendable () async throws -> Void
    let line: LineMeter
    let tallies: SessionTallies
    /// Whether somebody here waits for it.
    let isUrgent: Bool
    let report: @Sendable (_ progress: SyncSession.Progress, _ sent: Int, _ received: Int) -> Void

    /// Runs the session to its end; a failure of the store or the network is in the outcome.
    func run(_ stream: SessionStream) async throws -> Result {
        let received = Mutex(0)
        let urgency = Mutex(isUrgent)
        let inbox = Inbox<Event>(limit: Self.eventsAhead)
        let keys = try await store.read { try $0.openingKeys() }
        let reader = Task { [keys] in
            var ending = "the peer ended the connection before the session was complete"
            do {
                while let message = try await stream.receive() {
                    received.withLock { $0 += message.byteCount }
                    if side == .responder, case .hello(let hello) = message.message,
                        hello.isUrgent
                    {
                        urgency.withLock { $0 = true }
                    }
                    let isUrgent = urgency.withLock { $0 }
                    try await line.move(message.byteCount, isUrgent: isUrgent)
                    let unpacked = try Self.unpacked(message)
                    await inbox.put(.message(unpacked, Self.incoming(unpacked, keys)))
                    // Nothing follows a close; the stream is then left to whoever ends it.
                    if case .close = message.message { return inbox.finish() }
                    // What has come so far is stored; more is not asked for.
                    if !isUrgent, let reason = line.reasonToPause {
                        await inbox.put(.paused(reason))
                        return inbox.finish()
                    }
                }
            } catch let error as TransportError {
                ending = error.description
            } catch let fault as ProtocolFault {
                ending =
                    "a message of the peer is not valid: \(fault.code.rawValue), \(fault)"
            } catch {
                ending = "the connection broke"
            }
            await inbox.put(.closed(ending))
            inbox.finish()
        }
        // Whoever waits to hand something over must not wait when nobody takes it any more.
        defer { inbox.finish() }
        var worker = try await store.read { [self] transaction in
            try SessionWorker(
                side: side, with: peer, software: software, in: transaction, now: clock(),
                batchSize: BatchSize(bytesPerSecond: isUrgent ? nil : line.limits.bytesPerSecond),
                isUrgent: isUrgent)
        }
        var sent = 0
        var actions = worker.session.start()
        var incoming: IncomingBatch?
        while true {
            while !actions.isEmpty {
                let action = actions.removeFirst()
                switch action {
                case .send(let message):
                    do {
                        if Self.tellsOwnPosition(message) { try await beforeTelling() }
                        let packed = Self.packed(message)
                        sent += packed.byteCount
                        try await line.move(
                            packed.byteCount, isUrgent: urgency.withLock { $0 })
                        try await stream.send(packed)
                    } catch let error as TransportError {
                        // What is left to do is to end; later sends would fail alike.
                        actions = worker.session.connectionClosed(error.description)
                    } catch let error as SiteError {
                        actions = worker.session.failed(error.description)
                    }
                case .progress(let progress):
                    report(progress, sent, received.withLock { $0 })
                case .finish(let outcome):
                    // Nothing is taken any more: the reader goes on to the end of the stream.
                    inbox.finish()
                    await end(reader)
                    return Result(
                        outcome: outcome, bytesSent: sent,
                        bytesReceived: received.withLock { $0 },
                        roundTrips: worker.session.roundTrips)
                default:
                    do {
                        actions += try await perform(action, incoming, inbox, with: &worker)
                    } catch let error as StoreError {
                        actions += worker.session.failed(error.description)
                    }
                }
            }
            try Task.checkCancellation()
            switch await inbox.next() {
            case .message(let message, let batch):
                incoming = batch
                actions = worker.session.receive(message)
            case .closed(let why): actions = worker.session.connectionClosed(why)
            case .paused(let why): actions = worker.session.paused(why)
            case nil: actions = worker.session.connectionClosed("the session was stopped")
            }
        }
    }

    /// Whether a message tells the peer how far this site's own feeds are.
    private static func tellsOwnPosition(_ message: Kith_V1_SessionMessage) -> Bool {
        switch message.message {
        case .frontiers, .entries: true
        default: false
        }
    }

    private static func packed(_ message: Kith_V1_SessionMessage) -> Kith_V1_SessionMessage {
        guard case .entries(let batch)? = message.message else { return message }
        return .with { $0.entries = batch.packed() }
    }

    private static func unpacked(
        _ message: Kith_V1_SessionMessage
    ) throws(ProtocolFault) -> Kith_V1_SessionMessage {
        guard case .entries(let batch)? = message.message else { return message }
        guard batch.entries.count <= Limits.batchEntries else { return message }
        let unpacked = try batch.unpacked()
        return .with { $0.entries = unpacked }
    }

    private static func incoming(
        _ message: Kith_V1_SessionMessage, _ keys: OpeningKeys
    ) -> IncomingBatch? {
        guard case .entries(let batch) = message.message,
            batch.entries.count <= Limits.batchEntries
        else { return nil }
        return IncomingBatch(batch.entries.map(ReceivedEntry.init), keys: keys)
    }

    /// Batches of one transaction, at most: a third of what may be on its way, so that the peer goes on
    /// sending while these are stored, and people here do not wait long to save.
    private static let batchesTogether = Limits.batchesInFlight / 3
    /// Events that are read ahead of the one that is handled.
    private static let eventsAhead = Limits.batchesInFlight

    /// One action in one transaction, off the event loops; with a batch those that came after it, since
    /// each transaction writes the pages anew that all of them touch. The worker changes only if it commits.
    private func perform(
        _ action: SyncSession.Action, _ incoming: IncomingBatch?, _ inbox: Inbox<Event>,
        with worker: inout SessionWorker
    ) async throws -> [SyncSession.Action] {
        let now = clock()
        let step: @Sendable (StoreTransaction) throws -> (SessionWorker, [SyncSession.Action]) = {
            [worker] transaction in
            var next = worker
            var actions = try next.perform(
                action, incoming: incoming, in: transaction, now: now)
            guard case .ingest = action else { return (next, actions) }
            for _ in 1..<Self.batchesTogether {
                guard case .message(let message, let batch)? = inbox.takeIfReady(\.isEntries),
                    let batch
                else { break }
                for action in next.session.receive(message) {
                    guard case .ingest = action else {
                        actions.append(action)
                        continue
                    }
                    actions += try next.perform(
                        action, incoming: batch, in: transaction, now: now)
                }
            }
            return (next, actions)
        }
        let actions: [SyncSession.Action]
        let begun = ContinuousClock.now
        (worker, actions) =
            SessionWorker.isWriting(action)
            ? try await store.write(step) : try await store.read(step)
        if case .ingest = action {
            let time = Int((ContinuousClock.now - begun) / .milliseconds(1))
            let isRefused = actions.contains(where: \.isRefusal)
            tallies.change { $0.addBatch(milliseconds: time, isRefused: isRefused) }
        }
        return actions
    }

    /// Waits until the peer has ended its direction too, but not for long.
    private func end(_ reader: Task<Void, Never>) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await reader.value }
            group.addTask {
                try? await Task.sleep(for: .seconds(2))
                reader.cancel()
            }
            await group.next()
            group.cancelAll()
        }
    }
}

extension SyncSession.Action {
    /// Whether it tells the peer that an entry of its batch did not verify.
    fileprivate var isRefusal: Bool {
        guard case .send(let message) = self, case .close(let close) = message.message else {
            return false
        }
        return close.reason == .invalidEntry
    }
}
