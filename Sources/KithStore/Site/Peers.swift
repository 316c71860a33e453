import Foundation
import GRDB
public import KithModel
import KithProtocol
public import KithTrust

/// A peer as the store knows it.
public struct StoredPeer: Sendable {
    /// The site.
    public let site: SiteID
    /// Its name.
    public let name: String
    /// Its root certificate: the pin.
    public let root: RootCertificate
    /// Where it is dialled, in this order.
    public let addresses: [String]
    /// Whether the nightly sync dials it.
    public let isEnabled: Bool
    /// When a session with it was last begun.
    public let lastAttempt: Instant?
    /// Why the last session failed.
    public let lastProblem: String?
    /// When both sides last proved that they hold the same.
    public let lastEqual: Instant?
    /// Whether nothing is left to share but how a membership ended.
    public internal(set) var isFormer: Bool
    /// Whether its TLS certificate had expired at the last session.
    public let isLeafExpired: Bool
}

extension StoreTransaction {
    /// Everyone that this site syncs with: fellow members of its partnerships, former ones that have
    /// not been told yet, members of those that it left, the site that it is just joining through, and
    /// those paired with by phone.
    public func peers() throws -> [StoredPeer] {
        var found: [SiteID: StoredPeer] = [:]
        for row in try rows(
            """
            SELECT member.root, member.name, member.addresses AS stated, standing.role,
                own.role AS own_role, member.partnership, peer.addresses, peer.is_enabled,
                peer.last_attempt_ms, peer.last_problem, peer.last_equal_ms, peer.is_leaf_expired
            FROM member JOIN standing USING (partnership, site)
            JOIN standing AS own ON own.partnership = member.partnership AND own.site = ?
            LEFT JOIN peer ON peer.site = member.site
            WHERE member.site <> own.site
            """, [keys.site.blob])
        {
            guard var peer = peer(row) else { continue }
            let (isOwn, isTheirs) = (row["own_role"] as Int? != nil, row["role"] as Int? != nil)
            let partnership: Int64 = row["partnership"]
            if isOwn, isTheirs {
                found[peer.site] = peer
            } else if found[peer.site] == nil,
                try isOwn
                    ? untoldRemoval(of: peer.site, to: peer.site, in: partnership) != nil
                    : owesWord(ofLeaving: partnership, to: peer.site)
            {
                peer.isFormer = true
                found[peer.site] = peer
            }
        }
        for row in try rows(
            """
            SELECT peer.site, peer.root, peer.name, '' AS stated, peer.addresses, is_enabled,
                last_attempt_ms, last_problem, last_equal_ms, is_leaf_expired
            FROM peer JOIN partnership ON partnership.sponsor = peer.site
            WHERE NOT EXISTS (
                SELECT 1 FROM standing
                WHERE standing.partnership = partnership.id AND standing.site = ?
                    AND (role IS NOT NULL OR removal > sponsor_since))
            """, [keys.site.blob])
        {
            if let peer = peer(row), found[peer.site] == nil { found[peer.site] = peer }
        }
        for profile in try pairings() where found[profile.site] == nil {
            found[profile.site] = try peer(paired: profile)
        }
        return found.values.sorted { ($0.name, $0.site) < ($1.name, $1.site) }
    }

    private func peer(paired profile: SiteProfile) throws -> StoredPeer? {
        try row(
            """
            SELECT pairing.site, ? AS root, ? AS name, ? AS stated, peer.addresses, is_enabled,
                last_attempt_ms, last_problem, last_equal_ms, is_leaf_expired
            FROM pairing LEFT JOIN peer ON peer.site = pairing.site WHERE pairing.site = ?
            """,
            [
                Data(profile.root.der), profile.name, profile.addresses.joined(separator: "\n"),
                profile.site.blob,
            ]
        ).flatMap(peer)
    }

    private func peer(_ row: StoredRow) -> StoredPeer? {
        guard let root = try? RootCertificate(der: Array(row["root"] as Data)) else { return nil }
        let own = (row["addresses"] as String?)?.lines ?? []
        func instant(_ column: String) -> Instant? {
            (row[column] as Int64?).map { Instant(milliseconds: $0) }
        }
        return StoredPeer(
            site: root.siteID, name: row["name"], root: root,
            // What people here set comes first; where that has changed, what the site itself says.
            addresses: own + (row["stated"] as String).lines.filter { !own.contains($0) },
            isEnabled: row["is_enabled"] ?? true, lastAttempt: instant("last_attempt_ms"),
            lastProblem: row["last_problem"], lastEqual: instant("last_equal_ms"), isFormer: false,
            isLeafExpired: row["is_leaf_expired"] ?? false)
    }

    /// Sets where a peer is dialled, whether it is, or both.
    public func setPeer(
        _ site: SiteID, name: String, root: RootCertificate, addresses: [String]?, isEnabled: Bool?
    ) throws {
        try execute(
            """
            INSERT INTO peer (site, name, root, addresses, is_enabled) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (site) DO UPDATE SET
                name = excluded.name, root = excluded.root,
                addresses = CASE WHEN ? THEN excluded.addresses ELSE peer.addresses END,
                is_enabled = CASE WHEN ? THEN excluded.is_enabled ELSE peer.is_enabled END
            """,
            [
                site.blob, name, Data(root.der), (addresses ?? []).joined(separator: "\n"),
                isEnabled ?? true, addresses != nil, isEnabled != nil,
            ])
    }

    /// Notes how a session with a peer ended; nothing is said of its certificate when it was not met.
    public func noteSession(
        with peer: StoredPeer, at now: Instant, problem: String?, isEqual: Bool,
        isLeafExpired: Bool?
    ) throws {
        try setPeer(
            peer.site, name: peer.name, root: peer.root, addresses: nil, isEnabled: nil)
        try execute(
            """
            UPDATE peer SET last_attempt_ms = ?, last_problem = ?,
                last_equal_ms = CASE WHEN ? THEN ? ELSE last_equal_ms END,
                is_leaf_expired = coalesce(?, is_leaf_expired)
            WHERE site = ?
            """,
            [
                now.milliseconds, problem, isEqual, now.milliseconds, isLeafExpired,
                peer.site.blob,
            ])
    }

    /// A small fact by name.
    public func note(_ name: String) throws -> String? {
        try row("SELECT value FROM meta WHERE name = ?", [name])
            .map { String(decoding: $0["value"] as Data, as: UTF8.self) }
    }

    /// Sets a small fact.
    public func setNote(_ name: String, _ value: String) throws {
        try execute(
            """
            INSERT INTO meta (name, value) VALUES (?, ?)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """, [name, Data(value.utf8)])
    }
}
