internal import Foundation
internal import GRPCNIOTransportHTTP2Posix
internal import Logging
internal import NIOCore
internal import NIOPosix

/// Accepts connections on a socket that is already bound, from accounts that may use the home.
struct ControlListener: HTTP2ServerTransport.ListenerFactory {
    let descriptor: Int32
    let access: ControlAccess
    let logger: Logger
    let eventLoopGroup: any EventLoopGroup

    func makeListeningChannel(
        listenerConfigurator: HTTP2ServerTransport.ListenerConfigurator,
        connectionConfigurator: HTTP2ServerTransport.ConnectionConfigurator
    ) async throws -> NIOAsyncChannel<
        HTTP2ServerTransport.ConnectionConfigurator.ConnectionChannel, Never
    > {
        try await ServerBootstrap(group: eventLoopGroup)
            .serverChannelInitializer { listenerConfigurator.configure(channel: $0) }
            .bind(descriptor) { channel in
                isWelcome(channel).flatMapThrowing { isWelcome in
                    guard !isWelcome else { return }
                    logger.warning("refused a connection from another account")
                    try channel.pipeline.syncOperations.addHandler(ClosesAtOnce())
                }.flatMap {
                    connectionConfigurator.configure(channel: channel, tls: .none)
                }
            }
    }

    /// Asks the kernel whose process is at the other end.
    private func isWelcome(_ channel: any Channel) -> EventLoopFuture<Bool> {
        guard let options = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeSucceededFuture(false)
        }
        let credentials: EventLoopFuture<Credentials> = options.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
        return credentials.map { access.admits($0.user) }
            .flatMapErrorThrowing { _ in false }
    }
}

/// Which accounts may use the control socket.
struct ControlAccess: Sendable {
    /// The account that owns the home.
    let owner: uid_t
    /// Whether root is served too; false in tests, which run as root in containers.
    var includesRoot = true

    /// Whether an account may call.
    func admits(_ account: uid_t) -> Bool { account == owner || (includesRoot && account == 0) }
}

/// The kernel's `struct ucred`, which Glibc's module shows only to `_GNU_SOURCE`.
private struct Credentials: Sendable {
    var process: pid_t
    var user: uid_t
    var group: gid_t
}

/// Ends a connection as soon as it begins.
private final class ClosesAtOnce: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        context.close(promise: nil)
    }
}
