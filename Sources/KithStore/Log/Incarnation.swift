import Foundation
import GRDB
public import KithModel
import KithProtocol

/// Why a site began a new incarnation: its feeds may have been rolled back (D22).
public enum RollbackReason: String, Codable, Sendable {
    /// The database is older than what this home once held.
    case databaseOlder
    /// The home was copied to another place or another machine.
    case homeMoved
    /// A partner holds entries of this site that are not here.
    case partnerKnowsMore
    /// A backup was restored.
    case restored
    /// The site was made again from its recovery kit, with an empty log.
    case recovered
}

/// How far this site's own feeds are in its present incarnation.
public struct OwnPosition: Equatable, Codable, Sendable {
    /// The incarnation.
    public let incarnation: UInt64
    /// Entries that the site wrote in it; never falls unless the database was rolled back.
    public let entries: Int64

    /// Describes a position.
    public init(incarnation: UInt64, entries: Int64) {
        self.incarnation = incarnation
        self.entries = entries
    }
}

/// When and why this site last began a new incarnation.
public struct Rollback: Sendable {
    /// Why.
    public let reason: RollbackReason
    /// When, by this site's clock.
    public let time: Instant
}

/// Two entries of one site with one sequence: it was copied or rolled back, or it lies (D21).
public struct StoredFork: Hashable, Sendable {
    /// Where.
    public let id: CompartmentID
    /// Whose feed.
    public let author: SiteID
    /// The incarnation of the feed.
    public let incarnation: UInt64
    /// The sequence that both have.
    public let sequence: UInt64
    /// When the second of them came here, by this site's clock.
    public let received: Instant
}

extension StoreTransaction {
    /// The number of this life of the site; made at first use.
    func incarnation() throws -> UInt64 {
        if let stored = try number(
            "SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'incarnation'")
        {
            return UInt64(bitPattern: stored)
        }
        return try newIncarnation()
    }

    private func newIncarnation() throws -> UInt64 {
        let fresh = cryptography.randomNumber()
        try setNote("incarnation", String(Int64(bitPattern: fresh)))
        return fresh
    }

    /// How far this site's own feeds are.
    public func ownPosition() throws -> OwnPosition {
        let incarnation = try incarnation()
        let entries = try number(
            """
            SELECT sum(last_sequence - fork_sequence)
            FROM feed JOIN chain ON chain.feed = feed.id WHERE author = ? AND incarnation = ?
            """, [keys.site.blob, Int64(bitPattern: incarnation)])
        return OwnPosition(incarnation: incarnation, entries: entries ?? 0)
    }

    /// Goes on in new feeds, so that no sequence is ever signed twice. Nobody is frozen and nothing
    /// is lost: what was rolled back comes back from partners, as concurrent.
    public func beginIncarnation(_ reason: RollbackReason, now: Instant) throws {
        _ = try newIncarnation()
        try setNote("rollback.reason", reason.rawValue)
        try setNote("rollback.time", now.rfc3339)
    }

    /// Why the database is not the one that its home last had (D22), by what the home noted outside
    /// it; nil when it is. The site then begins a new incarnation. Writes nothing itself: what is here
    /// must be readable on a full disk.
    ///
    /// - Parameters:
    ///   - noted: what the home noted last; nil when nothing was, or it cannot be read.
    ///   - isInPlace: whether the home is where it was then.
    public func rollbackReason(noted: OwnPosition?, isInPlace: Bool) throws -> RollbackReason? {
        let position = try ownPosition()
        guard let noted, noted.incarnation == position.incarnation,
            noted.entries <= position.entries
        else { return .databaseOlder }
        return isInPlace ? nil : .homeMoved
    }

    /// When and why this site last began a new incarnation; nil when it never did.
    public func rollback() throws -> Rollback? {
        guard let reason = try note("rollback.reason").flatMap(RollbackReason.init(rawValue:)),
            let time = try note("rollback.time").flatMap(Instant.init(rfc3339:))
        else { return nil }
        return Rollback(reason: reason, time: time)
    }

    /// The forks in the log, in the order of their arrival. Both entries of each are kept and
    /// forwarded with their signatures, which prove it.
    public func forks() throws -> [StoredFork] {
        try rows(
            """
            SELECT uuid, compartment, author, incarnation, fork_sequence,
                (SELECT received_ms FROM entry WHERE entry.chain = chain.id
                    ORDER BY sequence LIMIT 1) AS received_ms
            FROM chain JOIN feed ON feed.id = chain.feed
            JOIN partnership ON partnership.id = feed.partnership
            WHERE chain.parent IS NOT NULL OR EXISTS (
                SELECT 1 FROM chain AS first WHERE first.feed = chain.feed
                    AND first.parent IS NULL AND first.id < chain.id)
            ORDER BY chain.id
            """
        ).compactMap { row in
            guard let compartment = Compartment(rawValue: row["compartment"]) else { return nil }
            return StoredFork(
                id: CompartmentID(try PartnershipID(blob: row["uuid"]), compartment),
                author: try SiteID(blob: row["author"]),
                incarnation: UInt64(bitPattern: row["incarnation"]),
                sequence: UInt64(row["fork_sequence"] as Int64) + 1,
                received: Instant(milliseconds: (row["received_ms"] as Int64?) ?? 0))
        }
    }
}
