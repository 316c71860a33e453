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
    /// that, so that it learns of it; its own entries are exchanged without end.
    public let end: Int64?

    /// Describes what is shared.
    public init(id: CompartmentID, peer: SiteID, end: Int64?) {
        self.id = id
        self.peer = peer
        self.end = end
    }
}

extension StoreTransaction {
    /// What this site and a peer share at a time, by what is known here. Of a partnership whose
    /// `membership` has not arrived, `membership` alone, with the site it was joined through; and of
    /// one in which sharing with either has ended, so that prolonging it is heard of.
    public func sharings(with peer: SiteID, now: Instant) throws -> [Sharing] {
        var sharings: [Sharing] = []
        for row in try rows("SELECT id, uuid FROM partnership") {
            let id = try PartnershipID(blob: row["uuid"])
            let partnership: Int64 = row["id"]
            let membership = CompartmentID(id, .membership)
            if let own = try grant(of: keys.site, in: partnership) {
                if let theirs = try grant(of: peer, in: partnership) {
                    sharings += Compartment.allCases.filter {
                        own.shares($0, at: now) && theirs.shares($0, at: now)
                    }.map { Sharing(id: CompartmentID(id, $0), peer: peer, end: nil) }
                } else if let end = try untoldRemoval(of: peer, to: peer, in: partnership) {
                    sharings.append(Sharing(id: membership, peer: peer, end: end))
                }
            } else if try owesWord(ofLeaving: partnership, to: peer)
                || isJoining(partnership, through: peer)
            {
                sharings.append(Sharing(id: membership, peer: peer, end: nil))
            }
        }
        return sharings.sorted { $0.id < $1.id }
    }

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
        guard let bytes = try statement(by: site, on: id),
            let statement = try? Kith_V1_Statement(checked: bytes, "statement")
        else { return [] }
        return statement.frontier.compactMap { leaf in
            guard let author = SiteID(bytes: leaf.author), let hash = EntryHash(bytes: leaf.hash)
            else { return nil }
            let feed = FeedID(
                author: author, incarnation: leaf.incarnation, compartment: id.compartment)
            return Position(feed: feed, sequence: leaf.sequence, hash: hash)
        }
    }

    /// Entries here that a peer has not yet stated to hold, over what is shared with it.
    public func entriesNotProved(to site: SiteID, now: Instant) throws -> Int {
        try sharings(with: site, now: now).reduce(0) { sum, sharing in
            try sum
                + missing(from: statedFrontier(of: site, on: sharing.id), in: sharing).count
        }
    }

    /// The leaves of what is shared: normally one a feed, sorted by feed and sequence.
    public func frontier(of sharing: Sharing) throws -> [Position] {
        let all = try frontier(sharing.id)
        guard let end = sharing.end else { return all }
        let ended = try all.compactMap { leaf -> Position? in
            if leaf.feed.author == sharing.peer { return leaf }
            guard let place = try place(of: leaf.hash),
                let row = try row(
                    """
                    SELECT sequence, hash FROM entry WHERE chain = ? AND arrival <= ?
                    ORDER BY sequence DESC LIMIT 1
                    """, [place.chain, end])
            else { return nil }
            return Position(
                feed: leaf.feed, sequence: UInt64(row["sequence"] as Int64),
                hash: try EntryHash(blob: row["hash"]))
        }
        return ended
    }

    /// Digest of the leaves of what is shared.
    public func frontierDigest(of sharing: Sharing) throws -> Data {
        FrontierDigest.digest(of: try frontier(of: sharing))
    }

    /// The arrival numbers, ascending, of the shared entries that are not in the past of the leaves
    /// that somebody declares; leaves that are not here count for nothing.
    public func missing(from leaves: [Position], in sharing: Sharing) throws -> [Int64] {
        let all = try missing(from: leaves, in: sharing.id)
        guard let end = sharing.end else { return all }
        return try all.filter { arrival in
            if arrival <= end { return true }
            return try number(
                """
                SELECT 1 FROM entry JOIN chain ON chain.id = entry.chain
                JOIN feed ON feed.id = chain.feed WHERE arrival = ? AND author = ?
                """, [arrival, sharing.peer.blob]) != nil
        }
    }
}
