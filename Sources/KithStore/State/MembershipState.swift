import Foundation
import GRDB
import KithModel
import KithProtocol
import KithTrust

extension StoreTransaction {
    /// Applies a membership act, or sets its entry aside with the reason.
    func applyMembership(_ entry: ParsedEntry, at place: Place, partnership: Int64) throws {
        let header = entry.header
        for part in entry.received.parts {
            let act: MembershipAct
            do {
                act = try MembershipAct(decoding: part.skeleton)
            } catch {
                try setAside(place, error.code.rawValue)
                return
            }
            let verdict = Membership.verdict(
                on: act, by: header.feed.author, sequence: header.sequence,
                in: header.partnership,
                grant: try grant(of: header.feed.author, in: partnership, asOf: place))
            guard verdict == .allowed, entry.received.parts.count == 1 else {
                try setAside(place, verdict == .allowed ? "malformed" : verdict.rawValue)
                return
            }
            try apply(act, of: entry, at: place, partnership: partnership)
        }
    }

    private func apply(
        _ act: MembershipAct, of entry: ParsedEntry, at place: Place, partnership: Int64
    ) throws {
        switch act {
        case .found(_, let name, let purpose, let founder):
            try execute(
                "UPDATE partnership SET name = ?, purpose = ? WHERE id = ?",
                [name, purpose, partnership])
            try admit(founder, .founder, at: place, partnership)
        case .admit(let site, let grant, _):
            try admit(site, grant, at: place, partnership)
        case .describe(let site):
            try describe(site, isOwnWord: true, partnership)
        case .mint(let compartment, let commitment, let sealed):
            try execute(
                """
                INSERT INTO compartment_key (id, partnership, compartment, commitment, depth)
                VALUES (?, ?, ?, ?, ?)
                """,
                [entry.hash.blob, partnership, compartment.rawValue, commitment, place.depth])
            for key in sealed where key.site == keys.site {
                try take(key, of: entry.hash, partnership, entry.header.partnership)
            }
        case .handOver(let handed):
            for (id, key) in handed where key.site == keys.site {
                try take(key, of: id, partnership, entry.header.partnership)
            }
        }
    }

    private func admit(
        _ site: SiteProfile, _ grant: Grant, at place: Place, _ partnership: Int64
    ) throws {
        try execute(
            """
            INSERT INTO admission (arrival, partnership, site, role, compartments, may_attest)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                place.arrival, partnership, site.site.blob, grant.role.rawValue,
                grant.compartments.bits, grant.mayAttest,
            ])
        try describe(site, isOwnWord: false, partnership)
    }

    /// Keeps what a site says of itself over what others say of it.
    private func describe(
        _ site: SiteProfile, isOwnWord: Bool, _ partnership: Int64
    ) throws {
        try execute(
            """
            INSERT INTO member
                (partnership, site, root, sealing_key, name, kind, ods, addresses, is_own_word)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (partnership, site) DO UPDATE SET
                root = excluded.root, sealing_key = excluded.sealing_key, name = excluded.name,
                kind = excluded.kind, ods = excluded.ods, addresses = excluded.addresses,
                is_own_word = excluded.is_own_word
            WHERE excluded.is_own_word >= member.is_own_word
            """,
            [
                partnership, site.site.blob, Data(site.root.der), site.sealingKey, site.name,
                site.kind, site.ods, site.addresses.joined(separator: "\n"), isOwnWord,
            ])
    }

    /// Opens a key that was sealed to this site, then reads the parts that waited for it.
    private func take(
        _ sealed: SealedKey, of id: EntryHash, _ partnership: Int64, _ name: PartnershipID
    ) throws {
        guard
            let row = try row(
                """
                SELECT compartment, commitment FROM compartment_key
                WHERE id = ? AND partnership = ? AND secret IS NULL
                """, [id.blob, partnership]),
            let compartment = Compartment(rawValue: row["compartment"]),
            let key = try? CompartmentKey(
                opening: sealed, with: keys.sealing, commitment: row["commitment"], in: name,
                compartment, cryptography)
        else { return }
        try execute(
            "UPDATE compartment_key SET secret = ? WHERE id = ?", [key.bytes, id.blob])
        for row in try rows(
            "SELECT entry, part FROM unread WHERE key = ? ORDER BY entry, part", [id.blob])
        {
            let arrival: Int64 = row["entry"]
            let part: Int = row["part"]
            try execute("DELETE FROM unread WHERE entry = ? AND part = ?", [arrival, part])
            let (entry, place) = try storedEntry(arrival)
            try applyPart(part, of: entry, at: place, partnership: partnership)
        }
    }

    /// What a site is granted as of an entry's causal past; nil when it is not a member there.
    func grant(of site: SiteID, in partnership: Int64, asOf place: Place) throws -> Grant? {
        var grant: Grant?
        for row in try admissions(of: site, in: partnership) {
            guard let admitted = try self.place(ofArrival: row["arrival"]),
                try isPast(admitted, of: place),
                let found = Grant(row: row)
            else { continue }
            grant = grant.map { $0.joined(with: found) } ?? found
        }
        return grant
    }

    /// What a site is granted by all that is known here now.
    func grant(of site: SiteID, in partnership: Int64) throws -> Grant? {
        try admissions(of: site, in: partnership).compactMap(Grant.init(row:))
            .reduce(nil) { $0?.joined(with: $1) ?? $1 }
    }

    private func admissions(of site: SiteID, in partnership: Int64) throws -> [Row] {
        try rows(
            """
            SELECT arrival, role, compartments, may_attest FROM admission
            WHERE partnership = ? AND site = ?
            """, [partnership, site.blob])
    }

    private func place(ofArrival arrival: Int64) throws -> Place? {
        try row("SELECT arrival, chain, sequence, depth FROM entry WHERE arrival = ?", [arrival])
            .map {
                Place(
                    arrival: $0["arrival"], chain: $0["chain"], sequence: $0["sequence"],
                    depth: $0["depth"])
            }
    }

    /// The secret of a key for entries of a compartment; nil when it has not come.
    func compartmentKey(
        _ id: EntryHash, _ compartment: Compartment, _ partnership: Int64
    ) throws -> CompartmentKey? {
        try row(
            """
            SELECT secret FROM compartment_key
            WHERE id = ? AND compartment = ? AND partnership = ? AND secret IS NOT NULL
            """, [id.blob, compartment.rawValue, partnership]
        ).flatMap { CompartmentKey(bytes: $0["secret"]) }
    }

    /// The key that this site writes with: of those whose secret it has, the deepest in the graph.
    func writingKey(
        _ compartment: Compartment, in partnership: Int64
    ) throws -> (id: EntryHash, key: CompartmentKey)? {
        guard
            let row = try row(
                """
                SELECT id, secret FROM compartment_key
                WHERE partnership = ? AND compartment = ? AND secret IS NOT NULL
                ORDER BY depth DESC, id DESC LIMIT 1
                """, [partnership, compartment.rawValue]),
            let key = CompartmentKey(bytes: row["secret"])
        else { return nil }
        return (try EntryHash(blob: row["id"]), key)
    }
}

extension Set<Compartment> {
    /// Bit N stands for compartment N.
    var bits: Int64 { reduce(0) { $0 | 1 << Int64($1.rawValue) } }

    init(bits: Int64) {
        self = Set(Compartment.allCases.filter { bits & 1 << Int64($0.rawValue) != 0 })
    }
}

extension Grant {
    /// Reads the columns of an admission or an invitation.
    init?(row: Row) {
        guard let role = Role(rawValue: row["role"]) else { return nil }
        self.init(
            role: role, compartments: Set(bits: row["compartments"]), mayAttest: row["may_attest"])
    }
}
