import Crypto
import KithTrust
import NIOCore
import NIOSSL
import Synchronization

/// Makes TLS contexts: TLS 1.3 only, our leaf and root, certificates of both sides required.
///
/// Which certificates are good is not decided here: a custom verification callback goes with
/// every connection and replaces all checks of the TLS library.
enum TLSContexts {
    static func client(_ identity: TLSIdentity) throws -> NIOSSLContext {
        try context(identity, TLSConfiguration.makeClientConfiguration())
    }

    static func server(_ identity: TLSIdentity) throws -> NIOSSLContext {
        let base = TLSConfiguration.makeServerConfiguration(
            certificateChain: [], privateKey: .privateKey(try key(identity)))
        return try context(identity, base)
    }

    private static func context(
        _ identity: TLSIdentity, _ base: TLSConfiguration
    ) throws -> NIOSSLContext {
        var configuration = base
        configuration.minimumTLSVersion = .tlsv13
        configuration.certificateChain = [
            .certificate(try NIOSSLCertificate(bytes: identity.leaf.der, format: .der)),
            .certificate(try NIOSSLCertificate(bytes: identity.root.der, format: .der)),
        ]
        configuration.privateKey = .privateKey(try key(identity))
        // On a server this asks for a certificate and fails without one.
        configuration.certificateVerification = .noHostnameVerification
        // No public authority is ever trusted, and loading the system's would be slow.
        configuration.trustRoots = .certificates([])
        configuration.applicationProtocols = ["h2"]
        configuration.renegotiationSupport = .none
        configuration.shutdownTimeout = .seconds(2)
        return try NIOSSLContext(configuration: configuration)
    }

    private static func key(_ identity: TLSIdentity) throws -> NIOSSLPrivateKey {
        try NIOSSLPrivateKey(
            bytes: Array(identity.privateKey.derRepresentation), format: .der)
    }
}

/// The server's current TLS context: made anew when the leaf is renewed or the pins have changed.
///
/// A new context has new ticket keys, so that no session saved before can be resumed.
final class ServerContexts: Sendable {
    private let identity: TLSIdentityProvider
    private let current = Mutex<(leaf: LeafCertificate, context: NIOSSLContext)?>(nil)

    init(identity: @escaping TLSIdentityProvider) {
        self.identity = identity
    }

    /// The context for a connection that begins now.
    func context() throws -> NIOSSLContext {
        let identity = try identity()
        return try current.withLock { current in
            if let current, current.leaf == identity.leaf { return current.context }
            let context = try TLSContexts.server(identity)
            current = (identity.leaf, context)
            return context
        }
    }

    /// Forgets the context, and with it every session ticket.
    func renew() {
        current.withLock { $0 = nil }
    }
}
