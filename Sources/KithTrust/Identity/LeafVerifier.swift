public import KithModel

/// What a presented TLS certificate proves.
public enum LeafVerdict: Hashable, Sendable {
    /// A pinned site made it; an expired one is accepted and flagged (D15).
    case peer(SiteID, expired: Bool)
    /// It names a site that is not pinned; nothing is proven.
    case unknown(SiteID)
    /// It names a pinned site, whose key did not sign it.
    case forged(SiteID)
    /// It is not a site's TLS certificate at all.
    case malformed
}

/// Decides who presented a TLS certificate, from pinned roots alone: no I/O, no clock of its own.
///
/// That the other side holds the certificate's private key is for TLS to prove.
public enum LeafVerifier {
    /// Checks one leaf: its issuer names the site, the pinned root's key must have signed it.
    ///
    /// - Parameters:
    ///   - der: the certificate that the connection's other end presented.
    ///   - now: decides only whether an accepted leaf is flagged as expired.
    ///   - pinnedRoot: the root pinned for a site; nil when the site is not pinned.
    public static func verdict(
        onLeaf der: [UInt8], at now: Instant, pinnedRoot: (SiteID) -> RootCertificate?
    ) -> LeafVerdict {
        guard let leaf = try? LeafCertificate(der: der) else { return .malformed }
        guard let root = pinnedRoot(leaf.namedSite) else { return .unknown(leaf.namedSite) }
        guard root.siteID == leaf.namedSite, leaf.isSigned(by: root) else {
            return .forged(leaf.namedSite)
        }
        return .peer(leaf.namedSite, expired: leaf.isExpired(at: now))
    }

    /// The root with which a chain proves itself: presented after the leaf, and signer of the leaf.
    ///
    /// It proves which site is there, never that the site is trusted. Nil when the chain proves
    /// nothing. Only the second certificate is looked at: a site has no intermediates.
    public static func selfProvenRoot(ofChain chain: [[UInt8]]) -> RootCertificate? {
        guard chain.count >= 2, let leaf = try? LeafCertificate(der: chain[0]),
            let root = try? RootCertificate(der: chain[1]),
            leaf.namedSite == root.siteID, leaf.isSigned(by: root)
        else { return nil }
        return root
    }
}
