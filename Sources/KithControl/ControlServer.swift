internal import Foundation
internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
public import KithSite
public import Logging
internal import NIOPosix
internal import Synchronization

/// Serves a site over the Unix socket in its home, for `kith` and other local programs.
///
/// Source: architecture D33. The socket is `control.sock` with mode 0600 in the home of mode 0700,
/// and only the account of this process and root are served. Not for other machines.
public final class ControlServer: Sendable {
    private let site: any Site
    private let home: String
    private let version: String
    private let logger: Logger
    private let access: ControlAccess
    private let stop = Mutex(Stop())

    private struct Stop {
        var isAsked = false
        var begin: (@Sendable () -> Void)?
    }

    /// Prepares to serve a site.
    ///
    /// The caller holds the lock of the home until `run` has returned: only its holder may replace
    /// the socket that a process which died left behind. `version` is that of the whole program,
    /// and a client of another version is refused.
    public convenience init(site: any Site, home: String, version: String, logger: Logger) {
        self.init(
            site: site, home: home, version: version, logger: logger,
            access: ControlAccess(owner: geteuid()))
    }

    init(
        site: any Site, home: String, version: String, logger: Logger, access: ControlAccess
    ) {
        self.site = site
        self.home = home
        self.version = version
        self.logger = logger
        self.access = access
    }

    /// Serves until `beginGracefulShutdown` or until the task is cancelled.
    ///
    /// `onListening` is called once clients can connect. Errors: `SiteError` when the socket cannot
    /// be made. May be called once.
    public func run(onListening: @escaping @Sendable () -> Void = {}) async throws {
        let socket = try ControlSocket.listen(in: home)
        defer { ControlSocket.remove(socket.identity, in: home) }
        let server = GRPCServer(
            transport: makeTransport(descriptor: socket.descriptor),
            services: [ControlService(site: site, version: version, logger: logger)])
        stop.withLock { stop in
            stop.begin = { server.beginGracefulShutdown() }
            if stop.isAsked { server.beginGracefulShutdown() }
        }
        // The kernel queues connections from here on, before the first is accepted.
        onListening()
        try await server.serve()
    }

    /// Stops accepting, cancels the calls that run, and lets `run` return when they have ended.
    public func beginGracefulShutdown() {
        stop.withLock { stop in
            stop.isAsked = true
            stop.begin?()
        }
    }

    private func makeTransport(
        descriptor: Int32
    ) -> HTTP2ServerTransport.Custom<ControlListener> {
        var config = HTTP2ServerTransport.Custom<ControlListener>.Config.defaults
        config.rpc.maxRequestPayloadSize = ControlLimits.messageBytes
        config.http2.targetWindowSize = ControlLimits.windowBytes
        config.http2.maxFrameSize = ControlLimits.frameBytes
        config.http2.maxConcurrentStreams = 16
        config.connection.keepalive.clientBehavior.minPingIntervalWithoutCalls =
            ControlLimits.shortestPingPause
        let listener = ControlListener(
            descriptor: descriptor, access: access, logger: logger,
            eventLoopGroup: .singletonMultiThreadedEventLoopGroup)
        return HTTP2ServerTransport.Custom(listenerFactory: listener, config: config)
    }
}
