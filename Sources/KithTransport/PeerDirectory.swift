public import KithModel
public import KithTrust

/// Who may connect, as of now: the live pins.
///
/// It is asked at every handshake and every call, from the network's own threads: it must answer
/// from memory, at once, and without waiting for anything. After a change, tell
/// ``PeerServer/pinsChanged(closing:)``; until then new calls are already judged by the new pins, but open
/// ones go on.
public protocol PeerDirectory: Sendable {
    /// The root pinned for a site; nil when the site is not a peer, or not any more.
    func pinnedRoot(of site: SiteID) -> RootCertificate?
    /// Whether sites that we do not know may call `Pairing`: an invitation or, at a relay, a
    /// letterbox stands, or a person waits for a partner on the phone.
    func isPairingOpen() -> Bool
}

/// Where the TLS identity comes from. It is asked for every new connection, so that a renewed
/// leaf is used without a restart; it should answer from memory.
public typealias TLSIdentityProvider = @Sendable () throws -> TLSIdentity

/// Who is at the other end of a connection, judged from its certificate and the live pins.
public enum Caller: Hashable, Sendable {
    /// A peer; an expired leaf is a warning, not a cut-off (D15).
    case peer(SiteID, root: RootCertificate, leafExpired: Bool)
    /// A site that is not a peer but has proven who it is; it may only call `Pairing`.
    case unpaired(root: RootCertificate)

    /// The site's id.
    public var siteID: SiteID {
        switch self {
        case .peer(let site, _, _): site
        case .unpaired(let root): root.siteID
        }
    }

    /// The site's root certificate: pinned, or as presented.
    public var root: RootCertificate {
        switch self {
        case .peer(_, let root, _): root
        case .unpaired(let root): root
        }
    }
}
