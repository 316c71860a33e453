import Foundation
import KithModel
import KithTrust
import NIOCore
import NIOPosix
import NIOSSL

/// Somebody who reads a site's web page: one connection that stays open, over TLS, and the cookies of a
/// session.
final class WebReader: @unchecked Sendable {
    // One request after the other; each reader is used by one task.
    private let channel: any Channel
    private let gathering: Gathering
    private let host: String
    private(set) var cookies = ""

    /// What came for a request.
    struct Page: Sendable {
        let status: Int
        let cookies: [String]
        let body: String
    }

    /// Connects to a daemon's page, from an address of this machine of its own: limits are by address.
    init(_ address: String, number: Int = 0, cookies: String = "") async throws {
        host = address
        self.cookies = cookies
        let parts = address.split(separator: ":")
        guard parts.count == 2, let port = Int(parts[1]) else {
            throw BenchProblem("\(address) is no address of a web page")
        }
        var tls = TLSConfiguration.makeClientConfiguration()
        // The certificate is the site's own, which no authority vouches for.
        tls.certificateVerification = .none
        let context = try NIOSSLContext(configuration: tls)
        let gathering = Gathering()
        self.gathering = gathering
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(to: SocketAddress(ipAddress: "127.0.1.\(1 + number % 250)", port: 0))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        NIOSSLClientHandler(context: context, serverHostname: nil), gathering)
                }
            }.connect(host: String(parts[0]), port: port).get()
    }

    func close() async { try? await channel.close() }

    /// Signs in with the password that was made for an account, and replaces it.
    func signIn(_ account: Account) async throws {
        let step = TimeCode.step(at: Instant(Date()))
        let password = "seven green kettles"
        let page = try await ask(
            "POST", "/sign-in",
            form: [
                ("login", account.login), ("password", account.password),
                ("code", TimeCode(secret: account.secret).code(step: step)),
                ("newPassword", password), ("newPasswordAgain", password),
            ])
        guard page.status == 303 else {
            throw BenchProblem("\(account.login) was not let in: status \(page.status)")
        }
        cookies = page.cookies.map { $0.prefix { $0 != ";" } }.joined(separator: "; ")
    }

    /// Reads a page, which must be there.
    func read(_ path: String) async throws -> String {
        let page = try await ask("GET", path, form: nil)
        guard page.status == 200 else {
            throw BenchProblem("\(path) was not shown: status \(page.status)")
        }
        return page.body
    }

    private func ask(
        _ method: String, _ path: String, form: [(String, String)]?
    ) async throws
        -> Page
    {
        let body =
            form?.map { name, value in
                "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
            }.joined(separator: "&") ?? ""
        var lines = ["\(method) \(path) HTTP/1.1", "Host: \(host)"]
        if !cookies.isEmpty { lines.append("Cookie: \(cookies)") }
        if form != nil {
            lines += [
                "Origin: https://\(host)", "Content-Type: application/x-www-form-urlencoded",
                "Content-Length: \(body.utf8.count)",
            ]
        }
        let promise = channel.eventLoop.makePromise(of: Page.self)
        let text = lines.joined(separator: "\r\n") + "\r\n\r\n" + body
        channel.eventLoop.execute { [channel, gathering] in
            gathering.begin(promise)
            channel.writeAndFlush(ByteBuffer(string: text)).cascadeFailure(to: promise)
        }
        return try await promise.futureResult.get()
    }
}

/// An account as it was made.
struct Account: Sendable {
    let login: String
    let password: String
    let secret: Data

    /// Reads what the site told of it: the secret in base32.
    init(login: String, password: String, base32: String) {
        self.login = login
        self.password = password
        var (bytes, buffer, bits) = (Data(), UInt32(0), UInt32(0))
        for letter in base32.utf8 {
            let value = letter >= UInt8(ascii: "A") ? letter - 65 : letter - 24
            (buffer, bits) = ((buffer << 5 | UInt32(value)) & 0xFFFF, bits + 5)
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
            }
        }
        secret = bytes
    }
}

/// Puts answers together: a head, and a body as long as the head says.
private final class Gathering: ChannelInboundHandler, @unchecked Sendable {
    // Used on the event loop of its channel alone.
    typealias InboundIn = ByteBuffer

    private var received = ByteBuffer()
    private var head: (lines: [String], length: Int)?
    private var promise: EventLoopPromise<WebReader.Page>?

    func begin(_ promise: EventLoopPromise<WebReader.Page>) {
        (self.promise, received, head) = (promise, ByteBuffer(), nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        received.writeBuffer(&part)
        if head == nil { readHead() }
        guard let head, received.readableBytes >= head.length else { return }
        let words = head.lines[0].split(separator: " ")
        let cookies = head.lines.filter { $0.lowercased().hasPrefix("set-cookie:") }
            .map { $0.dropFirst(11).trimmingCharacters(in: .whitespaces) }
        promise?.succeed(
            WebReader.Page(
                status: words.count > 1 ? Int(words[1]) ?? 0 : 0, cookies: cookies,
                body: String(buffer: received)))
        promise = nil
    }

    private func readHead() {
        let end = Array("\r\n\r\n".utf8)
        let view = received.readableBytesView
        guard
            let place = view.indices.dropLast(3).first(where: { index in
                view[index..<(index + 4)].elementsEqual(end)
            }), let bytes = received.readBytes(length: place - view.startIndex)
        else { return }
        received.moveReaderIndex(forwardBy: 4)
        let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
        let length = lines.first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
        head = (lines, length ?? 0)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise?.fail(error)
        promise = nil
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise?.fail(BenchProblem("the web page closed the connection"))
        promise = nil
    }
}
