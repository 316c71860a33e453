import Foundation
package import KithModel
package import KithProtocol
import KithStore
import KithTransport
import KithTrust
import SwiftProtobuf
import Synchronization

// Further partnerships with peers, without a code: a steward admits, the peer is told and accepts.
extension LocalSite {
    /// Admits a peer, and tells it if it can be reached now.
    func admit(
        _ reference: String?, _ draft: AdmissionDraft, to partnership: PartnershipView
    ) async throws -> MembershipReport {
        try checkMayAdmit(to: partnership)
        guard let reference else { throw SiteError(.invalid, "say which peer to admit") }
        let peer = try await storedPeer(reference)
        guard !partnership.members.contains(where: { $0.site == peer.site }) else {
            throw SiteError(
                .invalid,
                "\(peer.name) is a member already; 'kith partnership change' gives it another grant"
            )
        }
        guard let profile = try await store.read({ try $0.knownProfile(of: peer.site) }) else {
            throw SiteError(
                .refused,
                "\(peer.name) shares no partnership with this site any more; pair with it again")
        }
        let grant = try grant(
            for: InvitationDraft(
                partnership: partnership.id.description, role: draft.role,
                compartments: draft.compartments, mayAttest: draft.mayAttest,
                sharingEnds: draft.sharingEnds), in: partnership)
        let now = clock()
        try await store.write {
            try $0.admit(profile, grant, invitation: Data(), to: partnership.id, now: now)
        }
        try await refreshDirectory()
        await tell(peer)
        return MembershipReport(
            partnership: try await self.partnership(partnership.id.description),
            member: profile.name, isInEffect: true)
    }

    /// Throws unless this site may take others into a partnership.
    func checkMayAdmit(to partnership: PartnershipView) throws {
        guard !partnership.isPrivate else {
            throw SiteError(
                .refused, "the private partnership has no other members; create another one")
        }
        guard partnership.members.contains(where: { $0.isSelf && $0.role == Role.steward.name })
        else {
            let stewards = partnership.members.filter { $0.role == Role.steward.name }
            throw SiteError(
                .refused,
                "only a steward invites and admits; ask \(stewards.map(\.name).joined(separator: " or "))"
            )
        }
    }

    /// Tells a peer at once what it was admitted to, or what is left at it. One that does not answer is told when the two
    /// next meet, so nothing depends on this.
    func tell(_ peer: StoredPeer) async {
        let client = PeerClient(identity: { [self] in tlsIdentity }, now: clock)
        for address in peer.addresses {
            guard let address = try? HostPort(text: address) else { continue }
            let told: Void? = try? await client.withConnection(
                to: address, expecting: peer.site, root: peer.root, timeLimit: .seconds(3)
            ) { [self] connection in
                try await exchangeOffers(on: connection, with: peer.site)
                try await visitLetterboxes(on: connection, at: peer)
            }
            if told != nil { return }
        }
    }

    /// The same for a site that may not be a peer any more.
    func tell(_ site: SiteID) async {
        let peer = try? await store.read { try $0.peers() }.first { $0.site == site }
        if let peer { await tell(peer) }
    }

    package func offers() async throws -> [OfferView] {
        try await translating {
            let (offers, peers) = try await store.read { (try $0.offers(), try $0.peers()) }
            return offers.map { offer in
                OfferView(
                    partnership: offer.partnership, name: offer.name, purpose: offer.purpose,
                    site: offer.site,
                    siteName: peers.first { $0.site == offer.site }?.name ?? offer.site.short,
                    role: offer.grant.role.name, compartments: offer.grant.compartments.sorted(),
                    mayAttest: offer.grant.mayAttest, sharingEnds: offer.grant.ends,
                    told: offer.told)
            }
        }
    }

    package func acceptOffer(
        _ reference: String, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> JoinReport {
        try await translating {
            let all = try await offers()
            let wanted = reference.lowercased()
            let exact = all.filter { $0.name.lowercased() == wanted }
            let matches =
                exact.isEmpty
                ? all.filter {
                    $0.name.lowercased().hasPrefix(wanted)
                        || (wanted.count >= 4
                            && $0.partnership.description.lowercased().hasPrefix(wanted))
                } : exact
            guard let offer = matches.first else {
                throw SiteError(
                    .notFound,
                    "no peer offers \(shown(reference)); see 'kith partnership offers'")
            }
            guard Set(matches.map(\.partnership)).count == 1 else {
                throw SiteError(
                    .ambiguous, "\(shown(reference)) may mean several offers; give the id")
            }
            let now = clock()
            try await store.write { transaction in
                try transaction.join(
                    offer.partnership, name: offer.name, purpose: offer.purpose,
                    through: offer.site, now: now)
            }
            try await refreshDirectory()
            guard
                let first = try await sync([offer.site.description], progress: progress).first
            else {
                throw SiteError(.network, "accepted; now run 'kith sync' to take over the records")
            }
            return JoinReport(
                partnership: try await partnership(offer.partnership.description), sync: first)
        }
    }

    // MARK: Telling and being told

    /// Whether there is something to tell a peer, or something it told that may not hold any more.
    func hasOffers(with peer: SiteID) async throws -> Bool {
        try await store.read { transaction in
            try !transaction.partnershipsToOffer(to: peer, all: false).isEmpty
                || transaction.offers().contains { $0.site == peer }
        }
    }

    /// Tells a peer of partnerships on a connection, and keeps what it tells.
    func exchangeOffers(
        on connection: PeerConnection, with peer: SiteID, wantingAll: Bool = false
    ) async throws {
        var ours = try await offers(to: peer, all: false)
        ours.wantsAll = wantingAll
        let theirs: Kith_V1_Offers
        do {
            theirs = try await connection.offer(ours)
        } catch let error as TransportError where error.code == .protocolError {
            // Software that does not know of offers syncs all the same.
            return
        }
        try await keep(theirs, from: peer)
    }

    package func offer(
        _ offers: Kith_V1_Offers, from peer: SiteID
    ) async throws -> Kith_V1_Offers {
        try await keep(offers, from: peer)
        return try await self.offers(to: peer, all: offers.wantsAll)
    }

    private func offers(to peer: SiteID, all: Bool) async throws -> Kith_V1_Offers {
        try await store.read { transaction in
            try .with {
                $0.offers = try transaction.partnershipsToOffer(to: peer, all: all).map { offer in
                    .with {
                        $0.partnership = Data(offer.partnership.bytes)
                        $0.name = offer.name
                        $0.purpose = offer.purpose
                        $0.grant = Kith_V1_Grant(offer.grant)
                    }
                }
            }
        }
    }

    private func keep(_ offers: Kith_V1_Offers, from peer: SiteID) async throws {
        let offered = storedOffers(offers, from: peer, now: clock())
        let kept = try await store.read { try $0.offers() }.contains { $0.site == peer }
        // Most nights nothing is offered, and nothing is written.
        guard kept || !offered.isEmpty else { return }
        try await store.write { try $0.keepOffers(offered, from: peer) }
    }

    /// What of a peer's offers is well formed; limits hold for what comes from outside.
    func storedOffers(
        _ offers: Kith_V1_Offers, from peer: SiteID, now: Instant
    ) -> [StoredOffer] {
        offers.offers.prefix(Limits.offers).compactMap { offer in
            guard let id = PartnershipID(bytes: offer.partnership),
                let grant = try? Grant(offer.grant),
                [offer.name, offer.purpose].allSatisfy({
                    (1...Limits.personBytes).contains($0.utf8.count)
                })
            else { return nil }
            return StoredOffer(
                partnership: id, name: offer.name, purpose: offer.purpose, grant: grant,
                site: peer, told: now)
        }
    }
}

// Where partners reach this site.
extension LocalSite {
    /// What people said, else where the daemon listens, if that is an address of its own.
    func ownAddresses() async throws -> [String] {
        let said = try await saidAddresses()
        return said.isEmpty ? boundAddress : said
    }

    func saidAddresses() async throws -> [String] {
        try await store.read { try $0.note("site.addresses") ?? "" }
            .split(separator: "\n").map(String.init)
    }

    /// Where the daemon listens, unless that is every address that the machine has.
    private var boundAddress: [String] {
        guard let bound = listening.withLock({ $0 }), let address = try? HostPort(text: bound),
            !["0.0.0.0", "::"].contains(address.host)
        else { return [] }
        return [bound]
    }

    package func setAddresses(_ addresses: [String]) async throws -> SiteView {
        try await translating {
            guard addresses.count <= 16 else {
                throw SiteError(.invalid, "a site has at most 16 addresses")
            }
            let checked = try addresses.map { try HostPort(text: $0).description }
            let profile = profile(at: checked.isEmpty ? boundAddress : checked)
            let (now, own) = (clock(), keys.site)
            try await store.write { transaction in
                try transaction.setNote("site.addresses", checked.joined(separator: "\n"))
                for partnership in try transaction.partnerships() where !partnership.isPrivate {
                    guard
                        let told = partnership.members.first(where: { $0.profile.site == own }),
                        told.profile != profile
                    else { continue }
                    try transaction.author(.describe(profile), of: partnership.id, now: now)
                }
            }
            return try await self.profile()
        }
    }
}
