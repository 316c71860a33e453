import GRPCCore
import KithProtocol
import Synchronization

/// Brings the two halves of a client's session call together into one stream for one closure.
///
/// gRPC runs a producer of requests and a consumer of the response side by side. The closure runs
/// in the producer, so that it can speak first; the consumer gives it the response's messages and
/// waits for its end.
final class SessionCall<Outcome: Sendable>: Sendable {
    private let body: @Sendable (SessionStream) async throws -> Outcome
    private let limits: TransportLimits
    private let reader: MessageReader
    private let response: AsyncThrowingStream<MessageReader.Messages, any Error>.Continuation
    private let abort: @Sendable () async -> Void
    private let state = Mutex(State())

    private struct State {
        var hasBegun = false
        var hasEnded = false
        var waiting: CheckedContinuation<Void, Never>?
        var outcome: Result<Outcome, any Error>?
        /// Why the other side refused or ended the call.
        var failure: RPCError?
    }

    init(
        body: @escaping @Sendable (SessionStream) async throws -> Outcome,
        limits: TransportLimits, abort: @escaping @Sendable () async -> Void
    ) {
        self.body = body
        self.abort = abort
        self.limits = limits
        let (responses, response) = AsyncThrowingStream.makeStream(
            of: MessageReader.Messages.self, throwing: (any Error).self)
        self.response = response
        reader = MessageReader {
            for try await messages in responses { return messages }
            try Task.checkCancellation()
            throw RPCError(code: .unavailable, message: "the call ended before it was answered")
        }
    }

    /// Runs the closure; returning finishes our direction.
    ///
    /// When the closure throws, the connection is closed first: gRPC would finish our direction
    /// as if all were well, and the other side could not tell.
    func produce(into writer: RPCWriter<Kith_V1_SessionMessage>) async throws {
        state.withLock { $0.hasBegun = true }
        defer { ended() }
        do {
            let writer = MessageWriter(writer, messageBytes: limits.messageBytes)
            let outcome = try await SessionStream.run(reader: reader, writer: writer, body)
            state.withLock { $0.outcome = .success(outcome) }
        } catch {
            state.withLock { $0.outcome = .failure(error) }
            await abort()
            throw error
        }
    }

    /// Hands over the response's messages, and keeps the call open until the closure has ended.
    func consume(_ answer: StreamingClientResponse<Kith_V1_SessionMessage>) async throws {
        switch answer.accepted {
        case .success:
            response.yield(answer.messages)
            response.finish()
            await waitForEnd()
            if case .success = state.withLock({ $0.outcome }) { await drain() }
        case .failure(let error):
            state.withLock { $0.failure = error }
            response.finish(throwing: error)
            if state.withLock({ $0.hasBegun }) {
                await waitForEnd()
            }
        }
    }

    private func ended() {
        let waiting = state.withLock { state in
            state.hasEnded = true
            return state.waiting.take()
        }
        waiting?.resume()
    }

    /// Waits for the closure, even when cancelled: it is cancelled too, and ends by itself.
    private func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.waiting = continuation }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    /// Lets the other side finish, so that it sees the end and not a broken call.
    private func drain() async {
        let (reader, closingTime) = (reader, limits.closingTime)
        await withTaskGroup { group in
            group.addTask { try? await reader.drain() }
            group.addTask { try? await Task.sleep(for: closingTime) }
            await group.next()
            group.cancelAll()
        }
    }

    /// What the closure returned; or throws what explains best why there is nothing.
    ///
    /// - Parameter error: what the call threw, if it did. It does not matter once the closure has
    ///   its result.
    func result(of error: (any Error)?) throws -> Outcome {
        let (outcome, failure) = state.withLock { ($0.outcome, $0.failure) }
        switch outcome {
        case .success(let result):
            return result
        case .failure(let own) where own is TransportError:
            throw try TransportError.explained(failure ?? own)
        case .failure(let own):
            throw own
        case nil:
            let missing = RPCError(code: .unavailable, message: "the call never began")
            throw try TransportError.explained(failure ?? error ?? missing)
        }
    }
}
