public import Foundation
import GRDB
public import KithModel
import KithProtocol
public import KithTrust

/// What an inviter keeps at this relay for whoever holds its code.
public struct StoredLetterbox: Sendable {
    /// Sixteen bytes.
    public let id: Data
    /// Into which partnership it leads.
    public let partnership: PartnershipID
    /// Whose it is.
    public let keeper: SiteID
    /// What a joiner is told; sealed.
    public let notice: Data
    /// When it ends.
    public let expires: Instant
    /// How many join requests are in it.
    public let requests: Int
    /// Bytes of all that is in it.
    public let bytes: Int64

    /// Describes a letterbox without requests.
    public init(
        id: Data, partnership: PartnershipID, keeper: SiteID, notice: Data, expires: Instant
    ) {
        self.init(
            id: id, partnership: partnership, keeper: keeper, notice: notice, expires: expires,
            requests: 0, bytes: Int64(notice.count))
    }

    init(
        id: Data, partnership: PartnershipID, keeper: SiteID, notice: Data, expires: Instant,
        requests: Int, bytes: Int64
    ) {
        self.id = id
        self.partnership = partnership
        self.keeper = keeper
        self.notice = notice
        self.expires = expires
        self.requests = requests
        self.bytes = bytes
    }
}

/// Why a relay does not take something; one line for a person.
public struct LetterboxRefusal: Error, Sendable {
    /// The line.
    public let reason: String

    static let quota = Self(reason: "the quota of the partnership is used up at the relay")
    static let full = Self(reason: "other sites have left join requests for the same invitation")
    static let size = Self(reason: "what was to be left is too large")
    static let foreign = Self(
        reason: "the relay takes join requests for stewards of partnerships that it relays only")
    static let ended = Self(reason: "by the clock of the relay the invitation has ended")
    static let tooMany = Self(reason: "the relay keeps no more letterboxes for one site")
}

// What a relay does for inviters and joiners (D31). What is kept here is sealed.
extension StoreTransaction {
    /// Keeps the letterboxes of a site, which has no others from now on; gives what is not taken.
    public func keepLetterboxes(
        _ boxes: [StoredLetterbox], of keeper: SiteID, now: Instant
    ) throws -> [(id: Data, refusal: LetterboxRefusal)] {
        try execute("DELETE FROM letterbox WHERE expires_ms <= ?", [now.milliseconds])
        let wanted = Set(boxes.map(\.id))
        for row in try rows("SELECT id FROM letterbox WHERE keeper = ?", [keeper.blob])
        where !wanted.contains(row["id"]) {
            try execute("DELETE FROM letterbox WHERE id = ?", [row["id"] as Data])
        }
        var refused: [(Data, LetterboxRefusal)] = []
        for (number, box) in boxes.enumerated() {
            do {
                guard number < Limits.letterboxes else { throw LetterboxRefusal.tooMany }
                try keep(box, now: now)
            } catch let refusal as LetterboxRefusal {
                refused.append((box.id, refusal))
            }
        }
        return refused
    }

    private func keep(_ box: StoredLetterbox, now: Instant) throws {
        guard box.id.count == 16, (1...Limits.sealedJoinBytes).contains(box.notice.count) else {
            throw LetterboxRefusal.size
        }
        guard box.expires > now else { throw LetterboxRefusal.ended }
        let row = try number("SELECT id FROM partnership WHERE uuid = ?", [box.partnership.blob])
        guard let row, try grant(of: keys.site, in: row)?.role == .relay,
            try grant(of: box.keeper, in: row)?.role == .steward
        else { throw LetterboxRefusal.foreign }
        let known = try self.row("SELECT keeper FROM letterbox WHERE id = ?", [box.id])
        guard known.map({ $0["keeper"] as Data == box.keeper.blob }) ?? true else {
            throw LetterboxRefusal.foreign
        }
        if known == nil { try checkQuota(row, bytes: box.notice.count) }
        try execute(
            """
            INSERT INTO letterbox (id, partnership, keeper, notice, expires_ms)
            VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET notice = excluded.notice,
                expires_ms = excluded.expires_ms
            """, [box.id, row, box.keeper.blob, box.notice, box.expires.milliseconds])
    }

    private func checkQuota(_ partnership: Int64, bytes: Int) throws {
        let isOver = try number(
            """
            SELECT 1 FROM partnership WHERE id = ?1 AND quota_bytes < log_bytes + ?2
                + (SELECT coalesce(sum(length(notice)), 0) FROM letterbox WHERE partnership = ?1)
                + (SELECT coalesce(sum(length(encapsulated) + length(ciphertext)), 0)
                    FROM left_join JOIN letterbox ON letterbox.id = left_join.letterbox
                    WHERE partnership = ?1)
            """, [partnership, bytes])
        if isOver != nil { throw LetterboxRefusal.quota }
    }

    /// A letterbox that stands, whose keeper may still admit; nil for every other.
    public func letterbox(_ id: Data, at now: Instant) throws -> StoredLetterbox? {
        try letterboxes("letterbox.id = ?", [id], at: now).first
    }

    /// The letterboxes that stand, the first to end first.
    public func standingLetterboxes(at now: Instant) throws -> [StoredLetterbox] {
        try letterboxes("1", [], at: now)
    }

    private func letterboxes(
        _ filter: String, _ arguments: Arguments, at now: Instant
    ) throws -> [StoredLetterbox] {
        try rows(
            """
            SELECT letterbox.id, uuid, keeper, notice, expires_ms, count(joiner) AS requests,
                length(notice) + coalesce(sum(length(encapsulated) + length(ciphertext)), 0)
                    AS bytes
            FROM letterbox JOIN partnership ON partnership.id = letterbox.partnership
            JOIN standing AS theirs ON theirs.partnership = letterbox.partnership
                AND theirs.site = keeper AND theirs.role = ?
            JOIN standing AS own ON own.partnership = letterbox.partnership
                AND own.site = ? AND own.role = ?
            LEFT JOIN left_join ON left_join.letterbox = letterbox.id
            WHERE expires_ms > ? AND \(filter)
            GROUP BY letterbox.id ORDER BY expires_ms, letterbox.id
            """,
            [Role.steward.rawValue, keys.site.blob, Role.relay.rawValue, now.milliseconds]
                + arguments
        ).map { row in
            StoredLetterbox(
                id: row["id"], partnership: try PartnershipID(blob: row["uuid"]),
                keeper: try SiteID(blob: row["keeper"]), notice: row["notice"],
                expires: Instant(milliseconds: row["expires_ms"]), requests: row["requests"],
                bytes: row["bytes"])
        }
    }

    /// Keeps a join request, in the place of an earlier one of the same site.
    public func leave(
        _ request: LeftJoin.Sealed, in box: StoredLetterbox, by joiner: SiteID, now: Instant
    ) throws {
        let known = try row(
            "SELECT hash FROM left_join WHERE letterbox = ? AND joiner = ?",
            [box.id, joiner.blob])
        if known.map({ $0["hash"] as Data == request.hash }) ?? false { return }
        guard (1...Limits.sealedJoinBytes).contains(request.byteCount) else {
            throw LetterboxRefusal.size
        }
        if known == nil, box.requests >= Limits.joinsInLetterbox { throw LetterboxRefusal.full }
        try checkQuota(try partnershipRow(box.partnership), bytes: request.byteCount)
        try execute(
            """
            INSERT OR REPLACE INTO left_join
                (letterbox, joiner, hash, encapsulated, ciphertext, left_ms)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                box.id, joiner.blob, request.hash, request.encapsulated, request.ciphertext,
                now.milliseconds,
            ])
    }

    /// Takes back what a site left.
    public func takeBack(from box: StoredLetterbox, by joiner: SiteID) throws {
        try execute(
            "DELETE FROM left_join WHERE letterbox = ? AND joiner = ?", [box.id, joiner.blob])
    }

    /// What was left for a keeper, the oldest first.
    public func leftJoins(
        for keeper: SiteID
    ) throws -> [(letterbox: Data, request: LeftJoin.Sealed)] {
        try rows(
            """
            SELECT letterbox, encapsulated, ciphertext FROM left_join
            JOIN letterbox ON letterbox.id = left_join.letterbox
            WHERE keeper = ? ORDER BY left_ms, letterbox, joiner LIMIT ?
            """, [keeper.blob, Limits.joinsCollected]
        ).map { row in
            (
                row["letterbox"],
                LeftJoin.Sealed(encapsulated: row["encapsulated"], ciphertext: row["ciphertext"])
            )
        }
    }

    /// Forgets requests that their keeper has dealt with.
    public func dropLeftJoins(_ hashes: [Data], of keeper: SiteID) throws {
        for hash in hashes {
            try execute(
                """
                DELETE FROM left_join WHERE hash = ?
                    AND letterbox IN (SELECT id FROM letterbox WHERE keeper = ?)
                """, [hash, keeper.blob])
        }
    }
}
