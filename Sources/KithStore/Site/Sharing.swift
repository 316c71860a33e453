public import Foundation
import GRDB
public import KithModel
public import KithProtocol
import KithTrust

/// A compartment that this site shares with one peer.
public struct Sharing: Hashable, Sendable {
    /// The compartment.
    public let id: CompartmentID
    /// The peer.
    public let peer: SiteID
    /// For a peer that was removed: the arrival number of its removal. It is served what came up to
    /// that, so that it learns of it; its own entries are exchanged without end, as far as they build on
    /// nothing else.
    public let end: Int64?

    /// Describes what is shared.
    public init(id: CompartmentID, peer: SiteID, end: Int64?) {
        self.id = id
        self.peer = peer
        self.end = end
    }
}

/// What is shared, with whomever, stays the same as long as this does.
public struct SharingState: Equatable, Sendable {
    fileprivate let newestAct: Int64
    fileprivate let ended: Int64
}

extension StoreTransaction {
    /// What decides on what is shared: the newest act, and how many agreements have ended by now.
    public func sharingState(at now: Instant) throws -> SharingState {
        SharingState(
            newestAct: try number("SELECT max(arrival) FROM membership_act") ?? 0,
            ended: try number(
                "SELECT count(*) FROM standing WHERE ends_ms <= ?", [now.milliseconds]) ?? 0)
    }

    /// What this site and a peer share at a time, by what is known here. Of a partnership whose
    /// `membership` has not arrived, `membership` alone, with the site it was joined through; and of
    /// one in which sharing with either has ended, so that prolonging it is heard of.
    public func sharings(with peer: SiteID, now: Instant) throws -> [Sharing] {
        var sharings: [Sharing] = []
        for row in try rows(Self.standingsOfBoth, [keys.site.blob, peer.blob]) {
            let id = try PartnershipID(blob: row["uuid"])
            let partnership: Int64 = row["id"]
            let membership = Sharing(id: CompartmentID(id, .membership), peer: peer, end: nil)
            let (own, theirs) = (Grant(row: row, "own_"), Grant(row: row, "their_"))
            switch (own, theirs) {
            case (let own?, let theirs?):
                sharings += Compartment.allCases.filter {
                    own.shares($0, at: now) && theirs.shares($0, at: now)
                }.map { Sharing(id: CompartmentID(id, $0), peer: peer, end: nil) }
            case (_?, nil):
                guard row["their_removal"] != nil,
                    let end = try untoldRemoval(of: peer, to: peer, in: partnership)
                else { continue }
                sharings.append(Sharing(id: membership.id, peer: peer, end: end))
            case (nil, _):
                let isOwed =
                    try row["own_removal"] != nil && owesWord(ofLeaving: partnership, to: peer)
                if try isOwed || isJoining(partnership, through: peer) {
                    sharings.append(membership)
                }
            }
        }
        return sharings.sorted { $0.id < $1.id }
    }

    /// Every partnership, with what this site (?1) and another (?2) are granted in it.
    private static let standingsOfBoth = """
        SELECT partnership.id, uuid,
            own.role AS own_role, own.compartments AS own_compartments,
            own.may_attest AS own_may_attest, own.ends_ms AS own_ends_ms,
            own.removal AS own_removal,
            theirs.role AS their_role, theirs.compartments AS their_compartments,
            theirs.may_attest AS their_may_attest, theirs.ends_ms AS their_ends_ms,
            theirs.removal AS their_removal
        FROM partnership
        LEFT JOIN standing AS own ON own.partnership = partnership.id AND own.site = ?
        LEFT JOIN standing AS theirs ON theirs.partnership = partnership.id AND theirs.site = ?
        """

    /// Whether this site has asked a peer for a partnership, for the first time or after a removal,
    /// and does not know of its admission yet.
    private func isJoining(_ partnership: Int64, through peer: SiteID) throws -> Bool {
        try number(
            """
            SELECT 1 FROM partnership WHERE id = ? AND sponsor = ? AND NOT EXISTS (
                SELECT 1 FROM standing WHERE standing.partnership = partnership.id AND site = ?
                    AND (role IS NOT NULL OR removal > sponsor_since))
            """, [partnership, peer.blob, keys.site.blob]) != nil
    }

    /// Whether a site was a member and is none now.
    func wasRemoved(_ site: SiteID, in partnership: Int64) throws -> Bool {
        try number(
            "SELECT 1 FROM standing WHERE partnership = ? AND site = ? AND role IS NULL",
            [partnership, site.blob]) != nil
    }

    /// Whether this site has left, and a member has not yet stated that it knows.
    func owesWord(ofLeaving partnership: Int64, to peer: SiteID) throws -> Bool {
        guard
            try number(
                """
                SELECT 1 FROM standing JOIN entry ON entry.arrival = removal
                JOIN chain ON chain.id = entry.chain JOIN feed ON feed.id = chain.feed
                WHERE standing.partnership = ?1 AND site = ?2 AND author = ?2
                """, [partnership, keys.site.blob]) != nil,
            try grant(of: peer, in: partnership) != nil
        else { return false }
        return try untoldRemoval(of: keys.site, to: peer, in: partnership) != nil
    }

    /// The arrival of a former member's removal, until a peer has stated that it holds it.
    func untoldRemoval(
        of site: SiteID, to peer: SiteID, in partnership: Int64
    ) throws -> Int64? {
        guard
            let row = try row(
                """
                SELECT removal, uuid FROM standing
                JOIN partnership ON partnership.id = standing.partnership
                WHERE partnership = ? AND site = ? AND removal IS NOT NULL
                """, [partnership, site.blob]),
            let place = try place(ofArrival: row["removal"])
        else { return nil }
        let membership = CompartmentID(try PartnershipID(blob: row["uuid"]), .membership)
        if try hasStated(place, by: peer, on: membership) { return nil }
        return row["removal"]
    }

    /// Whether a site has stated that it holds an entry, by a leaf that the entry is or comes before.
    func hasStated(_ place: Place, by site: SiteID, on id: CompartmentID) throws -> Bool {
        try statedFrontier(of: site, on: id).contains { leaf in
            guard let end = try self.place(of: leaf.hash) else { return false }
            return try lineage(of: end.chain, upTo: end.sequence).contains {
                $0.chain == place.chain && place.sequence <= $0.sequence
            }
        }
    }

    /// The leaves that a site last stated to hold; none when it never stated any.
    func statedFrontier(of site: SiteID, on id: CompartmentID) throws -> [Position] {
        guard let kept = try statement(by: site, on: id),
            let statement = try? Kith_V1_Statement(checked: kept.bytes, "statement")
        else { return [] }
        return statement.frontier.compactMap { leaf in
            guard let author = SiteID(bytes: leaf.author), let hash = EntryHash(bytes: leaf.hash)
            else { return nil }
            let feed = FeedID(
                author: author, incarnation: leaf.incarnation, compartment: id.compartment)
            return Position(feed: feed, sequence: leaf.sequence, hash: hash)
        }
    }

    /// The leaves of what is shared: normally one a feed, sorted by feed and sequence.
    public func frontier(of sharing: Sharing) throws -> [Position] {
        let all = try frontier(sharing.id)
        guard let end = sharing.end else { return all }
        let own = try ownEntries(of: sharing, after: end)
        let ended = try all.compactMap { leaf -> Position? in
            guard let place = try place(of: leaf.hash) else { return nil }
            if own.contains(place.arrival) { return leaf }
            guard
                let row = try row(
                    """
                    SELECT sequence, hash FROM entry
                    WHERE chain = ? AND (arrival <= ? OR arrival IN (SELECT value FROM json_each(?)))
                    ORDER BY sequence DESC LIMIT 1
                    """, [place.chain, end, Self.list(own.sorted())])
            else { return nil }
            return Position(
                feed: leaf.feed, sequence: UInt64(row["sequence"] as Int64),
                hash: try EntryHash(blob: row["hash"]))
        }
        return ended
    }

    /// Digests of the leaves of what is shared, in the same order. Read from the ends of chains, which are
    /// kept with every entry: a session begins without a look at the log.
    public func frontierDigests(of sharings: [Sharing]) throws -> [Data] {
        let frontiers = try frontiers(of: Set(sharings.map(\.id.partnership)))
        return try sharings.map { sharing in
            FrontierDigest.digest(
                of: sharing.end == nil
                    ? frontiers[sharing.id] ?? [] : try frontier(of: sharing))
        }
    }

    /// The leaves of all feeds of some partnerships, in one go where those are many.
    private func frontiers(
        of partnerships: Set<PartnershipID>
    ) throws -> [CompartmentID: [Position]] {
        let names = partnerships.count > 100 ? [] : try partnerships.map(partnershipRow)
        var frontiers: [CompartmentID: [Position]] = [:]
        for row in try rows(
            """
            SELECT uuid, compartment, author, incarnation, last_sequence, last_hash
            FROM partnership JOIN feed ON feed.partnership = partnership.id
            JOIN chain ON chain.feed = feed.id
            \(names.isEmpty ? "" : "WHERE partnership.id IN (SELECT value FROM json_each(?))")
            """, names.isEmpty ? [] : [Self.list(names)])
        {
            guard let compartment = Compartment(rawValue: row["compartment"]) else { continue }
            let position = Position(
                feed: FeedID(
                    author: try SiteID(blob: row["author"]),
                    incarnation: UInt64(bitPattern: row["incarnation"]), compartment: compartment),
                sequence: UInt64(row["last_sequence"] as Int64),
                hash: try EntryHash(blob: row["last_hash"]))
            frontiers[
                CompartmentID(try PartnershipID(blob: row["uuid"]), compartment), default: []
            ].append(position)
        }
        return frontiers
    }

    /// The arrival numbers, ascending, of the shared entries that are not in the past of the leaves
    /// that somebody declares; leaves that are not here count for nothing.
    public func missing(from leaves: [Position], in sharing: Sharing) throws -> [Int64] {
        let all = try missing(from: leaves, in: sharing.id)
        guard let end = sharing.end else { return all }
        let own = try ownEntries(of: sharing, after: end)
        return all.filter { $0 <= end || own.contains($0) }
    }

    /// The entries of a former member that came here after its removal and that it can take: those that
    /// build on nothing but others of its own and what it is told. A copy of it that went on may have
    /// written some on acts that a former member is not told.
    private func ownEntries(of sharing: Sharing, after end: Int64) throws -> Set<Int64> {
        var own: Set<Int64> = []
        for row in try rows(
            """
            SELECT entry.arrival, entry.chain, entry.sequence, before.arrival AS previous
            FROM feed JOIN chain ON chain.feed = feed.id JOIN entry ON entry.chain = chain.id
            LEFT JOIN entry AS before ON before.sequence = entry.sequence - 1 AND before.chain =
                iif(entry.sequence = chain.fork_sequence + 1, chain.parent, chain.id)
            WHERE partnership = ? AND compartment = ? AND author = ? AND entry.arrival > ?
            ORDER BY entry.arrival
            """,
            [
                try partnershipRow(sharing.id.partnership), sharing.id.compartment.rawValue,
                sharing.peer.blob, end,
            ])
        {
            let (chain, sequence): (Int64, Int64) = (row["chain"], row["sequence"])
            let known = try rows(
                """
                SELECT arrival FROM knows
                JOIN entry ON entry.chain = known_chain AND entry.sequence = known_sequence
                WHERE knows.chain = ? AND knows.sequence = ?
                """, [chain, sequence]
            ).map { $0["arrival"] as Int64 }
            let bases = known + [row["previous"] as Int64?].compactMap(\.self)
            guard bases.allSatisfy({ $0 <= end || own.contains($0) }) else { continue }
            own.insert(row["arrival"])
        }
        return own
    }
}
