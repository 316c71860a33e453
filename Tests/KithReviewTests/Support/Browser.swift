import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// A browser without manners: it sends the bytes that a test gives it, over TLS or without, and gives
/// back what came until the connection closed.
struct Browser: Sendable {
    let port: Int
    var cookies: [String: String] = [:]
    /// The address of this machine that it asks from; nil for any.
    var from: String?
    /// The certificate that it holds, with its key.
    var identity: NIOSSLPKCS12Bundle?

    /// What came back.
    struct Reply: Sendable {
        let status: Int
        let headers: [(name: String, value: String)]
        let body: String

        func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }

        init(_ text: String) {
            let parts = text.components(separatedBy: "\r\n\r\n")
            let lines = parts[0].components(separatedBy: "\r\n")
            let words = lines[0].split(separator: " ")
            status = words.count > 1 ? Int(words[1]) ?? 0 : 0
            headers = lines.dropFirst().compactMap { line in
                guard let colon = line.firstIndex(of: ":") else { return nil }
                return (
                    String(line[..<colon]),
                    line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
                )
            }
            body = parts.dropFirst().joined(separator: "\r\n\r\n")
        }

        /// The value of a hidden field of a form on the page.
        func hidden(_ name: String) -> String {
            guard let start = body.range(of: "name=\"\(name)\" value=\"") else { return "" }
            return String(body[start.upperBound...].prefix { $0 != "\"" })
        }

        /// The form of the page with what somebody types over it.
        func fill(_ typed: [(String, String)]) -> [(String, String)] {
            var form: [(String, String)] = []
            for part in body.components(separatedBy: "<input type=\"hidden\" ").dropFirst() {
                let name =
                    part.components(separatedBy: "name=\"").dropFirst().first?
                    .components(separatedBy: "\"").first ?? ""
                let value =
                    part.components(separatedBy: "value=\"").dropFirst().first?
                    .components(separatedBy: "\"").first ?? ""
                form.append((name, value.replacingOccurrences(of: "&amp;", with: "&")))
            }
            // The form of the sign-out has the page's own mark with a letter behind it.
            let once = form.filter { $0.0 == "once" }.map(\.1).min { $0.count < $1.count }
            return form.filter { $0.0 != "once" || $0.1 == once } + typed
        }
    }

    /// Asks as browsers do; `changing` replaces header fields, and removes those that are nil.
    func ask(
        _ method: String, _ path: String, form: [(String, String)]? = nil,
        changing: [String: String?] = [:]
    ) async throws -> Reply {
        var fields: [(String, String)] = [
            ("Host", "127.0.0.1:\(port)"), ("Connection", "close"),
        ]
        if !cookies.isEmpty {
            fields.append(
                ("Cookie", cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")))
        }
        var body = ""
        if let form {
            body = form.map { "\(Self.encoded($0.0))=\(Self.encoded($0.1))" }.joined(separator: "&")
            fields += [
                ("Origin", "https://127.0.0.1:\(port)"),
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("Content-Length", String(body.utf8.count)),
            ]
        }
        for (name, value) in changing {
            fields.removeAll { $0.0.lowercased() == name.lowercased() }
            if let value { fields.append((name, value)) }
        }
        let head = ["\(method) \(path) HTTP/1.1"] + fields.map { "\($0.0): \($0.1)" }
        return Reply(try await send(head.joined(separator: "\r\n") + "\r\n\r\n" + body))
    }

    static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    /// Takes the cookies that an answer sets.
    mutating func keep(_ reply: Reply) {
        for field in reply.headers where field.name.lowercased() == "set-cookie" {
            let pair = field.value.split(separator: ";")[0].split(separator: "=", maxSplits: 1)
            cookies[String(pair[0])] = pair.count > 1 ? String(pair[1]) : ""
        }
    }

    /// Connects and says nothing.
    func connect() async throws -> any Channel {
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        if let from { bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: from, port: 0)) }
        return try await bootstrap.connect(host: "127.0.0.1", port: port).get()
    }

    /// Sends bytes as they are.
    func send(
        _ text: String, tls: Bool = true, most: TLSVersion? = nil, ciphers: [NIOTLSCipher]? = nil
    ) async throws -> String {
        let group = MultiThreadedEventLoopGroup.singleton
        let promise = group.any().makePromise(of: String.self)
        let (port, identity) = (port, identity)
        var bootstrap = ClientBootstrap(group: group)
        if let from { bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: from, port: 0)) }
        let channel = try await bootstrap.channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                if tls {
                    var configuration = TLSConfiguration.makeClientConfiguration()
                    configuration.certificateVerification = .none
                    configuration.minimumTLSVersion = .tlsv1
                    configuration.maximumTLSVersion = most
                    if let ciphers { configuration.cipherSuiteValues = ciphers }
                    if let identity {
                        configuration.certificateChain = identity.certificateChain.map {
                            .certificate($0)
                        }
                        configuration.privateKey = .privateKey(identity.privateKey)
                    }
                    let context = try NIOSSLContext(configuration: configuration)
                    try channel.pipeline.syncOperations.addHandler(
                        try NIOSSLClientHandler(context: context, serverHostname: nil))
                }
                try channel.pipeline.syncOperations.addHandler(Collector(promise))
            }
        }.connect(host: "127.0.0.1", port: port).get()
        channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
        return try await promise.futureResult.get()
    }
}

/// Gathers what comes until the connection closes.
private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var received = ByteBuffer()
    private let promise: EventLoopPromise<String>
    private var failure: (any Error)?

    init(_ promise: EventLoopPromise<String>) {
        self.promise = promise
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        received.writeBuffer(&part)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        failure = error
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if received.readableBytes == 0, let failure {
            promise.fail(failure)
        } else {
            promise.succeed(String(buffer: received))
        }
    }
}
