import GRPCCore
import GRPCNIOTransportHTTP2Posix
import KithModel
import KithTrust
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// One attempt to connect to a site: TCP, TLS with proof of who is there, and being let in.
struct ConnectionAttempt: Sendable {
    typealias Transport = HTTP2ClientTransport.WrappedChannel

    let address: HostPort
    let expected: SiteID?
    let proof: ServerProof
    let limits: TransportLimits
    let timeLimit: Duration

    /// A connection that the other site has let us in on.
    struct Open {
        let transport: Transport
        let root: RootCertificate
        let isLeafExpired: Bool
        fileprivate let sockets: Sockets

        /// Closes the connection, and waits until it is closed.
        func close() async { await sockets.close() }
    }

    /// Connects.
    func run(context: NIOSSLContext) async throws -> Open {
        let deadline = NIODeadline.now() + TimeAmount(timeLimit)
        let sockets = Sockets()
        return try await withTaskCancellationHandler {
            try Task.checkCancellation()
            do {
                let transport = try await Transport.wrapping(config: configuration) { configure in
                    try await connect(
                        context: context, sockets: sockets, deadline: deadline,
                        configure: configure)
                }
                guard case .proven(let root, let expired) = proof.outcome else {
                    // The handshake does not complete without a proof.
                    throw refusal(cause: nil)
                }
                return Open(
                    transport: transport, root: root, isLeafExpired: expired, sockets: sockets)
            } catch {
                await sockets.close()
                if Task.isCancelled { throw CancellationError() }
                throw error
            }
        } onCancel: {
            sockets.cancel()
        }
    }

    private var configuration: Transport.Config {
        .defaults { config in
            config.http2.authority = address.description
            config.http2.targetWindowSize = limits.windowBytes
            config.connection.maxIdleTime = limits.idleTime
            config.connection.keepalive = HTTP2ClientTransport.Config.Keepalive(
                time: limits.keepaliveTime, timeout: limits.keepaliveTimeout,
                allowWithoutCalls: false)
        }
    }

    private func connect(
        context: NIOSSLContext, sockets: Sockets, deadline: NIODeadline,
        configure:
            @escaping @Sendable (any Channel) -> EventLoopFuture<Transport.ConfiguredChannel>
    ) async throws -> Transport.ConfiguredChannel {
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(TimeAmount(timeLimit))
                .channelInitializer { channel in
                    prepare(channel, context: context, sockets: sockets, deadline: deadline)
                }
                .connect(host: address.host, port: Int(address.port)).get()
        } catch {
            throw TransportError.unreachable(address, error)
        }
        do {
            guard let progress = sockets.progress(of: channel) else {
                preconditionFailure("a channel connected that was never prepared")
            }
            try await progress.handshake.get()
            let configured = channel.eventLoop.flatSubmit {
                configure(channel).flatMapThrowing { configured in
                    let operations = channel.pipeline.syncOperations
                    let gate = try operations.handler(type: ClientGate.self)
                    gate.release(context: try operations.context(handler: gate))
                    return configured
                }
            }
            do {
                // First, because a channel that has just closed cannot be configured either, and
                // this one knows why.
                try await progress.accepted.get()
                return try await configured.get()
            } catch {
                // NIO stops the process when what was configured goes before its channel is closed.
                await sockets.close()
                _ = try? await configured.get()
                throw error
            }
        } catch let failure as ClientGate.Failure {
            throw explained(failure)
        } catch is ChannelError {
            // It was closed in the moment between being let in and being used.
            throw explained(.closed)
        }
    }

    /// Puts TLS and the gate into a channel that is about to connect. There may be several, when a
    /// name has several addresses; one wins.
    private func prepare(
        _ channel: any Channel, context: NIOSSLContext, sockets: Sockets, deadline: NIODeadline
    ) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let tls = try NIOSSLClientHandler(
                context: context, serverHostname: nil,
                customVerificationCallback: proof.verify(_:_:))
            let gate = ClientGate(eventLoop: channel.eventLoop, deadline: deadline)
            let progress = ClientGate.Progress(
                handshake: gate.handshake.futureResult, accepted: gate.accepted.futureResult)
            try channel.pipeline.syncOperations.addHandlers([tls, gate])
            try sockets.add(channel, progress)
        }
    }

    private func explained(_ failure: ClientGate.Failure) -> TransportError {
        switch failure {
        case .timedOut:
            TransportError(
                .timedOut,
                """
                \(address) answered, but did not finish connecting in time. Try again later, and \
                check that the address is a Kith site's.
                """)
        case .handshake(let error):
            refusal(cause: error)
        case .refused(let error):
            TransportError.notAPeer(cause: error)
        case .closed:
            TransportError(
                .closed,
                """
                \(address) closed the connection at once. It may be shutting down, or have too \
                many connections: try again later. If it stays so, this site may not be a peer \
                there any more.
                """)
        }
    }

    /// Why the handshake failed on our side.
    private func refusal(cause: (any Error)?) -> TransportError {
        switch proof.outcome {
        case .anotherSite(let other, let expected):
            TransportError(
                .wrongSite,
                """
                The site at \(address) is \(other.short), not \(expected.short). Check the \
                address; if that site was set up anew, pair with it again.
                """, cause: cause)
        case .noSite:
            TransportError(
                .wrongSite,
                """
                What answers at \(address) could not prove that it is \
                \(expected.map { "the site \($0.short)" } ?? "a Kith site"). Check the address.
                """, cause: cause)
        case .proven, nil:
            TransportError(
                .tlsFailed,
                """
                \(address) answered, but not as a Kith site does (TLS 1.3 failed). Check the \
                address and the port.
                """, cause: cause)
        }
    }
}

/// The sockets that an attempt has opened, so that they can be closed when it is given up.
private final class Sockets: Sendable {
    private struct State {
        var isCancelled = false
        var opened: [(channel: any Channel, progress: ClientGate.Progress)] = []
    }

    private let state = Mutex(State())

    func add(_ channel: any Channel, _ progress: ClientGate.Progress) throws {
        try state.withLock { state in
            if state.isCancelled { throw CancellationError() }
            state.opened.append((channel, progress))
        }
    }

    func progress(of channel: any Channel) -> ClientGate.Progress? {
        state.withLock { state in
            state.opened.first { $0.channel === channel }?.progress
        }
    }

    func cancel() {
        let opened = state.withLock { state in
            state.isCancelled = true
            return state.opened
        }
        for (channel, _) in opened { channel.close(promise: nil) }
    }

    /// Closes all and waits until they are closed.
    func close() async {
        cancel()
        for (channel, _) in state.withLock({ $0.opened }) {
            try? await channel.closeFuture.get()
        }
    }
}
