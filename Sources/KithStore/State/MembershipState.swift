import Foundation
import GRDB
import KithModel
import KithProtocol
import KithTrust

/// The numbers of the kinds of act in the table `membership_act`.
enum ActKind: Int64 {
    case found = 1
    case admit = 2
    case change = 3
    case remove = 4
    case elect = 5
}

extension StoreTransaction {
    /// Applies a membership act, or sets its entry aside with the reason.
    func applyMembership(_ entry: ParsedEntry, at place: Place, partnership: Int64) throws {
        let header = entry.header
        // An entry without parts only says what its author knows.
        guard let part = entry.received.parts.first else { return }
        guard entry.received.parts.count == 1 else {
            try setAside(place, ProtocolFault.Code.malformed.rawValue)
            return
        }
        let act: MembershipAct
        do {
            act = try MembershipAct(decoding: part.skeleton)
        } catch {
            try setAside(place, error.code.rawValue)
            return
        }
        let verdict = Membership.verdict(
            on: act, by: header.feed.author, sequence: header.sequence, in: header.partnership,
            grant: try admissions(
                of: header.feed.author, in: partnership, asOf: place, countingVotes: true))
        guard verdict == .allowed else {
            try setAside(place, verdict.rawValue)
            return
        }
        try apply(act, of: entry, at: place, partnership: partnership)
    }

    private func apply(
        _ act: MembershipAct, of entry: ParsedEntry, at place: Place, partnership: Int64
    ) throws {
        switch act {
        case .found(_, let name, let purpose, let founder):
            try execute(
                "UPDATE partnership SET name = ?, purpose = ? WHERE id = ?",
                [name, purpose, partnership])
            try describe(founder, isOwnWord: false, by: entry.hash, at: place, partnership)
            try keep(.found, on: founder.site, .founder, nil, at: place, partnership)
        case .admit(let site, let grant, _):
            try describe(site, isOwnWord: false, by: entry.hash, at: place, partnership)
            try keep(.admit, on: site.site, grant, nil, at: place, partnership)
        case .change(let site, let grant, let cut):
            try keep(.change, on: site, grant, cut, at: place, partnership)
        case .remove(let site, let cut):
            try keep(.remove, on: site, nil, cut, at: place, partnership)
        case .elect(let site):
            try keep(.elect, on: site, nil, nil, at: place, partnership)
        case .describe(let site):
            try describe(site, isOwnWord: true, by: entry.hash, at: place, partnership)
        case .mint(let compartment, let commitment, let sealed):
            try execute(
                """
                INSERT INTO compartment_key
                    (id, partnership, compartment, minter, commitment, depth)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
                [
                    entry.hash.blob, partnership, compartment.rawValue,
                    entry.header.feed.author.blob, commitment, place.depth,
                ])
            for key in sealed {
                try handed(key, of: entry.hash, at: place, partnership, entry.header.partnership)
            }
        case .handOver(let keys):
            for (id, key) in keys {
                try handed(key, of: id, at: place, partnership, entry.header.partnership)
            }
        }
    }

    private func keep(
        _ kind: ActKind, on site: SiteID, _ grant: Grant?, _ cut: Cut?, at place: Place,
        _ partnership: Int64
    ) throws {
        try execute(
            """
            INSERT INTO membership_act
                (arrival, partnership, site, kind, role, compartments, may_attest, ends_ms, covers,
                 is_in_effect)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
            """,
            [
                place.arrival, partnership, site.blob, kind.rawValue, grant?.role.rawValue,
                grant?.compartments.bits ?? 0, grant?.mayAttest ?? false, grant?.ends?.milliseconds,
                cut?.covers.bits ?? 0,
            ])
        for end in cut?.ends ?? [] {
            try execute(
                """
                INSERT OR IGNORE INTO cut (act, hash, compartment, incarnation, sequence)
                VALUES (?, ?, ?, ?, ?)
                """,
                [
                    place.arrival, end.hash.blob, end.feed.compartment.rawValue,
                    Int64(bitPattern: end.feed.incarnation), Int64(end.sequence),
                ])
        }
        try judgeMembership(of: partnership, after: site, since: place.arrival)
    }

    /// Keeps what a site says of itself over what others say of it, and of two that knew nothing of
    /// each other the same one everywhere.
    private func describe(
        _ site: SiteProfile, isOwnWord: Bool, by act: EntryHash, at place: Place,
        _ partnership: Int64
    ) throws {
        try execute(
            """
            INSERT INTO member
                (partnership, site, root, sealing_key, name, kind, ods, addresses, is_own_word,
                 depth, hash)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (partnership, site) DO UPDATE SET
                root = excluded.root, sealing_key = excluded.sealing_key, name = excluded.name,
                kind = excluded.kind, ods = excluded.ods, addresses = excluded.addresses,
                is_own_word = excluded.is_own_word, depth = excluded.depth, hash = excluded.hash
            WHERE (excluded.is_own_word, excluded.depth, excluded.hash)
                > (member.is_own_word, member.depth, member.hash)
            """,
            [
                partnership, site.site.blob, Data(site.root.der), site.sealingKey, site.name,
                site.kind, site.ods, site.addresses.joined(separator: "\n"), isOwnWord,
                place.depth, act.blob,
            ])
    }

    /// Notes whom a key was sealed to; if to this site, opens it and reads the parts that waited.
    private func handed(
        _ sealed: SealedKey, of id: EntryHash, at key: Place, _ partnership: Int64,
        _ name: PartnershipID
    ) throws {
        try execute(
            "INSERT OR IGNORE INTO key_recipient (key, site) VALUES (?, ?)",
            [id.blob, sealed.site.blob])
        guard sealed.site == keys.site,
            let row = try row(
                """
                SELECT compartment, commitment FROM compartment_key
                WHERE id = ? AND partnership = ? AND secret IS NULL
                """, [id.blob, partnership]),
            let compartment = Compartment(rawValue: row["compartment"]),
            let opened = try? CompartmentKey(
                opening: sealed, with: keys.sealing, commitment: row["commitment"], in: name,
                compartment, cryptography)
        else { return }
        try execute(
            "UPDATE compartment_key SET secret = ? WHERE id = ?", [opened.bytes, id.blob])
        for row in try rows(
            "SELECT entry, part FROM unread WHERE key = ? ORDER BY entry, part", [id.blob])
        {
            let arrival: Int64 = row["entry"]
            let part: Int = row["part"]
            try execute("DELETE FROM unread WHERE entry = ? AND part = ?", [arrival, part])
            let (entry, place) = try storedEntry(arrival)
            try applyPart(
                part, of: entry, at: place, readAt: key.arrival, isLate: true,
                isEffective: isEffective(place), partnership: partnership)
        }
    }

    /// The join of a site's admissions in an entry's causal past, without regard to removals; nil
    /// for none. A vote for it as a steward counts for membership acts only, where whether the votes
    /// suffice is judged with all acts together.
    func admissions(
        of site: SiteID, in partnership: Int64, asOf place: Place, countingVotes: Bool
    ) throws -> Grant? {
        // What an author knew of, it knows of at every later entry of its chain.
        let name = TransactionMemo.AdmittedKey(chain: place.chain, countingVotes: countingVotes)
        if let known = memo.admitted[name], known.sequence <= place.sequence { return known.grant }
        var grant: Grant?
        var isComplete = true
        for row in try rows(
            """
            SELECT arrival, kind, role, compartments, may_attest, ends_ms FROM membership_act
            WHERE partnership = ? AND site = ? AND kind <> ?
            """, [partnership, site.blob, ActKind.remove.rawValue])
        {
            let isVote = row["kind"] == ActKind.elect.rawValue
            let found =
                isVote
                ? Grant(role: .steward, compartments: [], mayAttest: false) : Grant(row: row)
            guard let found, countingVotes || !isVote,
                let admitted = try self.place(ofArrival: row["arrival"])
            else { continue }
            guard try isPast(admitted, of: place) else {
                isComplete = false
                continue
            }
            grant = grant.map { $0.joined(with: found) } ?? found
        }
        if isComplete {
            memo.admitted[name] = TransactionMemo.Admitted(sequence: place.sequence, grant: grant)
        }
        return grant
    }

    /// What a site is granted by all that is known here now.
    func grant(of site: SiteID, in partnership: Int64) throws -> Grant? {
        try row(
            """
            SELECT role, compartments, may_attest, ends_ms FROM standing
            WHERE partnership = ? AND site = ? AND role IS NOT NULL
            """, [partnership, site.blob]
        ).flatMap { Grant(row: $0) }
    }

    func place(ofArrival arrival: Int64) throws -> Place? {
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
        let name = TransactionMemo.KeyName(
            id: id, compartment: compartment, partnership: partnership)
        if let known = memo.keys[name] { return known }
        let key = try row(
            """
            SELECT secret FROM compartment_key
            WHERE id = ? AND compartment = ? AND partnership = ? AND secret IS NOT NULL
            """, [id.blob, compartment.rawValue, partnership]
        ).flatMap { CompartmentKey(bytes: $0["secret"]) }
        memo.keys[name] = key
        return key
    }

    /// The key that this site writes with: of those whose secret it has, whose minter writes the
    /// compartment now and whose every recipient reads it now (D20), the deepest in the graph.
    func writingKey(
        _ compartment: Compartment, in partnership: Int64
    ) throws -> (id: EntryHash, key: CompartmentKey)? {
        let bit = Set([compartment]).bits
        guard
            let row = try row(
                """
                SELECT id, secret FROM compartment_key AS key
                WHERE partnership = ? AND compartment = ? AND secret IS NOT NULL
                    AND EXISTS (
                        SELECT 1 FROM standing WHERE partnership = key.partnership
                            AND site = minter AND role >= ? AND compartments & ? <> 0)
                    AND NOT EXISTS (
                        SELECT 1 FROM key_recipient
                        LEFT JOIN standing ON standing.site = key_recipient.site
                            AND standing.partnership = key.partnership
                        WHERE key_recipient.key = key.id
                            AND (coalesce(role, 0) <= ? OR compartments & ? = 0))
                ORDER BY depth DESC, minter DESC, id DESC LIMIT 1
                """,
                [
                    partnership, compartment.rawValue, Role.contributor.rawValue, bit,
                    Role.relay.rawValue, bit,
                ]),
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
    /// Reads the columns of an admission or an invitation; nil where nothing is granted.
    ///
    /// - Parameter prefix: what the columns' names begin with.
    init?(row: StoredRow, _ prefix: String = "") {
        guard let role = (row[prefix + "role"] as Int?).flatMap(Role.init(rawValue:)) else {
            return nil
        }
        self.init(
            role: role, compartments: Set(bits: row[prefix + "compartments"]),
            mayAttest: row[prefix + "may_attest"],
            ends: (row[prefix + "ends_ms"] as Int64?).map { Instant(milliseconds: $0) })
    }
}
