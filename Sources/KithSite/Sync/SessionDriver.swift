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
    }

    private enum Event: Sendable {
        case message(Kith_V1_SessionMessage)
        case closed(String)
    }

    let store: Store
    let peer: StoredPeer
    let side: SyncSession.Side
    let software: String
    let clock: @Sendable () -> Instant
    /// Called before the peer is told how far this site's own feeds are, or sent any of them.
    let beforeTelling: @Sendable () async throws -> Void
    let report: @Sendable (SyncSession.Progress) -> Void

    /// Runs the session to its end; a failure of the store or the network is in the outcome.
    func run(_ stream: SessionStream) async throws -> Result {
        let received = Mutex(0)
        let (events, feed) = AsyncStream<Event>.makeStream()
        let reader = Task {
            do {
                while let message = try await stream.receive() {
                    let size = try message.serializedData().count
                    received.withLock { $0 += size }
                    feed.yield(.message(message))
                    // Nothing follows a close; the stream is then left to whoever ends it.
                    if case .close = message.message { return feed.finish() }
                }
                feed.yield(.closed("the peer ended the connection before the session was complete"))
            } catch let error as TransportError {
                feed.yield(.closed(error.description))
            } catch {
                feed.yield(.closed("the connection broke"))
            }
            feed.finish()
        }
        var worker = try await store.read { [side, peer, software, clock] transaction in
            try SessionWorker(
                side: side, with: peer, software: software, in: transaction, now: clock())
        }
        var sent = 0
        var actions = worker.session.start()
        var inbox = events.makeAsyncIterator()
        while true {
            while !actions.isEmpty {
                let action = actions.removeFirst()
                switch action {
                case .send(let message):
                    do {
                        if Self.tellsOwnPosition(message) { try await beforeTelling() }
                        sent += try message.serializedData().count
                        try await stream.send(message)
                    } catch let error as TransportError {
                        // What is left to do is to end; later sends would fail alike.
                        actions = worker.session.connectionClosed(error.description)
                    } catch let error as SiteError {
                        actions = worker.session.failed(error.description)
                    }
                case .progress(let progress): report(progress)
                case .finish(let outcome):
                    await end(reader)
                    return Result(
                        outcome: outcome, bytesSent: sent,
                        bytesReceived: received.withLock { $0 })
                default:
                    do {
                        actions += try await perform(action, with: &worker)
                    } catch let error as StoreError {
                        actions += worker.session.failed(error.description)
                    }
                }
            }
            try Task.checkCancellation()
            switch await inbox.next() {
            case .message(let message): actions = worker.session.receive(message)
            case .closed(let why): actions = worker.session.connectionClosed(why)
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

    /// One action in one transaction, off the event loops. The worker changes only if it commits.
    private func perform(
        _ action: SyncSession.Action, with worker: inout SessionWorker
    ) async throws -> [SyncSession.Action] {
        let now = clock()
        let step: @Sendable (StoreTransaction) throws -> (SessionWorker, [SyncSession.Action]) = {
            [worker] transaction in
            var next = worker
            let actions = try next.perform(action, in: transaction, now: now)
            return (next, actions)
        }
        let actions: [SyncSession.Action]
        (worker, actions) =
            SessionWorker.isWriting(action)
            ? try await store.write(step) : try await store.read(step)
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
