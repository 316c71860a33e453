import HummingbirdCore
import KithSite
import Logging
import NIOCore
import NIOHTTPTypes
import NIOSSL
import Synchronization

/// A connection of a browser: TLS, then HTTP/1.1; one that begins without TLS is sent to the right
/// address, and everything has a deadline.
struct WebDoor: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    private let http: HTTP1Channel
    private let certificates: WebCertificates
    private let site: LocalSite
    private let configuration: ReviewConfiguration
    private let patience: TimeAmount
    private let ledger = ConnectionLedger()

    init(
        responder: @escaping HTTPChannelHandler.Responder, certificates: WebCertificates,
        site: LocalSite, configuration: ReviewConfiguration, patience: TimeAmount
    ) {
        self.certificates = certificates
        self.site = site
        self.configuration = configuration
        self.patience = patience
        http = HTTP1Channel(
            responder: responder,
            configuration: .init(
                additionalChannelHandlers: [RequestEnd()], idleTimeout: ReviewLimits.idle,
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: ReviewLimits.headerField,
                    maxHeaderListSize: ReviewLimits.headers,
                    maxHeaderFieldCount: ReviewLimits.headerCount)))
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            guard ledger.admits(channel) else { throw TooManyConnections() }
            let context = try certificates.context()
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(PlainDoor(names: configuration.names))
            try pipeline.addHandler(
                configuration.browsers == .certificate
                    ? NIOSSLServerHandler(
                        context: context, customVerificationCallback: verification)
                    : NIOSSLServerHandler(context: context))
            try pipeline.addHandler(RequestDeadline(patience))
        }.flatMap { http.setup(channel: channel, logger: logger) }
            .flatMapErrorThrowing { error in
                channel.close(promise: nil)
                throw error
            }
    }

    func handle(value: Value, logger: Logger) async {
        await http.handle(value: value, logger: logger)
    }

    private struct TooManyConnections: Error {}

    private var verification: NIOSSLCustomVerificationCallback {
        { [site] certificates, promise in
            promise.completeWithTask {
                guard let der = try certificates.first?.toDERBytes(),
                    await site.login(ofBrowserCertificate: der) != nil
                else { return .failed }
                return .certificateVerified
            }
        }
    }
}

extension WebDoor: HTTPChannelHandler {
    var responder: HTTPChannelHandler.Responder { http.responder }
}

/// How many connections each address has.
final class ConnectionLedger: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    /// Counts a connection until it closes; false when its address has too many.
    func admits(_ channel: any Channel) -> Bool {
        let address = channel.remoteAddress?.ipAddress ?? ""
        let isAdmitted = counts.withLock { counts in
            guard counts[address, default: 0] < ReviewLimits.connectionsOfAddress else {
                return false
            }
            counts[address, default: 0] += 1
            return true
        }
        if isAdmitted {
            channel.closeFuture.whenComplete { _ in
                self.counts.withLock { counts in
                    counts[address, default: 1] -= 1
                    if counts[address] == 0 { counts[address] = nil }
                }
            }
        }
        return isAdmitted
    }
}

/// Closes a connection whose handshake or request does not come to its end in time, however it drips.
final class RequestDeadline: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let patience: TimeAmount
    private var deadline: Scheduled<Void>?

    init(_ patience: TimeAmount) { self.patience = patience }

    func handlerAdded(context: ChannelHandlerContext) { start(context) }
    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if deadline == nil { start(context) }
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    private func start(_ context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: patience) {
            channel.close(promise: nil)
        }
    }

    /// A whole request is here.
    func requestEnded() {
        deadline?.cancel()
        deadline = nil
    }
}

/// Tells the deadline that a request is whole.
final class RequestEnd: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .end = unwrapInboundIn(data) {
            try? context.pipeline.syncOperations.handler(type: RequestDeadline.self).requestEnded()
        }
        context.fireChannelRead(data)
    }
}
