import GRPCCore
import KithProtocol
import SwiftProtobuf

/// Writes a call's messages one at a time, and none once the call is being ended.
///
/// gRPC holds it for a mistake of its user when a message follows the end of a direction, and in
/// a debug build stops the process. Whoever runs a session may leave a task behind that still
/// sends, so the end waits for what is being written and refuses the rest.
actor MessageWriter {
    private let writer: RPCWriter<Kith_V1_SessionMessage>
    private let messageBytes: Int
    /// The newest write; those before it have ended when it has.
    private var last: Task<Void, any Error>?
    private var isEnded = false

    init(_ writer: RPCWriter<Kith_V1_SessionMessage>, messageBytes: Int) {
        self.writer = writer
        self.messageBytes = messageBytes
    }

    /// Writes a message; waits while the other side does not read.
    ///
    /// Errors: `TransportError`; `RPCError`; `CancellationError` when the task is cancelled.
    func write(_ message: Kith_V1_SessionMessage) async throws {
        // gRPC does not look at the size of what it sends, and the receiver's refusal ends the
        // whole session without saying why.
        let size = try message.serializedData().count
        guard size <= messageBytes else { throw TransportError.tooLarge(size) }
        guard !isEnded else {
            throw TransportError(.closed, "The session was ended while it sent. Sync again.")
        }
        let (writer, previous) = (writer, last)
        let write = Task {
            _ = await previous?.result
            try Task.checkCancellation()
            try await writer.write(message)
        }
        last = write
        try await withTaskCancellationHandler {
            try await write.value
        } onCancel: {
            write.cancel()
        }
    }

    /// Refuses what is still to come, and gives up what is being written: the direction can then
    /// be finished.
    func end() async {
        isEnded = true
        last?.cancel()
        _ = await last?.result
    }
}
