package import KithModel
package import KithProtocol
package import KithTrust

/// A site that is not a peer, or not in the partnership that it asks for, and who it has proven to be.
package struct UnpairedSite: Hashable, Sendable {
    /// The site's id, proven by the TLS handshake.
    package let siteID: SiteID
    /// The root that it presented, or that is already pinned for it.
    package let root: RootCertificate

    /// Names a site by its root.
    package init(root: RootCertificate) {
        siteID = root.siteID
        self.root = root
    }
}

/// What a site does with the calls of other sites; the caller is authorised before it is asked.
///
/// Each method runs in a task of its own that is cancelled with the server. Throw
/// ``TransportError`` with `refused` to say no with a reason that the other side shows to a
/// person; any other error reaches the other side as "failed", without its text.
package protocol PeerServiceHandler: Sendable {
    /// Runs one sync session; returning ends it. The peer was pinned when the session began, and
    /// when it is removed its connection is closed, which `stream` then reports. An expired leaf is
    /// a warning: its daemon should have renewed it.
    func session(
        with peer: SiteID, isLeafExpired: Bool, _ stream: SessionStream
    ) async throws
    /// Says what a joiner would join.
    func preview(
        _ request: Kith_V1_PreviewRequest, from site: UnpairedSite
    ) async throws -> Kith_V1_PreviewResponse
    /// Takes a joiner in.
    func join(
        _ request: Kith_V1_JoinRequest, from site: UnpairedSite
    ) async throws -> Kith_V1_JoinResponse
    /// Begins to pair by phone.
    func commit(
        _ request: Kith_V1_CommitRequest, from site: UnpairedSite
    ) async throws -> Kith_V1_CommitResponse
    /// Goes on with that; now both sites know the words.
    func reveal(
        _ request: Kith_V1_RevealRequest, from site: UnpairedSite
    ) async throws -> Kith_V1_RevealResponse
    /// As a relay, says what an invitation is to; the answer is sealed.
    func notice(
        _ request: Kith_V1_NoticeRequest, from site: UnpairedSite
    ) async throws -> Kith_V1_NoticeResponse
    /// As a relay, keeps a join request for its inviter.
    func leave(
        _ request: Kith_V1_SealedJoin, from site: UnpairedSite
    ) async throws -> Kith_V1_LeaveResponse
    /// As a relay, keeps a peer's letterboxes and hands over what was left in them.
    func collect(
        _ request: Kith_V1_CollectRequest, from peer: SiteID
    ) async throws -> Kith_V1_CollectResponse
    /// Is told of partnerships by a peer, and tells it of some.
    func offer(_ offers: Kith_V1_Offers, from peer: SiteID) async throws -> Kith_V1_Offers
}
