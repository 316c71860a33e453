import GRPCNIOTransportHTTP2Posix
import KithTrust
import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// Listens for other sites: TCP, then TLS of ours, then the gate, then gRPC's HTTP/2.
struct PeerListener: HTTP2ServerTransport.ListenerFactory {
    let address: HostPort
    let contexts: ServerContexts
    let registry: ConnectionRegistry
    let judge: CallerJudge
    let limits: TransportLimits
    let logger: Logger
    let eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton

    typealias Connection = HTTP2ServerTransport.ConnectionConfigurator.ConnectionChannel

    func makeListeningChannel(
        listenerConfigurator: HTTP2ServerTransport.ListenerConfigurator,
        connectionConfigurator: HTTP2ServerTransport.ConnectionConfigurator
    ) async throws -> NIOAsyncChannel<Connection, Never> {
        do {
            return try await ServerBootstrap(group: eventLoopGroup)
                .serverChannelOption(.backlog, value: 256)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelInitializer { listenerConfigurator.configure(channel: $0) }
                .bind(host: address.host, port: Int(address.port)) { channel in
                    accept(channel).flatMap {
                        connectionConfigurator.configure(
                            channel: channel, tls: .configured(requireALPN: true))
                    }.flatMapErrorThrowing { error in
                        channel.close(promise: nil)
                        throw error
                    }
                }
        } catch {
            throw Self.explained(error, address)
        }
    }

    /// Enters a new connection and puts TLS and the gate into its pipeline.
    private func accept(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            guard let number = registry.opened(channel) else {
                logger.warning(
                    "too many connections, or too many of its source that proved nothing: closed",
                    metadata: [
                        "connection.remote": "\(channel.remoteAddress.map { "\($0)" } ?? "unknown")"
                    ])
                throw ChannelError.operationUnsupported
            }
            // The gate's `channelInactive` does not run when the pipeline was never completed.
            channel.closeFuture.whenComplete { _ in registry.closed(number) }
            let introduction = Introduction()
            let tls: NIOSSLServerHandler
            do {
                tls = NIOSSLServerHandler(
                    context: try contexts.context(),
                    customVerificationCallback: verification(introduction))
            } catch {
                logger.error(
                    "this site's TLS identity cannot be used: no one can connect",
                    metadata: ["error": "\(error)"])
                throw error
            }
            let gate = ConnectionGate(
                number: number, registry: registry, introduction: introduction,
                limits: limits, logger: logger)
            try channel.pipeline.syncOperations.addHandlers([tls, gate])
        }
    }

    private func verification(_ introduction: Introduction) -> NIOSSLCustomVerificationCallback {
        { certificates, promise in
            let chain = certificates.prefix(2).compactMap { try? $0.toDERBytes() }
            let (admitted, root) = judge.admits(chain: chain)
            introduction.root = root
            promise.succeed(admitted ? .certificateVerified : .failed)
        }
    }

    /// The reason why listening failed, in words, with what to do.
    static func explained(_ error: any Error, _ address: HostPort) -> TransportError {
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE:
            TransportError(
                .addressInUse,
                """
                Cannot listen on \(address): another program has that port, perhaps another kithd. \
                Stop it, or choose another port with --listen HOST:PORT.
                """, cause: error)
        case EACCES, EPERM:
            TransportError(
                .listenNotPermitted,
                """
                Cannot listen on \(address): the system does not permit it. Ports below 1024 need \
                a privilege: choose a port above that with --listen HOST:PORT.
                """, cause: error)
        case EADDRNOTAVAIL:
            TransportError(
                .listenFailed,
                """
                Cannot listen on \(address): this machine does not have that address. Use one that \
                it has, or 0.0.0.0 or [::] for all of them, with --listen HOST:PORT.
                """, cause: error)
        default:
            TransportError(
                .listenFailed,
                """
                Cannot listen on \(address). Check that the name or address is one of this \
                machine's, and choose another with --listen HOST:PORT.
                """, cause: error)
        }
    }
}
