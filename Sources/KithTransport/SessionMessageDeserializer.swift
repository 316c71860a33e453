import GRPCCore
import GRPCProtobuf
import KithProtocol

/// Reads a session's messages, and refuses one that would need far more memory than its bytes.
struct SessionMessageDeserializer: MessageDeserializer {
    func deserialize<Bytes: GRPCContiguousBytes>(
        _ serializedMessageBytes: Bytes
    ) throws -> Kith_V1_SessionMessage {
        guard serializedMessageBytes.withUnsafeBytes(MessageShape.isSound) else {
            throw RPCError(
                code: .resourceExhausted, message: "the message has more fields than it may")
        }
        return try ProtobufDeserializer<Kith_V1_SessionMessage>()
            .deserialize(serializedMessageBytes)
    }
}

extension SyncService {
    /// As the generated code does it, but for how messages are read.
    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.registerHandler(
            forMethod: Kith_V1_Sync.Method.Session.descriptor,
            deserializer: SessionMessageDeserializer(),
            serializer: ProtobufSerializer<Kith_V1_SessionMessage>(),
            handler: { request, context in
                try await session(request: request, context: context)
            })
    }
}
