import NIOCore
import NIOTLS

/// Stands between TLS and HTTP/2 on a client's connection: tells when the handshake is complete,
/// when the server has let us in, and why it did not.
///
/// In TLS 1.3 the client is ready before the server has looked at the client's certificate: only
/// the server's first byte shows that it was accepted.
final class ClientGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    /// What happened to a connection that was not let in.
    enum Failure: Error {
        case timedOut
        /// TLS failed before the server was identified, or because of who it is.
        case handshake(any Error)
        /// TLS failed after that: the server refused our certificate.
        case refused(any Error)
        /// The server closed without a word.
        case closed
    }

    /// How far a connection has come; both fail with a ``Failure``.
    struct Progress {
        let handshake: EventLoopFuture<Void>
        let accepted: EventLoopFuture<Void>
    }

    /// Succeeds when the handshake is complete.
    let handshake: EventLoopPromise<Void>
    /// Succeeds when the server has sent its first byte.
    let accepted: EventLoopPromise<Void>

    private let deadline: NIODeadline
    private var timer: Scheduled<Void>?
    private var isShaken = false
    private var isAccepted = false
    private var isReleased = false
    private var held: [NIOAny] = []

    init(eventLoop: any EventLoop, deadline: NIODeadline) {
        handshake = eventLoop.makePromise()
        accepted = eventLoop.makePromise()
        self.deadline = deadline
    }

    func channelActive(context: ChannelHandlerContext) {
        // Until now the time limit for TCP was at work.
        let channel = context.channel
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.fail(.timedOut)
            channel.close(promise: nil)
        }
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        fail(.closed)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event {
            isShaken = true
            handshake.succeed()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isAccepted {
            isAccepted = true
            timer?.cancel()
            accepted.succeed()
        }
        if isReleased {
            context.fireChannelRead(data)
        } else {
            held.append(data)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isReleased { context.fireChannelReadComplete() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(isShaken ? .refused(error) : .handshake(error))
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.closed)
        context.fireChannelInactive()
    }

    /// Lets through what has come, once there is an HTTP/2 handler to take it.
    func release(context: ChannelHandlerContext) {
        isReleased = true
        guard !held.isEmpty else { return }
        let reads = held
        held = []
        for data in reads { context.fireChannelRead(data) }
        context.fireChannelReadComplete()
    }

    private func fail(_ failure: Failure) {
        timer?.cancel()
        guard !isAccepted else { return }
        // The first failure counts; promises ignore the later ones.
        handshake.fail(failure)
        accepted.fail(failure)
    }
}
