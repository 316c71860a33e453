import GRPCNIOTransportHTTP2Posix
import NIOCore
import NIOHPACK
import NIOHTTP2

/// Writes the number of its connection into the header of each call.
///
/// gRPC does not tell a service which connection a call came on. What a client sends under this
/// name is removed first, so that the number can be trusted.
final class StreamStamp: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload

    /// The header's name.
    static let name = "kith-connection"

    private let number: ConnectionRegistry.Number

    init(number: ConnectionRegistry.Number) {
        self.number = number
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .headers(var headers) = unwrapInboundIn(data) else {
            return context.fireChannelRead(data)
        }
        headers.headers.remove(name: Self.name)
        headers.headers.add(name: Self.name, value: String(number))
        context.fireChannelRead(wrapInboundOut(.headers(headers)))
    }
}

extension HTTP2ServerTransport.Config.ChannelDebuggingCallbacks {
    /// Puts a stamp in front of each new call. A call whose connection has no gate gets none,
    /// and fails for that.
    static let stamping = Self(
        onBindTCPListener: nil, onAcceptTCPConnection: nil,
        onAcceptHTTP2Stream: { stream in
            stream.eventLoop.makeCompletedFuture {
                guard let connection = stream.parent else {
                    throw ChannelError.operationUnsupported
                }
                let gate = try connection.pipeline.syncOperations.handler(
                    type: ConnectionGate.self)
                try stream.pipeline.syncOperations.addHandler(
                    StreamStamp(number: gate.number), position: .first)
            }
        })
}
