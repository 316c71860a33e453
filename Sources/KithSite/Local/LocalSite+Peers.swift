import KithModel
import KithStore
import KithTransport
import KithTrust

/// The other members of this site's partnerships, and what keeps each apart.
extension LocalSite {
    package func peers() async throws -> [PeerView] {
        try await translating {
            let now = clock()
            return try await store.read { transaction in
                let partnerships = try transaction.partnerships()
                return try transaction.peers().map { peer in
                    let lags = try transaction.lags(with: peer.site, now: now)
                    return PeerView(
                        site: peer.site, name: peer.name, addresses: peer.addresses,
                        isEnabled: peer.isEnabled,
                        partnerships: partnerships.filter { partnership in
                            partnership.members.contains { $0.profile.site == peer.site }
                        }.map(\.name),
                        lastEqual: peer.lastEqual, lastAttempt: peer.lastAttempt,
                        lastProblem: peer.lastProblem,
                        entriesToSend: lags.reduce(0) { $0 + $1.toSend },
                        lags: try lags.map { lag in
                            let partnership = partnerships.first { $0.id == lag.partnership }
                            return PeerLag(
                                partnership: partnership?.name ?? lag.partnership.short,
                                entriesToSend: lag.toSend, bytesToSend: lag.bytesToSend,
                                oldestToSend: lag.oldestToSend, entriesToReceive: lag.toReceive,
                                bytesToReceive: lag.bytesToReceive, stated: lag.stated,
                                blocked: try Self.blocked(peer, lag, partnership, transaction))
                        },
                        isCertificateExpired: peer.isLeafExpired)
                }
            }
        }
    }

    /// What keeps a peer and this site apart, as far as this site knows.
    private static func blocked(
        _ peer: StoredPeer, _ lag: StoredLag, _ partnership: StoredPartnership?,
        _ transaction: StoreTransaction
    ) throws -> String? {
        guard lag.toSend > 0 || lag.toReceive > 0 else {
            // Whatever is to be read waits for a key, not for the peer alone.
            return try transaction.hasUnread(in: lag.partnership)
                ? "entries wait here for a key or a newer version; see 'kith status'" : nil
        }
        if let problem = peer.lastProblem { return problem }
        if let partnership, let quota = partnership.quotaBytes, partnership.logBytes >= quota,
            lag.toReceive > 0
        {
            return "the quota here is used up; raise it with 'kith partnership quota'"
        }
        if peer.addresses.isEmpty {
            return "it is not dialled from here, and has not dialled us since"
        }
        if !peer.isEnabled {
            return "the nightly sync does not dial it; see 'kith peer set --enable'"
        }
        return peer.lastEqual == nil ? "never met; run 'kith sync'" : nil
    }

    package func setPeer(_ change: PeerChange) async throws -> PeerView {
        try await translating {
            let peer = try await storedPeer(change.peer)
            let addresses = try change.addresses.map {
                try $0.map { try HostPort(text: $0).description }
            }
            try await store.write { transaction in
                try transaction.setPeer(
                    peer.site, name: peer.name, root: peer.root, addresses: addresses,
                    isEnabled: change.isEnabled)
            }
            guard let changed = try await peers().first(where: { $0.site == peer.site }) else {
                throw SiteError(.notFound, "the peer is gone; see 'kith peer list'")
            }
            return changed
        }
    }

    func storedPeer(_ reference: String) async throws -> StoredPeer {
        let all = try await store.read { try $0.peers() }
        let wanted = reference.lowercased()
        let matches = all.filter {
            $0.name.lowercased() == wanted || $0.site.description.lowercased() == wanted
        }
        let similar =
            matches.isEmpty
            ? all.filter {
                $0.name.lowercased().hasPrefix(wanted)
                    || (wanted.count >= 4 && $0.site.description.lowercased().hasPrefix(wanted))
            } : matches
        guard let match = similar.first else {
            throw SiteError(
                .notFound,
                "no member of this site's partnerships is called \(shown(reference)); see 'kith peer list'"
            )
        }
        guard similar.count == 1 else {
            throw SiteError(
                .ambiguous, "\(shown(reference)) may mean several sites; give the site id")
        }
        return match
    }
}
