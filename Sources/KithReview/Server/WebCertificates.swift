import Foundation
import KithModel
import KithSite
import NIOCore
import NIOSSL
import Synchronization

/// The TLS context for connections that begin now: made anew when the certificate is.
///
/// TLS 1.2 with forward secrecy and AEAD, and 1.3, as NCSC profiles them. A new context has new ticket
/// keys.
final class WebCertificates: Sendable {
    private let site: LocalSite
    private let configuration: ReviewConfiguration
    private let now: @Sendable () -> Instant
    private let state = Mutex(State())

    private struct State {
        var context: NIOSSLContext?
        var renewal = Instant(milliseconds: 0)
        var fileDate: Date?
    }

    init(
        site: LocalSite, configuration: ReviewConfiguration, now: @escaping @Sendable () -> Instant
    ) {
        self.site = site
        self.configuration = configuration
        self.now = now
    }

    /// The context; a certificate that can no longer be read leaves the one in use.
    func context() throws -> NIOSSLContext {
        try state.withLock { state in
            let now = now()
            if let files = configuration.certificate {
                let date = Self.date(of: files)
                if let context = state.context, date == state.fileDate { return context }
                do {
                    state.context = try context(of: files)
                    state.fileDate = date
                } catch {
                    guard state.context != nil else { throw error }
                }
            } else if state.context == nil || now >= state.renewal {
                let (names, addresses) = HostNames.split(configuration.names)
                let identity = try site.webIdentity(names: names, addresses: addresses)
                state.context = try context(
                    identity.chain.map { try NIOSSLCertificate(bytes: $0, format: .der) },
                    NIOSSLPrivateKey(bytes: identity.privateKey, format: .der))
                state.renewal = identity.renewal
            }
            guard let context = state.context else { throw Self.unreadable("") }
            return context
        }
    }

    private func context(of files: ReviewConfiguration.Files) throws -> NIOSSLContext {
        do {
            return try context(
                try NIOSSLCertificate.fromPEMFile(files.chain),
                NIOSSLPrivateKey(file: files.key, format: .pem))
        } catch {
            throw Self.unreadable(" \(files.chain) and \(files.key)")
        }
    }

    private static func unreadable(_ what: String) -> SiteError {
        SiteError(
            .home,
            "the web page's certificate\(what) cannot be used: give PEM files that belong together and that this user can read"
        )
    }

    private static func date(of files: ReviewConfiguration.Files) -> Date? {
        [files.chain, files.key].compactMap { path in
            try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
        }.max()
    }

    private func context(
        _ chain: [NIOSSLCertificate], _ key: NIOSSLPrivateKey
    ) throws -> NIOSSLContext {
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        tls.minimumTLSVersion = .tlsv12
        tls.cipherSuiteValues = [
            .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        ]
        tls.applicationProtocols = ["http/1.1"]
        tls.renegotiationSupport = .none
        if configuration.browsers == .certificate {
            // Asks for a certificate and fails without one; which are good the callback says.
            tls.certificateVerification = .noHostnameVerification
            tls.trustRoots = .certificates([])
        }
        return try NIOSSLContext(configuration: tls)
    }
}

/// Names and addresses under which the page is asked for.
enum HostNames {
    /// Host names, and addresses as bytes.
    static func split(_ names: [String]) -> (names: [String], addresses: [[UInt8]]) {
        var (hosts, addresses): ([String], [[UInt8]]) = ([], [])
        for name in names {
            if let bytes = bytes(of: name) { addresses.append(bytes) } else { hosts.append(name) }
        }
        return (hosts, addresses)
    }

    private static func bytes(of text: String) -> [UInt8]? {
        guard let address = try? SocketAddress(ipAddress: text, port: 0) else { return nil }
        switch address {
        case .v4(let address):
            return withUnsafeBytes(of: address.address.sin_addr) { Array($0) }
        case .v6(let address):
            return withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
        default: return nil
        }
    }

    /// The host of a `Host` header in lower case, without port and brackets; nil for none.
    static func host(in header: String) -> String? {
        guard !header.isEmpty, header.utf8.count <= 300,
            header.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"/\\@?#,".utf8.contains($0) })
        else { return nil }
        var host = header[...]
        if host.first == "[" {
            guard let end = host.firstIndex(of: "]") else { return nil }
            let rest = host[host.index(after: end)...]
            guard rest.isEmpty || isPort(rest) else { return nil }
            host = host[host.index(after: host.startIndex)..<end]
        } else if let colon = host.firstIndex(of: ":") {
            guard isPort(host[colon...]) else { return nil }
            host = host[..<colon]
        }
        return host.isEmpty ? nil : host.lowercased()
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.first == ":" && (2...6).contains(text.count)
            && text.dropFirst().allSatisfy { $0.isASCII && $0.isNumber }
    }
}
