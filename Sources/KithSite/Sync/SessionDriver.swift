import Foundation
import KithModel
import KithProtocol
import KithStore
import KithSync
import KithTransport
import KithTrust
import SwiftProtobuf
import Synchronization

/// Runs one `SyncSession` against the store and a stream: events in, actions out, no rules of its own.
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
    let cryptography: any Cryptography
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
        var run = Run(driver: self, session: try await begin())
        var sent = 0
        var actions = run.session.start()
        var inbox = events.makeAsyncIterator()
        while true {
            while !actions.isEmpty {
                let action = actions.removeFirst()
                switch action {
                case .send(let message):
                    do {
                        sent += try message.serializedData().count
                        try await stream.send(message)
                    } catch let error as TransportError {
                        // What is left to do is to end; later sends would fail alike.
                        actions = run.session.connectionClosed(error.description)
                    }
                case .finish(let outcome):
                    await end(reader)
                    return Result(
                        outcome: outcome, bytesSent: sent,
                        bytesReceived: received.withLock { $0 })
                default:
                    do {
                        actions += try await run.perform(action)
                    } catch let error as StoreError {
                        actions += run.session.failed(error.description)
                    }
                }
            }
            try Task.checkCancellation()
            switch await inbox.next() {
            case .message(let message): actions = run.session.receive(message)
            case .closed(let why): actions = run.session.connectionClosed(why)
            case nil: actions = run.session.connectionClosed("the session was stopped")
            }
        }
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

    private func begin() async throws -> SyncSession {
        let shared = try await store.read { [peer] transaction in
            try transaction.sharedCompartments(with: peer.site).map { id in
                SyncSession.Shared(
                    partnership: id.partnership, compartment: id.compartment,
                    frontierDigest: try transaction.frontierDigest(id))
            }
        }
        return SyncSession(
            side: side, shared: shared, nonce: cryptography.randomBytes(16), software: software)
    }

    /// A session on its way: the machine, and what has been found to send.
    private struct Run {
        let driver: SessionDriver
        var session: SyncSession
        var toSend: [Int64] = []
        var nextToSend = 0

        private func id(_ index: Int) -> CompartmentID {
            let shared = session.compartments[index]
            return CompartmentID(shared.partnership, shared.compartment)
        }

        mutating func perform(_ action: SyncSession.Action) async throws -> [SyncSession.Action] {
            switch action {
            case .send, .finish: preconditionFailure("the loop does these")
            case .progress(let progress):
                driver.report(progress)
                return []
            case .loadFrontiers(let indices): return try await loadFrontiers(indices)
            case .loadSamples(let feeds): return try await loadSamples(feeds)
            case .findMissing(let known): return try await findMissing(known)
            case .loadBatch: return try await loadBatch()
            case .ingest(let batch, let entries): return try await ingest(batch, entries)
            case .signReceipt(let fingerprint): return try signReceipt(fingerprint)
            case .checkReceipt(let receipt, let signature, let fingerprint):
                return session.receiptChecked(
                    problem: driver.problem(
                        ofReceipt: receipt, signature: signature, fingerprint: fingerprint))
            case .signStatements(let indices): return try await signStatements(indices)
            case .checkStatements(let statements, let ours, let theirs):
                return try await checkStatements(statements, ours: ours, theirs: theirs)
            }
        }

        private mutating func loadFrontiers(_ indices: [Int]) async throws -> [SyncSession.Action] {
            let ids = indices.map { ($0, id($0)) }
            let leaves = try await driver.store.read { transaction in
                Dictionary(
                    uniqueKeysWithValues: try ids.map { ($0.0, try transaction.frontier($0.1)) })
            }
            return session.frontiersLoaded(leaves)
        }

        private mutating func loadSamples(
            _ feeds: [SyncSession.FeedRequest]
        ) async throws -> [SyncSession.Action] {
            let wanted = feeds.map { ($0, id($0.shared)) }
            let samples = try await driver.store.read { transaction in
                Dictionary(
                    uniqueKeysWithValues: try wanted.map {
                        ($0.0, try transaction.samples(of: $0.0.feed, in: $0.1))
                    })
            }
            return session.samplesLoaded(samples)
        }

        private mutating func findMissing(
            _ known: [Int: [Position]]
        ) async throws -> [SyncSession.Action] {
            let wanted = known.map { (id($0.key), $0.value) }
            toSend = try await driver.store.read { transaction in
                try wanted.flatMap { try transaction.missing(from: $0.1, in: $0.0) }.sorted()
            }
            return session.missingFound(entries: toSend.count)
        }

        private mutating func loadBatch() async throws -> [SyncSession.Action] {
            let rest = toSend[nextToSend...].prefix(Limits.batchEntries)
            let entries = try await driver.store.read { transaction in
                try transaction.batch(of: rest, maximumBytes: Limits.batchBytes)
            }
            nextToSend += entries.count
            return session.batchLoaded(entries, isLast: nextToSend == toSend.count)
        }

        private mutating func ingest(
            _ batch: UInt64, _ entries: [ReceivedEntry]
        ) async throws -> [SyncSession.Action] {
            let allowed = Set(session.compartments.indices.map(id))
            let now = Instant(Date())
            let result = try await driver.store.write { transaction in
                try transaction.ingest(entries, allowed: allowed, now: now)
            }
            return session.ingested(
                batch: batch, stored: result.stored,
                isMembershipChanged: result.isMembershipChanged, refusal: result.refusal)
        }

        private mutating func signReceipt(_ fingerprint: Data) throws -> [SyncSession.Action] {
            let receipt = Kith_V1_Receipt.with {
                $0.site = Data(driver.store.keys.site.bytes)
                $0.peer = Data(driver.peer.site.bytes)
                $0.fingerprint = fingerprint
                $0.timeMs = Instant(Date()).milliseconds
            }
            let bytes = try receipt.serializedData()
            let signature = try StatementSignature.sign(
                bytes, .receipt, with: driver.store.keys.identity.privateKey, driver.cryptography)
            return session.receiptSigned(bytes, signature: signature)
        }

        private mutating func signStatements(
            _ indices: [Int]
        ) async throws -> [SyncSession.Action] {
            let ids = indices.map(id)
            let statements = try await driver.store.write { [driver] transaction in
                try ids.map { try driver.statement(on: $0, transaction) }
            }
            return session.statementsSigned(statements)
        }

        private mutating func checkStatements(
            _ statements: [Kith_V1_SignedStatement], ours: [Int: [Position]],
            theirs: [Int: [Position]]
        ) async throws -> [SyncSession.Action] {
            let declared = Set(ours.keys).union(theirs.keys).map {
                (id($0), ours[$0] ?? [], theirs[$0] ?? [])
            }
            let problem = try await driver.store.write { [driver] transaction in
                try driver.problem(of: statements, declared: declared, transaction)
            }
            return session.statementsChecked(problem: problem)
        }
    }
}
