import Foundation
import GRPCCore
package import KithProtocol

/// One sync session's two directions: messages come in order, and each way has back-pressure.
///
/// One task receives and one sends at a time; the two may be different tasks.
package struct SessionStream: Sendable {
    private let receiving: @Sendable () async throws -> Kith_V1_SessionMessage?
    private let sending: @Sendable (Kith_V1_SessionMessage) async throws -> Void

    /// Makes a stream of two functions: for tests that need no network.
    package init(
        receive: @escaping @Sendable () async throws -> Kith_V1_SessionMessage?,
        send: @escaping @Sendable (Kith_V1_SessionMessage) async throws -> Void
    ) {
        receiving = receive
        sending = send
    }

    init(reader: MessageReader, writer: MessageWriter) {
        self.init(
            receive: {
                do {
                    return try await reader.next()
                } catch {
                    throw try TransportError.explained(error)
                }
            },
            send: { message in
                do {
                    try await writer.write(message)
                } catch {
                    throw try TransportError.explained(error)
                }
            })
    }

    /// Runs a closure on the stream; nothing is written any more when it returns or throws.
    static func run<Outcome: Sendable>(
        reader: MessageReader, writer: MessageWriter,
        _ body: (SessionStream) async throws -> Outcome
    ) async throws -> Outcome {
        do {
            let outcome = try await body(SessionStream(reader: reader, writer: writer))
            await writer.end()
            return outcome
        } catch {
            await writer.end()
            throw error
        }
    }

    /// Waits for the next message; nil when the other side has finished.
    ///
    /// Nil says only that no more will come: that a session is complete, its messages say.
    /// Errors: `TransportError`; `CancellationError` when the task is cancelled.
    package func receive() async throws -> Kith_V1_SessionMessage? {
        try await receiving()
    }

    /// Sends a message; waits while the other side does not read.
    ///
    /// Errors: `TransportError`, with `tooLarge` when nothing was sent and the session can go on;
    /// `CancellationError` when the task is cancelled.
    package func send(_ message: Kith_V1_SessionMessage) async throws {
        try await sending(message)
    }
}

/// Reads a call's messages one at a time, from a sequence that may begin later.
actor MessageReader {
    typealias Messages = RPCAsyncSequence<Kith_V1_SessionMessage, any Error>

    private enum State {
        case waiting(@Sendable () async throws -> Messages)
        case ready(Messages.AsyncIterator)
        case reading
        case ended
    }

    private var state: State

    init(_ messages: @escaping @Sendable () async throws -> Messages) {
        state = .waiting(messages)
    }

    /// The next message; nil at the end, and ever after.
    func next() async throws -> Kith_V1_SessionMessage? {
        let previous = state
        state = .reading
        do {
            var iterator: Messages.AsyncIterator
            switch previous {
            case .waiting(let messages): iterator = try await messages().makeAsyncIterator()
            case .ready(let ready): iterator = ready
            case .ended:
                state = .ended
                return nil
            case .reading:
                throw TransportError(
                    .closed, "The session was still being read when it ended. Sync again.")
            }
            let message = try await iterator.next(isolation: self)
            state = message == nil ? .ended : .ready(iterator)
            return message
        } catch {
            state = .ended
            throw error
        }
    }

    /// Reads and forgets what is left.
    func drain() async throws {
        while try await next() != nil {}
    }
}
