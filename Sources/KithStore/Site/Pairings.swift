import Foundation
import GRDB
public import KithModel
import KithProtocol
public import KithTrust

// Sites that people paired this one with by phone, which share no partnership with it yet.
extension StoreTransaction {
    /// Keeps a site whose words people have compared.
    public func addPairing(_ profile: SiteProfile, now: Instant) throws {
        try execute(
            """
            INSERT OR REPLACE INTO pairing (site, profile, arrival, paired_ms)
            VALUES (?, ?, (SELECT coalesce(max(arrival), 0) FROM entry), ?)
            """,
            [profile.site.blob, Kith_V1_SiteProfile(profile).bytes(), now.milliseconds])
    }

    /// Forgets a pairing; false when there was none.
    public func removePairing(with site: SiteID) throws -> Bool {
        try execute("DELETE FROM pairing WHERE site = ?", [site.blob])
        return database.changesCount > 0
    }

    /// The sites paired with by phone. A removal from a partnership that came later ends a pairing:
    /// whom a steward has put out is not let in by an older acquaintance.
    public func pairings() throws -> [SiteProfile] {
        try rows(
            """
            SELECT profile FROM pairing
            WHERE NOT EXISTS (
                SELECT 1 FROM standing WHERE standing.site = pairing.site
                    AND standing.removal > pairing.arrival)
            """
        ).map { row in
            try SiteProfile(Kith_V1_SiteProfile(checked: row["profile"], "site profile"))
        }
    }

    /// What a site that is paired with, or shares a partnership, last said of itself.
    public func knownProfile(of site: SiteID) throws -> SiteProfile? {
        let members = try partnerships().filter { partnership in
            partnership.members.contains { $0.profile.site == keys.site }
        }.flatMap(\.members).map(\.profile)
        return (members + (try pairings())).first { $0.site == site }
    }
}

extension StoreTransaction {
    /// Takes part in a partnership through a peer: its `membership` is asked of that peer first.
    public func join(
        _ id: PartnershipID, name: String, purpose: String, through sponsor: SiteID, now: Instant
    ) throws {
        // The sponsor is a peer by this row until `membership` has arrived.
        if try number("SELECT 1 FROM peer WHERE site = ?", [sponsor.blob]) == nil,
            let peer = try peers().first(where: { $0.site == sponsor })
        {
            try setPeer(sponsor, name: peer.name, root: peer.root, addresses: nil, isEnabled: nil)
        }
        if let partnership = try number("SELECT id FROM partnership WHERE uuid = ?", [id.blob]) {
            // Joined before: it was removed since, or asks once more.
            try execute(
                "UPDATE partnership SET sponsor = ?, sponsor_since = ? WHERE id = ?",
                [sponsor.blob, try version(), partnership])
            return
        }
        try addPartnership(
            id, name: name, purpose: purpose, isPrivate: false, sponsor: sponsor, now: now)
    }
}

/// A partnership that a peer says this site is a member of, and that is not known here.
public struct StoredOffer: Sendable {
    /// The partnership.
    public let partnership: PartnershipID
    /// Its name.
    public let name: String
    /// Why its members share.
    public let purpose: String
    /// What this site is granted in it.
    public let grant: Grant
    /// Who says so.
    public let site: SiteID
    /// When it was said last.
    public let told: Instant

    /// Describes an offer.
    public init(
        partnership: PartnershipID, name: String, purpose: String, grant: Grant, site: SiteID,
        told: Instant
    ) {
        self.partnership = partnership
        self.name = name
        self.purpose = purpose
        self.grant = grant
        self.site = site
        self.told = told
    }
}

/// A partnership that a peer is told of.
public struct OwnOffer: Sendable {
    /// The partnership.
    public let partnership: PartnershipID
    /// Its name.
    public let name: String
    /// Why its members share.
    public let purpose: String
    /// What the peer is granted in it.
    public let grant: Grant
}

extension StoreTransaction {
    /// The partnerships of which a peer is a member by what is known here, with what it is granted;
    /// without `all` only those in which it has stated nothing yet.
    public func partnershipsToOffer(to peer: SiteID, all: Bool) throws -> [OwnOffer] {
        try rows(
            """
            SELECT uuid, name, purpose, theirs.role, theirs.compartments, theirs.may_attest,
                theirs.ends_ms
            FROM partnership
            JOIN standing AS own ON own.partnership = partnership.id AND own.site = ?1
            JOIN standing AS theirs ON theirs.partnership = partnership.id AND theirs.site = ?2
            WHERE is_private = 0 AND own.role IS NOT NULL AND theirs.role IS NOT NULL
                AND (?3 OR NOT EXISTS (SELECT 1 FROM statement
                    WHERE statement.partnership = partnership.id
                        AND statement.compartment = ?4 AND statement.site = ?2))
            ORDER BY name, uuid LIMIT ?5
            """,
            [keys.site.blob, peer.blob, all, Compartment.membership.rawValue, Limits.offers]
        ).compactMap { row in
            guard let grant = Grant(row: row) else { return nil }
            return OwnOffer(
                partnership: try PartnershipID(blob: row["uuid"]), name: row["name"],
                purpose: row["purpose"], grant: grant)
        }
    }

    /// Takes over what a peer offers now; what it offered before and does not any more is gone.
    public func keepOffers(_ offers: [StoredOffer], from peer: SiteID) throws {
        try execute("DELETE FROM offer WHERE site = ?", [peer.blob])
        for offer in offers {
            try execute(
                """
                INSERT OR IGNORE INTO offer
                    (partnership, site, name, purpose, role, compartments, may_attest, ends_ms,
                     told_ms)
                SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?
                WHERE NOT EXISTS (SELECT 1 FROM partnership WHERE uuid = ?)
                """,
                [
                    offer.partnership.blob, peer.blob, offer.name, offer.purpose,
                    offer.grant.role.rawValue, offer.grant.compartments.bits,
                    offer.grant.mayAttest, offer.grant.ends?.milliseconds, offer.told.milliseconds,
                    offer.partnership.blob,
                ])
        }
    }

    /// The offers of peers that are still peers, by name.
    public func offers() throws -> [StoredOffer] {
        let peers = Set(try peers().map(\.site))
        return try rows(
            """
            SELECT partnership, site, name, purpose, role, compartments, may_attest, ends_ms,
                told_ms
            FROM offer WHERE partnership NOT IN (SELECT uuid FROM partnership)
            ORDER BY name, partnership, site
            """
        ).compactMap { row in
            let site = try SiteID(blob: row["site"])
            guard peers.contains(site), let grant = Grant(row: row) else { return nil }
            return StoredOffer(
                partnership: try PartnershipID(blob: row["partnership"]), name: row["name"],
                purpose: row["purpose"], grant: grant, site: site,
                told: Instant(milliseconds: row["told_ms"]))
        }
    }
}
