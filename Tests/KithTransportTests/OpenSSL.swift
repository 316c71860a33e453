import Crypto
import Foundation
import KithTransport
import KithTrust
import Synchronization

/// Runs `openssl s_client` against a server: a client that keeps no rule of ours.
struct OpenSSL {
    /// A folder for the certificates and the session ticket; removed with `clean`.
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("kith-openssl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func clean() { try? FileManager.default.removeItem(at: folder) }

    /// The options that present an identity.
    func presenting(
        _ identity: TLSIdentity, chain: [RootCertificate]
    ) throws -> [String] {
        try presenting(
            certificate: identity.leaf.der, keyPEM: identity.privateKey.pemRepresentation,
            chain: chain.map(\.der))
    }

    func presenting(
        certificate: [UInt8], keyPEM: String, chain: [[UInt8]]
    ) throws -> [String] {
        let name = UUID().uuidString
        let certificateFile = folder.appendingPathComponent("\(name).pem")
        let keyFile = folder.appendingPathComponent("\(name).key")
        try pem(certificate).write(to: certificateFile, atomically: true, encoding: .utf8)
        try keyPEM.write(to: keyFile, atomically: true, encoding: .utf8)
        var options = ["-cert", certificateFile.path, "-key", keyFile.path]
        if !chain.isEmpty {
            let chainFile = folder.appendingPathComponent("\(name).chain.pem")
            try chain.map(pem).joined().write(to: chainFile, atomically: true, encoding: .utf8)
            options += ["-cert_chain", chainFile.path]
        }
        return options
    }

    private func pem(_ der: [UInt8]) -> String {
        let text = Data(der).base64EncodedString(options: .lineLength64Characters)
        return "-----BEGIN CERTIFICATE-----\n\(text)\n-----END CERTIFICATE-----\n"
    }

    /// What came of a connection.
    struct Outcome {
        let output: [UInt8]
        let errors: String

        var text: String { String(decoding: output, as: UTF8.self) }

        /// Whether the server sent an HTTP/2 SETTINGS frame, which is the first byte of gRPC.
        var reachedHTTP2: Bool { OpenSSL.hasSettings(output) }
        /// Whether a saved session was taken up again.
        var isResumed: Bool { text.contains("Reused, TLSv1.3") }
        /// Whether the handshake was completed from the client's side.
        var isConnected: Bool { text.contains("Cipher is TLS_") }
    }

    /// Connects, sends an HTTP/2 preface and a call at once, and ends when the server closes or has
    /// sent the beginning of HTTP/2 and `enough` says so.
    func connect(
        to address: HostPort, _ options: [String], request: [UInt8] = syncRequest,
        enough: @Sendable @escaping () -> Bool = { true }
    ) async throws -> Outcome {
        let errors = folder.appendingPathComponent(UUID().uuidString).path
        let child = try ChildProcess(
            "/usr/bin/openssl",
            ["s_client", "-connect", address.description, "-alpn", "h2"]
                + ["-nocommands", "-ign_eof"] + options,
            errorsTo: errors)
        // Only for a server that neither answers nor closes.
        let limit = Task {
            try await Task.sleep(for: .seconds(20))
            child.kill()
        }
        child.write(request)
        var received: [UInt8] = []
        for await chunk in child.output {
            received += chunk
            guard Self.hasSettings(received) else { continue }
            while !enough(), !child.hasEnded { await Task.yield() }
            child.kill()
        }
        limit.cancel()
        return Outcome(
            output: received, errors: (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "")
    }

    /// Looks for a SETTINGS frame on stream 0 without flags, with the settings that gRPC sends.
    private static func hasSettings(_ bytes: [UInt8]) -> Bool {
        let pattern: [UInt8] = [4, 0, 0, 0, 0, 0, 0]
        guard bytes.count >= pattern.count else { return false }
        return (0...(bytes.count - pattern.count)).contains { start in
            bytes[start..<(start + pattern.count)].elementsEqual(pattern)
        }
    }

    /// An HTTP/2 preface and the headers of a `Sync.Session` call, with a forged stamp.
    static let syncRequest = request(path: "/kith.v1.Sync/Session")
    /// The same for `Pairing.Preview`, with an empty message.
    static let previewRequest =
        request(path: "/kith.v1.Pairing/Preview") + [0, 0, 5, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0]

    private static func request(path: String) -> [UInt8] {
        let headers = [
            (":method", "POST"), (":scheme", "https"), (":path", path), (":authority", "x"),
            ("te", "trailers"), ("content-type", "application/grpc"), ("kith-connection", "1"),
        ]
        var block: [UInt8] = []
        for (name, value) in headers {
            block += [0, UInt8(name.utf8.count)] + Array(name.utf8)
            block += [UInt8(value.utf8.count)] + Array(value.utf8)
        }
        let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
        let frame: [UInt8] = [0, 0, UInt8(block.count), 1, 4, 0, 0, 0, 1]
        return preface + settings + frame + block
    }
}
