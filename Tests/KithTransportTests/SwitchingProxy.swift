import KithTransport
import NIOCore
import NIOPosix
import Synchronization

/// Somebody on the line: passes bytes on to one server, and in the middle of it to another.
final class SwitchingProxy: Sendable {
    private struct Ends {
        var client: (any Channel)?
        var server: (any Channel)?
    }

    private let ends: Mutex<Ends>
    private let listener: any Channel
    /// Where it listens.
    let address: HostPort

    private init(_ listener: any Channel, _ ends: Ends, port: Int) {
        self.listener = listener
        self.ends = Mutex(ends)
        address = HostPort(host: "127.0.0.1", port: UInt16(clamping: port))
    }

    /// Begins to listen; the one connection that comes is passed on to a server.
    static func listening(before server: HostPort) async throws -> SwitchingProxy {
        let kept = Holder()
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { client in
                kept.connect(to: server, for: client)
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let proxy = SwitchingProxy(listener, Ends(), port: listener.localAddress?.port ?? 0)
        kept.proxy = proxy
        return proxy
    }

    /// Ends the connection to the server and goes on with another, as if it were the same.
    func goOn(with server: HostPort) async throws {
        let old = ends.withLock { $0.server }
        let other = try await connect(to: server).get()
        ends.withLock { $0.server = other }
        old?.close(promise: nil)
    }

    func close() async throws {
        let open = ends.withLock { [$0.client, $0.server] }
        for channel in open { channel?.close(promise: nil) }
        try await listener.close()
    }

    fileprivate func begin(_ client: any Channel, _ server: HostPort) -> EventLoopFuture<Void> {
        ends.withLock { $0.client = client }
        return connect(to: server).flatMap { [self] channel in
            ends.withLock { $0.server = channel }
            return client.eventLoop.submit { [self] in
                try client.pipeline.syncOperations.addHandler(
                    Forwarder(to: { self.ends.withLock { $0.server } }))
            }
        }
    }

    private func connect(to server: HostPort) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Forwarder(
                            to: { self.ends.withLock { $0.client } },
                            closed: { closed in
                                // The one that was left may close; the one in use ends it all.
                                let (server, client) = self.ends.withLock { ($0.server, $0.client) }
                                if server === closed { client?.close(promise: nil) }
                            }))
                }
            }
            .connect(host: server.host, port: Int(server.port))
    }
}

/// Lets the first connection come before the proxy is there.
private final class Holder: Sendable {
    private let state = Mutex<SwitchingProxy?>(nil)

    var proxy: SwitchingProxy? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    func connect(to server: HostPort, for client: any Channel) -> EventLoopFuture<Void> {
        guard let proxy else { return client.close() }
        return proxy.begin(client, server)
    }
}

/// Passes on what comes.
private final class Forwarder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let target: @Sendable () -> (any Channel)?
    private let closed: @Sendable (any Channel) -> Void

    init(
        to target: @escaping @Sendable () -> (any Channel)?,
        closed: @escaping @Sendable (any Channel) -> Void = { _ in }
    ) {
        self.target = target
        self.closed = closed
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        target()?.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        closed(context.channel)
    }
}
