import KithModel
import KithTrust
import Logging
import NIOCore
import NIOSSL
import NIOTLS
import Synchronization

/// Stands between TLS and HTTP/2 on a server's connection: nothing passes, either way, until the
/// other end is identified and has a right to be here.
///
/// It judges by the certificate of the connection itself, because a resumed TLS session does not
/// call the verification callback (D16).
final class ConnectionGate: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny
    typealias OutboundIn = NIOAny

    private enum State {
        case waiting
        case open
        case refused
    }

    /// The connection's number, for the calls that come on it.
    let number: ConnectionRegistry.Number
    private let registry: ConnectionRegistry
    private let introduction: Introduction
    private let handshakeTime: TimeAmount
    private let unpairedTime: TimeAmount
    private let logger: Logger
    private var state = State.waiting
    /// Whether nothing more is let in. A call that arrives when gRPC has stopped taking calls from
    /// a connection, as it does after an error and at the end, would stop the process (an
    /// unfinished `NIOAsyncWriter`): a peer must not be able to do that.
    private var isDeaf = false
    private var held: [(data: NIOAny, promise: EventLoopPromise<Void>?)] = []
    private var timer: Scheduled<Void>?

    init(
        number: ConnectionRegistry.Number, registry: ConnectionRegistry,
        introduction: Introduction, limits: TransportLimits, logger: Logger
    ) {
        self.number = number
        self.registry = registry
        self.introduction = introduction
        handshakeTime = TimeAmount(limits.handshakeTime)
        unpairedTime = TimeAmount(limits.unpairedTime)
        self.logger = logger
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: handshakeTime) {
            guard self.state == .waiting else { return }
            channel.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        drop(ChannelError.ioOnClosedChannel)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        registry.closed(number)
        drop(ChannelError.ioOnClosedChannel)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted where state == .waiting:
            timer?.cancel()
            identify(context: context)
            guard state == .open else { return }
            context.fireUserInboundEventTriggered(event)
            release(context: context)
        case is ChannelShouldQuiesceEvent where state == .waiting:
            // The server is shutting down, and this one never got in.
            refuse(context: context)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // TLS gives no data before the handshake is complete, so what comes while the gate is not
        // open comes from someone who was refused.
        guard state == .open, !isDeaf, !registry.isShut else { return }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        isDeaf = true
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }

    func close(
        context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
    ) {
        if mode == .all { isDeaf = true }
        context.close(mode: mode, promise: promise)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch state {
        case .waiting: held.append((data, promise))
        case .open: context.write(data, promise: promise)
        case .refused: promise?.fail(ChannelError.ioOnClosedChannel)
        }
    }

    func flush(context: ChannelHandlerContext) {
        if state == .open { context.flush() }
    }

    private func identify(context: ChannelHandlerContext) {
        guard
            let certificate = try? context.channel.pipeline.syncOperations
                .nioSSL_peerCertificate(),
            let leaf = try? certificate.toDERBytes(),
            let caller = registry.identified(
                number, leaf: leaf, introduction: introduction.root)
        else {
            logger.notice(
                "connection refused after the handshake",
                metadata: ["connection.remote": "\(remote(context))"])
            return refuse(context: context)
        }
        state = .open
        if case .unpaired = caller { limitTime(context) }
        if case .peer(let site, _, leafExpired: true) = caller {
            logger.warning(
                "a peer's TLS certificate has expired; it is accepted, but its daemon should renew it",
                metadata: ["peer.site": "\(site.short)"])
        }
    }

    /// A site that is no peer has its say and goes; one that was pinned meanwhile may stay.
    private func limitTime(_ context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: unpairedTime) {
            if self.registry.isUnpaired(self.number) { channel.close(promise: nil) }
        }
    }

    private func refuse(context: ChannelHandlerContext) {
        state = .refused
        drop(ChannelError.ioOnClosedChannel)
        context.close(promise: nil)
    }

    private func release(context: ChannelHandlerContext) {
        let writes = held
        held = []
        for (data, promise) in writes { context.write(data, promise: promise) }
        context.flush()
    }

    private func drop(_ error: any Error) {
        let writes = held
        held = []
        for (_, promise) in writes { promise?.fail(error) }
    }

    private func remote(_ context: ChannelHandlerContext) -> String {
        context.remoteAddress.map { "\($0)" } ?? "unknown"
    }
}

/// What the handshake's verification callback saw, for the gate of the same connection.
final class Introduction: Sendable {
    private let presented = Mutex<RootCertificate?>(nil)

    /// The root with which an unknown site proved itself; nil when the session was resumed.
    var root: RootCertificate? {
        get { presented.withLock { $0 } }
        set { presented.withLock { $0 = newValue } }
    }
}
