import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix
package import KithModel
import KithTrust
package import Logging

/// The server that other sites connect to: gRPC over mutual TLS 1.3, authorised call by call.
///
/// Run it as a task: ``run()`` listens until it is cancelled or told to shut down, and a server
/// runs once.
public final class PeerServer: Sendable {
    private let server: GRPCServer<HTTP2ServerTransport.Custom<PeerListener>>
    private let transport: HTTP2ServerTransport.Custom<PeerListener>
    private let registry: ConnectionRegistry
    private let contexts: ServerContexts
    private let address: HostPort

    /// Prepares a server; nothing listens until ``run()``.
    ///
    /// - Parameters:
    ///   - address: where to listen; port 0 takes a free one.
    ///   - identity: gives the TLS identity to show, anew for every connection.
    ///   - directory: the live pins.
    ///   - handler: what to do with the calls.
    ///   - now: the time, only to notice expired certificates.
    package init(
        listeningOn address: HostPort, identity: @escaping TLSIdentityProvider,
        directory: any PeerDirectory, handler: any PeerServiceHandler,
        limits: TransportLimits = TransportLimits(), logger: Logger,
        now: @escaping @Sendable () -> Instant = { Instant(Date()) }
    ) {
        let judge = CallerJudge(directory: directory, now: now)
        let registry = ConnectionRegistry(judge: judge, limits: limits)
        let contexts = ServerContexts(identity: identity)
        let listener = PeerListener(
            address: address, contexts: contexts, registry: registry, judge: judge,
            limits: limits, logger: logger)
        let transport = HTTP2ServerTransport.Custom(
            listenerFactory: listener, config: Self.configuration(limits))
        server = GRPCServer(
            transport: transport,
            services: [
                SyncService(
                    handler: handler, messageBytes: limits.messageBytes, logger: logger),
                PartnershipsService(handler: handler, logger: logger),
                PairingService(handler: handler, logger: logger),
            ],
            interceptors: [CallAuthorisation(registry: registry, directory: directory)])
        self.transport = transport
        self.registry = registry
        self.contexts = contexts
        self.address = address
    }

    private static func configuration(
        _ limits: TransportLimits
    ) -> HTTP2ServerTransport.Custom<PeerListener>.Config {
        var config = HTTP2ServerTransport.Custom<PeerListener>.Config.defaults
        config.http2.maxConcurrentStreams = limits.streamsPerConnection
        config.http2.targetWindowSize = limits.windowBytes
        config.rpc.maxRequestPayloadSize = limits.messageBytes
        config.connection.maxIdleTime = limits.idleTime
        config.connection.keepalive.time = limits.keepaliveTime
        config.connection.keepalive.timeout = limits.keepaliveTimeout
        config.connection.keepalive.clientBehavior.allowWithoutCalls = true
        config.connection.keepalive.clientBehavior.minPingIntervalWithoutCalls = .seconds(5)
        config.channelDebuggingCallbacks = .stamping
        return config
    }

    /// Listens and serves until ``beginGracefulShutdown()`` and the end of the last call, or until
    /// the task is cancelled, which ends calls at once.
    ///
    /// Errors: `TransportError` with `addressInUse`, `listenNotPermitted` or `listenFailed`.
    public func run() async throws {
        // A task of its own, because gRPC must not be cancelled while calls still come in: a call
        // that arrives in that moment would stop the process. First the connections are closed.
        let serving = Task { try await server.serve() }
        do {
            try await withTaskCancellationHandler {
                try await serving.value
            } onCancel: {
                Task {
                    await registry.shut()
                    serving.cancel()
                }
            }
        } catch let error as RuntimeError {
            if Task.isCancelled { return }
            if let error = error.cause as? TransportError { throw error }
            throw TransportError(
                .listenFailed,
                "The sync service on \(address) failed and has stopped. Restart kithd.",
                cause: error)
        }
    }

    /// Where the server listens, with the port that it was given; waits until it does.
    ///
    /// Nil when listening failed, or when the server has stopped.
    public var listeningAddress: HostPort? {
        get async {
            guard let bound = await transport.listeningAddress else { return nil }
            if let address = bound.ipv4 {
                return UInt16(exactly: address.port).map { HostPort(host: address.host, port: $0) }
            }
            guard let address = bound.ipv6 else { return nil }
            return UInt16(exactly: address.port).map { HostPort(host: address.host, port: $0) }
        }
    }

    /// Applies a change of the pins or of the standing invitations: connections that have lost
    /// their right are closed, and no TLS session that was saved before can be resumed.
    ///
    /// - Parameter ended: sites whose connections are closed whether or not they are pinned still.
    package func pinsChanged(closing ended: Set<SiteID> = []) {
        contexts.renew()
        registry.judgeAgain(closing: ended)
    }

    /// How many connections are open, those in their handshake included; for metrics.
    public var connectionCount: Int { registry.count }

    /// Stops listening and lets calls in progress end; ``run()`` returns after the last.
    public func beginGracefulShutdown() {
        server.beginGracefulShutdown()
    }
}
