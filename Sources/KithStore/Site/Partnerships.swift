public import Foundation
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
}

/// A member as the store knows it.
public struct StoredMember: Sendable {
    /// What the site says of itself, or others of it.
    public let profile: SiteProfile
    /// What it is granted.
    public let grant: Grant
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

    /// Founds a partnership, with a key for each compartment.
    public func found(
        name: String, purpose: String, profile: SiteProfile, isPrivate: Bool, now: Instant
    ) throws -> PartnershipID {
        let nonce = cryptography.randomBytes(16)
        let id = PartnershipID(founder: keys.site, nonce: Array(nonce))
        try addPartnership(
            id, name: name, purpose: purpose, isPrivate: isPrivate, sponsor: nil, now: now)
        try author(
            .found(nonce: nonce, name: name, purpose: purpose, founder: profile), of: id, now: now)
        for compartment in Compartment.granted {
            let key = CompartmentKey(random: cryptography)
            let sealed = try key.sealed(
                for: keys.site, sealingKey: profile.sealingKey, in: id, compartment, cryptography)
            try author(
                .mint(compartment, commitment: key.commitment, sealed: [sealed]), of: id, now: now)
        }
        return id
    }

    /// Admits a site and hands it every key of the compartments that it is granted.
    public func admit(
        _ site: SiteProfile, _ grant: Grant, invitation: Data, to id: PartnershipID, now: Instant
    ) throws {
        let partnership = try partnershipRow(id)
        try author(.admit(site, grant, invitation: invitation), of: id, now: now)
        guard grant.role > .relay else { return }
        var handed: [(key: EntryHash, sealed: SealedKey)] = []
        for row in try rows(
            """
            SELECT id, compartment, secret FROM compartment_key
            WHERE partnership = ? AND secret IS NOT NULL ORDER BY depth, id
            """, [partnership])
        {
            guard let compartment = Compartment(rawValue: row["compartment"]),
                grant.reads(compartment), let key = CompartmentKey(bytes: row["secret"])
            else { continue }
            handed.append(
                (
                    try EntryHash(blob: row["id"]),
                    try key.sealed(
                        for: site.site, sealingKey: site.sealingKey, in: id, compartment,
                        cryptography)
                ))
        }
        if !handed.isEmpty { try author(.handOver(handed), of: id, now: now) }
    }

    /// The partnerships that this site is in, by name, its private one last.
    public func partnerships() throws -> [StoredPartnership] {
        try rows(
            """
            SELECT id, uuid, name, purpose, is_private, sponsor FROM partnership
            ORDER BY is_private, name, uuid
            """
        ).map { row in
            StoredPartnership(
                id: try PartnershipID(blob: row["uuid"]), name: row["name"],
                purpose: row["purpose"], isPrivate: row["is_private"],
                sponsor: (row["sponsor"] as Data?).flatMap { SiteID(bytes: $0) },
                members: try members(of: row["id"]))
        }
    }

    private func members(of partnership: Int64) throws -> [StoredMember] {
        try rows(
            """
            SELECT site, root, sealing_key, name, kind, ods, addresses FROM member
            WHERE partnership = ? ORDER BY name, site
            """, [partnership]
        ).compactMap { row in
            guard let root = try? RootCertificate(der: Array(row["root"] as Data)),
                let grant = try grant(of: root.siteID, in: partnership)
            else { return nil }
            return StoredMember(
                profile: SiteProfile(
                    root: root, sealingKey: row["sealing_key"], name: row["name"],
                    kind: row["kind"], ods: row["ods"],
                    addresses: (row["addresses"] as String).lines),
                grant: grant)
        }
    }

    /// What a site is granted in a partnership by all that is known here; nil when not a member.
    public func grant(of site: SiteID, in id: PartnershipID) throws -> Grant? {
        try grant(of: site, in: try partnershipRow(id))
    }

    /// Whether this site may hand a compartment's records to readers: it has a key to write with.
    public func canWrite(_ compartment: Compartment, in id: PartnershipID) throws -> Bool {
        try writingKey(compartment, in: try partnershipRow(id)) != nil
    }

    /// The compartments that this site and a peer both hold, by what is known here; of a partnership
    /// whose `membership` has not arrived, `membership` alone, with the site it was joined through.
    public func sharedCompartments(with peer: SiteID) throws -> [CompartmentID] {
        var shared: [CompartmentID] = []
        for row in try rows("SELECT id, uuid, sponsor FROM partnership") {
            let id = try PartnershipID(blob: row["uuid"])
            let partnership: Int64 = row["id"]
            if let own = try grant(of: keys.site, in: partnership) {
                guard let theirs = try grant(of: peer, in: partnership) else { continue }
                shared += Compartment.allCases.filter { own.holds($0) && theirs.holds($0) }
                    .map { CompartmentID(id, $0) }
            } else if (row["sponsor"] as Data?) == peer.blob {
                shared.append(CompartmentID(id, .membership))
            }
        }
        return shared.sorted()
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
}

extension String {
    /// The lines of a column that holds a list.
    var lines: [String] { split(separator: "\n").map(String.init) }
}
