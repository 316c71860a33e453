import Crypto
import Foundation
import KithModel
import KithTrust
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A TLS connection of a paired site to a daemon, on which anything can be sent.
final class HostileConnection: Sendable {
    private struct State {
        var unread: [UInt8] = []
        var frames: [HTTP2Bytes.Frame] = []
        var isClosed = false
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let connection: HostileConnection.Box

        init(_ connection: HostileConnection.Box) { self.connection = connection }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = Array(unwrapInboundIn(data).readableBytesView)
            connection.state.withLock { state in
                state.unread += bytes
                state.frames += HTTP2Bytes.frames(from: &state.unread)
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            connection.state.withLock { $0.isClosed = true }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }

    private final class Box: Sendable {
        let state = Mutex(State())
    }

    private let box = Box()
    private let channel: any Channel

    /// Connects with the certificate of a site's home, and says how HTTP/2 begins.
    init(to address: String, as home: TestHome) throws {
        let parts = address.split(separator: ":")
        let identity = try MemberIdentity(of: home).identity
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv13
        configuration.certificateChain = try [identity.leaf.der, identity.root.der].map {
            .certificate(try NIOSSLCertificate(bytes: $0, format: .der))
        }
        configuration.privateKey = .privateKey(
            try NIOSSLPrivateKey(
                bytes: Array(identity.privateKey.pemRepresentation.utf8), format: .pem))
        configuration.certificateVerification = .none
        configuration.applicationProtocols = ["h2"]
        let context = try NIOSSLContext(configuration: configuration)
        channel = try ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelInitializer { [box] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        NIOSSLClientHandler(context: context, serverHostname: nil), Reader(box))
                }
            }
            .connect(host: String(parts[0]), port: Int(parts[1]) ?? 0).wait()
        send(HTTP2Bytes.preface)
    }

    deinit { channel.close(promise: nil) }

    /// Sends bytes, in TLS records of their own; what a closed connection cannot take is dropped.
    func send(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

    /// Sends data on a stream in frames of at most 16 KB.
    func sendData(_ bytes: [UInt8], stream: UInt32, isLast: Bool = false) {
        var rest = bytes[...]
        repeat {
            let piece = Array(rest.prefix(16_384))
            rest = rest.dropFirst(piece.count)
            send(
                HTTP2Bytes.frame(
                    .data, flags: isLast && rest.isEmpty ? 1 : 0, stream: stream, piece))
        } while !rest.isEmpty
    }

    /// Ends the connection as a program does that is done.
    func close() { channel.close(promise: nil) }

    var frames: [HTTP2Bytes.Frame] { box.state.withLock { $0.frames } }

    var isClosed: Bool { box.state.withLock { $0.isClosed } }

    /// Waits until the connection is closed, or a frame has come that a test looks for.
    func waits(
        seconds: Double = 20, for isWanted: @escaping (HTTP2Bytes.Frame) -> Bool
    ) -> Bool {
        let end = Date(timeIntervalSinceNow: seconds)
        while !isClosed, !frames.contains(where: isWanted) {
            if Date() > end { return false }
            usleep(2_000)
        }
        return true
    }

    /// Waits until a stream is ended by the other side, or the connection is.
    func isEnded(_ stream: UInt32) -> Bool {
        waits {
            $0.isEnding && ($0.stream == stream || $0.kind == HTTP2Bytes.Kind.goAway.rawValue)
        }
    }
}

/// A site's own keys, out of its home: what it needs to be there in somebody else's program.
struct MemberIdentity {
    let identity: TLSIdentity

    init(of home: TestHome) throws {
        let pem = try String(contentsOfFile: home.path + "/identity.pem", encoding: .utf8)
        let issuer = try LeafIssuer(key: SiteKey(pem: pem), root: Self.root(of: home))
        identity = try issuer.issue(now: Instant(Date()))
    }

    /// A site's root certificate.
    static func root(of home: TestHome) throws -> RootCertificate {
        try RootCertificate(
            der: Array(Data(contentsOf: URL(fileURLWithPath: home.path + "/root.der"))))
    }
}
