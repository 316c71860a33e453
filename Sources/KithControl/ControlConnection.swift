internal import Foundation
internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import KithSite
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// One call over a connection of its own.
///
/// Connecting to a Unix socket costs well under a millisecond, and a connection for each call
/// leaves nothing to keep alive, to notice dying, or to close.
struct ControlConnection {
    let home: String
    /// For how long nothing may come from the daemon.
    let silence: Duration

    /// Sends a request and gives each answer to `receive`, in order.
    func call(
        _ request: Kith_V1_CallRequest,
        receive: @escaping @Sendable (Kith_V1_CallResponse) throws -> Void
    ) async throws {
        guard let descriptor = try ControlSocket.connect(in: home) else {
            throw ControlFailure.absent
        }
        let watch = SilenceWatch()
        do {
            let transport = try await makeTransport(descriptor, watch)
            try await withGRPCClient(transport: transport) { client in
                var options = CallOptions.defaults
                options.maxRequestMessageBytes = ControlLimits.messageBytes
                options.maxResponseMessageBytes = ControlLimits.messageBytes
                try await Kith_V1_Control.Client(wrapping: client).call(
                    request, options: options
                ) { response in
                    for try await message in response.messages { try receive(message) }
                }
            }
        } catch let error as SiteError {
            throw error
        } catch {
            try Task.checkCancellation()
            if watch.isSilent { throw ControlFailure.silent(home) }
            throw siteError(for: error)
        }
    }

    private func makeTransport(
        _ descriptor: Int32, _ watch: SilenceWatch
    ) async throws -> HTTP2ClientTransport.WrappedChannel {
        let config = HTTP2ClientTransport.WrappedChannel.Config.defaults { config in
            config.http2.targetWindowSize = ControlLimits.windowBytes
            config.http2.maxFrameSize = ControlLimits.frameBytes
            config.http2.authority = "kithd"
            config.connection.keepalive = .init(
                time: silence / ControlLimits.pingsPerSilence, timeout: silence,
                allowWithoutCalls: false)
        }
        return try await .wrapping(config: config) { configure in
            try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .withConnectedSocket(descriptor) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandlers([
                            IdleStateHandler(readTimeout: TimeAmount(silence)), Silence(watch),
                        ])
                    }.flatMap { configure(channel) }
                }
        }
    }

    private func siteError(for error: any Error) -> SiteError {
        guard let error = error as? RPCError else { return ControlFailure.brokenOff }
        return switch error.code {
        case .resourceExhausted: ControlFailure.answerTooLarge
        case .unimplemented: ControlFailure.unknownCommand("call")
        default: ControlFailure.brokenOff
        }
    }
}

/// Whether a connection was closed because nothing came.
private final class SilenceWatch: Sendable {
    private let silent = Mutex(false)

    var isSilent: Bool { silent.withLock { $0 } }

    func note() { silent.withLock { $0 = true } }
}

/// Closes a connection from which nothing has come for the time of the handler before it.
///
/// The kernel accepts connections for a daemon that is suspended, so only silence tells.
private final class Silence: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    private let watch: SilenceWatch

    init(_ watch: SilenceWatch) {
        self.watch = watch
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case IdleStateHandler.IdleStateEvent.read = event else {
            return context.fireUserInboundEventTriggered(event)
        }
        watch.note()
        context.close(promise: nil)
    }
}
