import KithModel
import KithTrust

/// Judges who a connection is from its certificates and the live pins; the only place that does.
struct CallerJudge: Sendable {
    let directory: any PeerDirectory
    let now: @Sendable () -> Instant

    /// Judges a connection by its leaf, which also resumed TLS sessions have.
    ///
    /// - Parameter introducedBy: the root of an unknown site, kept from the handshake in which it
    ///   proved itself. A resumed session had no such handshake, so it cannot be an unpaired site.
    func caller(leaf: [UInt8], introducedBy root: RootCertificate?) -> Caller? {
        let verdict = LeafVerifier.verdict(onLeaf: leaf, at: now()) { directory.pinnedRoot(of: $0) }
        switch verdict {
        case .peer(let site, let expired):
            // The directory is asked again: between the two answers the site may have been removed.
            guard let pinned = directory.pinnedRoot(of: site) else { return nil }
            return .peer(site, root: pinned, leafExpired: expired)
        case .unknown(let site):
            guard let root, root.siteID == site, directory.isPairingOpen(),
                LeafVerifier.selfProvenRoot(ofChain: [leaf, root.der]) != nil
            else { return nil }
            return .unpaired(root: root)
        case .forged, .malformed:
            return nil
        }
    }

    /// Judges a chain in the handshake; says also which root an unknown site proved itself with.
    func admits(chain: [[UInt8]]) -> (admitted: Bool, introduction: RootCertificate?) {
        guard let leaf = chain.first else { return (false, nil) }
        let root = LeafVerifier.selfProvenRoot(ofChain: chain)
        return (caller(leaf: leaf, introducedBy: root) != nil, root)
    }
}
