import Foundation
import GRDB
import KithModel
import KithProtocol
import KithTrust
import Synchronization

/// The place of an entry in the stored graph.
struct StoredPoint: MembershipPoint {
    let transaction: StoreTransaction
    let place: Place
    let compartment: Compartment

    func knows(_ act: EntryHash) throws -> Bool {
        guard let target = try transaction.place(of: act) else { return false }
        return try transaction.isPast(target, of: place)
    }

    /// An end that has not come yet counts by its sequence alone; when it comes, the entries of its
    /// author are judged again.
    func isWithin(cutOf act: EntryHash) throws -> Bool {
        for row in try transaction.rows(
            """
            SELECT cut.sequence, cut.hash FROM cut JOIN entry ON entry.arrival = cut.act
            WHERE entry.hash = ? AND compartment = ? AND incarnation =
                (SELECT incarnation FROM chain JOIN feed ON feed.id = chain.feed WHERE chain.id = ?)
            """, [act.blob, compartment.rawValue, place.chain])
        {
            let sequence: Int64 = row["sequence"]
            guard place.sequence <= sequence else { continue }
            guard let end = try transaction.place(of: try EntryHash(blob: row["hash"])) else {
                return true
            }
            let isBefore = try transaction.lineage(of: end.chain, upTo: end.sequence).contains {
                $0.chain == place.chain && place.sequence <= $0.sequence
            }
            if isBefore { return true }
        }
        return false
    }
}

// Who is in, judged again whenever an act comes; and which entries that leaves without effect.
extension StoreTransaction {
    /// Brings standings and effects up to date after an act about a site, which came as number `since`.
    func judgeMembership(of partnership: Int64, after site: SiteID, since: Int64) throws {
        store.judgements.withLock { $0[partnership] = nil }
        guard
            try number(
                "SELECT 1 FROM membership_act WHERE partnership = ? AND kind NOT IN (?, ?) LIMIT 1",
                [partnership, ActKind.found.rawValue, ActKind.admit.rawValue]) != nil
        else {
            // Nothing but admissions: each was judged by those in its past, and they are joined.
            let grant = try rows(
                "SELECT role, compartments, may_attest, ends_ms FROM membership_act WHERE partnership = ? AND site = ?",
                [partnership, site.blob]
            ).compactMap { Grant(row: $0) }.reduce(nil as Grant?) { $0?.joined(with: $1) ?? $1 }
            try setStanding(of: site, grant, removal: nil, partnership)
            return
        }
        let membership = try membership(of: partnership)
        var doubtful: Set<SiteID> = []
        for (act, isInEffect) in zip(membership.acts, membership.isInEffect) {
            let changed = try rows(
                """
                UPDATE membership_act SET is_in_effect = ? WHERE is_in_effect <> ?
                    AND arrival = (SELECT arrival FROM entry WHERE hash = ?) RETURNING 1
                """, [isInEffect, isInEffect, act.entry.blob])
            // What let somebody in may be in effect again, and their entries with it.
            if !changed.isEmpty { doubtful.insert(act.site) }
        }
        let sites = Set(membership.acts.map(\.site))
        doubtful.formUnion(sites.filter { !membership.isPlain($0) })
        for site in sites {
            let grant = try membership.grant(of: site)
            let removal = try membership.removal(of: site).flatMap { try place(of: $0.entry) }
            try setStanding(of: site, grant, removal: removal, partnership)
        }
        for site in doubtful {
            try judgeEntries(of: site, in: partnership, membership, since: since)
        }
    }

    private func setStanding(
        of site: SiteID, _ grant: Grant?, removal: Place?, _ partnership: Int64
    ) throws {
        try execute(
            """
            INSERT OR REPLACE INTO standing
                (partnership, site, role, compartments, may_attest, ends_ms, removal)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                partnership, site.blob, grant?.role.rawValue, grant?.compartments.bits ?? 0,
                grant?.mayAttest ?? false, grant?.ends?.milliseconds, removal?.arrival,
            ])
    }

    /// All acts of a partnership, judged together; kept until the next act comes.
    private func membership(of partnership: Int64) throws -> Membership {
        if let kept = store.judgements.withLock({ $0[partnership] }) { return kept }
        let acts = try rows(
            """
            SELECT entry.hash, depth, author, site, kind, role, membership_act.compartments,
                may_attest, ends_ms, covers
            FROM membership_act JOIN entry USING (arrival)
            JOIN chain ON chain.id = entry.chain JOIN feed ON feed.id = chain.feed
            WHERE membership_act.partnership = ?
            """, [partnership]
        ).compactMap(Membership.Act.init(row:))
        let membership = try Membership(acts: acts) { act in
            guard let place = try place(of: act.entry) else {
                throw StoreError(.damaged, "a membership act has no entry; run 'kith rebuild'")
            }
            return StoredPoint(transaction: self, place: place, compartment: .membership)
        }
        store.judgements.withLock { $0[partnership] = membership }
        return membership
    }

    /// Whether an entry that was allowed takes effect: false when a removal revokes it.
    func isInEffect(
        _ entryClass: EntryClass, in compartment: Compartment, by author: SiteID,
        at place: Place, partnership: Int64
    ) throws -> Bool {
        // Without removals the join of admissions, by which the entry was allowed, is all there is.
        if try isPlain(author, in: partnership) { return true }
        let point = StoredPoint(transaction: self, place: place, compartment: compartment)
        let grant = try membership(of: partnership).grant(of: author, at: point)
        return grant?.mayWrite(entryClass, in: compartment) ?? false
    }

    /// Whether nothing but admissions in effect is known of a site.
    private func isPlain(_ site: SiteID, in partnership: Int64) throws -> Bool {
        let name = TransactionMemo.Member(partnership: partnership, site: site)
        if let known = memo.isPlain[name] { return known }
        let isPlain =
            try number(
                """
                SELECT 1 FROM membership_act WHERE partnership = ? AND site = ?
                    AND (kind NOT IN (?, ?) OR is_in_effect = 0) LIMIT 1
                """,
                [partnership, site.blob, ActKind.found.rawValue, ActKind.admit.rawValue]) == nil
        memo.isPlain[name] = isPlain
        return isPlain
    }

    /// Judges all entries of a site again, and brings the fields up to date that this touches.
    private func judgeEntries(
        of site: SiteID, in partnership: Int64, _ membership: Membership, since: Int64
    ) throws {
        for row in try rows(
            """
            SELECT entry.arrival, entry.chain, entry.sequence, entry.depth, compartment,
                revoked.entry IS NOT NULL AS is_revoked
            FROM feed JOIN chain ON chain.feed = feed.id JOIN entry ON entry.chain = chain.id
            LEFT JOIN revoked ON revoked.entry = entry.arrival
            WHERE feed.partnership = ? AND author = ? AND compartment <> ?
                AND entry.arrival <= ? AND NOT EXISTS (SELECT 1 FROM set_aside WHERE set_aside.entry = entry.arrival)
            ORDER BY entry.arrival
            """, [partnership, site.blob, Compartment.membership.rawValue, horizon])
        {
            guard let compartment = Compartment(rawValue: row["compartment"]) else { continue }
            let place = Place(
                arrival: row["arrival"], chain: row["chain"], sequence: row["sequence"],
                depth: row["depth"])
            let entry = try storedEntry(place.arrival).0
            let entryClass = entry.header.entryClass
            let point = StoredPoint(transaction: self, place: place, compartment: compartment)
            let isInEffect =
                try membership.grant(of: site, at: point)?.mayWrite(entryClass, in: compartment)
                ?? false
            if isInEffect == (row["is_revoked"] as Bool) {
                try setEffect(of: place, isInEffect, since: since)
                if isInEffect, entryClass == .erasure {
                    try erase(
                        try Erasure(of: entry), by: entry, at: place, partnership: partnership)
                }
            }
        }
    }

    private func setEffect(of place: Place, _ isInEffect: Bool, since: Int64) throws {
        if isInEffect {
            try execute("DELETE FROM revoked WHERE entry = ?", [place.arrival])
        } else {
            try execute(
                "INSERT INTO revoked (entry, since) VALUES (?, ?)", [place.arrival, since])
        }
        let (first, end) = (
            RowID.operation(arrival: place.arrival, index: 0),
            RowID.operation(arrival: place.arrival + 1, index: 0)
        )
        let touched = try rows(
            "SELECT DISTINCT record, field FROM operation WHERE \(Self.ofEntries)", [first, end])
        try execute(
            "UPDATE operation SET is_effective = ?3 WHERE \(Self.ofEntries)",
            [first, end, isInEffect])
        for row in touched { try settleField(row["field"], of: row["record"]) }
    }

    /// The condition that an operation is one of some entries or parts, from the first of its two
    /// parameters up to the second: they are found by the records that those touch.
    static let ofEntries = """
        operation.record IN
            (SELECT record FROM act WHERE id BETWEEN ?1 >> 12 AND (?2 - 1) >> 12)
        AND operation.id >= ?1 AND operation.id < ?2
        """
}

extension Membership.Act {
    fileprivate init?(row: StoredRow) {
        guard let kind = ActKind(rawValue: row["kind"]),
            let entry = EntryHash(bytes: row["hash"] as Data),
            let author = SiteID(bytes: row["author"] as Data),
            let site = SiteID(bytes: row["site"] as Data)
        else { return nil }
        let covers = Set<Compartment>(bits: row["covers"])
        let content: Content
        switch (kind, Grant(row: row)) {
        case (.found, _): content = .found
        case (.admit, let grant?): content = .admit(grant)
        case (.change, let grant?): content = .change(grant, covers: covers)
        case (.remove, _): content = .remove(covers: covers)
        case (.elect, _): content = .elect
        case (.admit, nil), (.change, nil): return nil
        }
        self.init(
            entry: entry, depth: row["depth"], author: author, site: site, content: content)
    }
}
