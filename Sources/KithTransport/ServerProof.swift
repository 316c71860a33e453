import KithModel
import KithTrust
import NIOCore
import NIOSSL
import Synchronization

/// Decides, during the client's handshake, whether the site at the address is the expected one.
final class ServerProof: Sendable {
    /// What the certificates of the other side proved.
    enum Outcome: Sendable {
        case proven(root: RootCertificate, leafExpired: Bool)
        /// It has proven to be another site.
        case anotherSite(SiteID, expected: SiteID)
        /// It has proven to be no one.
        case noSite
    }

    private let expected: SiteID?
    private let pinned: RootCertificate?
    private let now: Instant
    private let found = Mutex<Outcome?>(nil)

    /// - Parameters:
    ///   - expected: the site; nil when any site will do, because people will compare who it is.
    ///   - pinned: the site's root; nil when it is not known.
    init(expected: SiteID?, pinned: RootCertificate?, now: Instant) {
        self.expected = expected
        self.pinned = pinned
        self.now = now
    }

    /// What was found; nil while there has been no handshake.
    var outcome: Outcome? { found.withLock { $0 } }

    /// Answers TLS: whether these certificates prove the expected site.
    func verify(
        _ certificates: [NIOSSLCertificate], _ promise: EventLoopPromise<NIOSSLVerificationResult>
    ) {
        let chain = certificates.prefix(2).compactMap { try? $0.toDERBytes() }
        let outcome = judge(chain)
        found.withLock { $0 = outcome }
        if case .proven = outcome {
            promise.succeed(.certificateVerified)
        } else {
            promise.succeed(.failed)
        }
    }

    private func judge(_ chain: [[UInt8]]) -> Outcome {
        guard let leaf = chain.first else { return .noSite }
        let presented = LeafVerifier.selfProvenRoot(ofChain: chain)
        guard let expected = expected ?? presented?.siteID else { return .noSite }
        let verdict = LeafVerifier.verdict(onLeaf: leaf, at: now) { site in
            guard site == expected else { return nil }
            return pinned ?? presented
        }
        if case .peer(expected, let expired) = verdict, let root = pinned ?? presented {
            return .proven(root: root, leafExpired: expired)
        }
        guard let other = presented?.siteID, other != expected else { return .noSite }
        return .anotherSite(other, expected: expected)
    }
}
