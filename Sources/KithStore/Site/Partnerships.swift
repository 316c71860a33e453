import Foundation
import GRDB
public import KithModel
import KithProtocol
public import KithTrust

/// A partnership as the store knows it.
public struct StoredPartnership: Sendable {
    /// Its id.
    public let id: PartnershipID
    /// Its name.
    public let name: String
    /// Why the members share.
    public let purpose: String
    /// Whether it is this site's own.
    public let isPrivate: Bool
    /// Through whom this site joined.
    public let sponsor: SiteID?
    /// The members.
    public let members: [StoredMember]
    /// Sites that were members.
    public let formerMembers: [StoredFormerMember]
    /// Bytes of its entries here.
    public let logBytes: Int64
    /// How many others may fill; nil: as many as they like.
    public let quotaBytes: Int64?
    /// Years for which records are kept after the end of care.
    public let retentionYears: Int
}

/// A member as the store knows it.
public struct StoredMember: Sendable {
    /// What the site says of itself, or others of it.
    public let profile: SiteProfile
    /// What it is granted.
    public let grant: Grant
}

/// A site that was a member.
public struct StoredFormerMember: Sendable {
    /// What it said of itself, or others of it.
    public let profile: SiteProfile
    /// Who wrote the act that ended the membership; the site itself when it left.
    public let remover: SiteID
    /// When that was written, by its author's clock.
    public let recorded: Instant
}

extension StoreTransaction {
    /// Takes a partnership in: one that is being founded, or that this site has just joined.
    public func addPartnership(
        _ id: PartnershipID, name: String, purpose: String, isPrivate: Bool, sponsor: SiteID?,
        now: Instant
    ) throws {
        try execute(
            """
            INSERT INTO partnership (uuid, name, purpose, is_private, sponsor, joined_ms)
            VALUES (?, ?, ?, ?, ?, ?)
            """, [id.blob, name, purpose, isPrivate, sponsor?.blob, now.milliseconds])
    }

    /// The partnerships that this site is in, by name, its private one last.
    public func partnerships() throws -> [StoredPartnership] {
        try rows(
            """
            SELECT id, uuid, name, purpose, is_private, sponsor, log_bytes, quota_bytes,
                retention_years
            FROM partnership ORDER BY is_private, name, uuid
            """
        ).map { row in
            let (members, former) = try members(of: row["id"])
            return StoredPartnership(
                id: try PartnershipID(blob: row["uuid"]), name: row["name"],
                purpose: row["purpose"], isPrivate: row["is_private"],
                sponsor: (row["sponsor"] as Data?).flatMap { SiteID(bytes: $0) },
                members: members, formerMembers: former, logBytes: row["log_bytes"],
                quotaBytes: row["quota_bytes"], retentionYears: row["retention_years"])
        }
    }

    private func members(
        of partnership: Int64
    ) throws -> (now: [StoredMember], former: [StoredFormerMember]) {
        var members: [StoredMember] = []
        var former: [StoredFormerMember] = []
        for row in try rows(
            """
            SELECT member.root, sealing_key, name, kind, ods, addresses, role, compartments,
                may_attest, ends_ms, feed.author AS remover, removal.recorded_ms AS removed_ms
            FROM member JOIN standing USING (partnership, site)
            LEFT JOIN entry AS removal ON removal.arrival = standing.removal
            LEFT JOIN chain ON chain.id = removal.chain
            LEFT JOIN feed ON feed.id = chain.feed
            WHERE member.partnership = ? ORDER BY name, member.site
            """, [partnership])
        {
            guard let root = try? RootCertificate(der: Array(row["root"] as Data)) else { continue }
            let profile = SiteProfile(
                root: root, sealingKey: row["sealing_key"], name: row["name"], kind: row["kind"],
                ods: row["ods"], addresses: (row["addresses"] as String).lines)
            if let grant = Grant(row: row) {
                members.append(StoredMember(profile: profile, grant: grant))
            } else if let remover = row["remover"] as Cell?, let time = row["removed_ms"] as Int64?
            {
                former.append(
                    StoredFormerMember(
                        profile: profile, remover: try SiteID(blob: remover),
                        recorded: Instant(milliseconds: time)))
            }
        }
        return (members, former)
    }

    /// Sets how many bytes of a partnership's entries others may fill here; nil: as many as they
    /// like. What this site writes itself is never refused.
    public func setQuota(of id: PartnershipID, bytes: Int64?) throws {
        try execute(
            "UPDATE partnership SET quota_bytes = ? WHERE id = ?",
            [bytes, try partnershipRow(id)])
    }

    /// Sets for how many years records are kept after the end of care.
    public func setRetention(of id: PartnershipID, years: Int) throws {
        try execute(
            "UPDATE partnership SET retention_years = ? WHERE id = ?",
            [years, try partnershipRow(id)])
    }

    /// What a site is granted in a partnership by all that is known here; nil when not a member.
    public func grant(of site: SiteID, in id: PartnershipID) throws -> Grant? {
        try grant(of: site, in: try partnershipRow(id))
    }

    /// How many entries and parts wait or were set aside, and how many there are of each reason.
    public func waiting() throws -> (unread: [String: Int], setAside: [String: Int]) {
        func counts(_ table: String) throws -> [String: Int] {
            Dictionary(
                uniqueKeysWithValues: try rows(
                    "SELECT reason, count(*) AS count FROM \(table) GROUP BY reason"
                ).map { ($0["reason"], $0["count"]) })
        }
        return (try counts("unread"), try counts("set_aside"))
    }

    /// How many parts cannot be read here yet, without those that this site only forwards: they are
    /// never to be read here, and nobody has to do anything about them.
    public func awaitedParts() throws -> Int {
        let count = try number(
            """
            SELECT count(*) FROM unread
            JOIN entry ON entry.arrival = unread.entry
            JOIN chain ON chain.id = entry.chain JOIN feed ON feed.id = chain.feed
            WHERE feed.partnership NOT IN (
                SELECT partnership FROM standing WHERE site = ? AND role = ?)
            """, [keys.site.blob, Role.relay.rawValue])
        return Int(count ?? 0)
    }
}

extension String {
    /// The lines of a column that holds a list.
    var lines: [String] { split(separator: "\n").map(String.init) }
}
