import Crypto
import Foundation
import GRDB
public import KithModel
public import KithProtocol
public import KithTrust

/// One part that this site wants to write: a record's operations with their values.
public struct DraftPart: Sendable {
    /// Which record and fields, and who.
    public var skeleton: Skeleton
    /// The values, in the order of the skeleton's operations.
    public var values: [FieldValue]
    /// Why; empty when not given.
    public var reason: String

    /// Describes a part to write.
    public init(skeleton: Skeleton, values: [FieldValue], reason: String) {
        self.skeleton = skeleton
        self.values = values
        self.reason = reason
    }
}

extension StoreTransaction {
    /// Writes parts as entries of this site's feed in a compartment; more than one only when they
    /// would not fit. Refuses what the site is not entitled to write.
    public func author(
        _ parts: [DraftPart], class entryClass: EntryClass, in compartment: Compartment,
        of partnership: PartnershipID, now: Instant
    ) throws {
        let row = try partnershipRow(partnership)
        guard
            Membership.verdict(
                on: entryClass, in: compartment, grant: try grant(of: keys.site, in: row))
                == .allowed
        else {
            throw StoreError(
                .other, "this site may not write \(entryClass.name) entries in \(compartment.name)")
        }
        guard let key = try writingKey(compartment, in: row) else {
            throw StoreError(
                .other,
                "the key of \(compartment.name) has not arrived yet; sync with a member, then try again"
            )
        }
        var rest = parts[...]
        while !rest.isEmpty {
            let batch = fitting(rest)
            rest = rest.dropFirst(batch.count)
            try author(batch, entryClass, compartment, row, partnership, key: key, now: now)
        }
    }

    /// How many of the parts make one entry of moderate size.
    private func fitting(_ parts: ArraySlice<DraftPart>) -> [DraftPart] {
        var bytes = 0
        var count = 0
        for part in parts.prefix(64) {
            bytes += 256 + part.values.reduce(0) { $0 + $1.encoded().count + 64 }
            if count > 0, bytes > 65_536 { break }
            count += 1
        }
        return Array(parts.prefix(count))
    }

    private func author(
        _ parts: [DraftPart], _ entryClass: EntryClass, _ compartment: Compartment,
        _ partnership: Int64, _ id: PartnershipID,
        key: (id: EntryHash, key: CompartmentKey), now: Instant
    ) throws {
        var header = try nextHeader(compartment, entryClass, partnership, id, now: now)
        var sealed: [Part] = []
        for (number, part) in parts.enumerated() {
            let skeleton = try PartSeal(header, part: number, half: .skeleton).seal(
                part.skeleton.encoded(), key: key.key.secret, cryptography)
            let body = try PartSeal(header, part: number, half: .body).seal(
                PartBody(values: part.values, reason: part.reason).encoded(),
                key: key.key.secret, cryptography)
            sealed.append(Part(skeleton: skeleton, body: body))
        }
        header.parts = sealed.map { Self.digest($0, key: key.id) }
        try sign(header, sealed, partnership, now: now)
    }

    /// Writes one membership act.
    @discardableResult
    public func author(
        _ act: MembershipAct, of partnership: PartnershipID, now: Instant
    ) throws -> EntryHash {
        let row = try partnershipRow(partnership)
        var header = try nextHeader(.membership, .membership, row, partnership, now: now)
        let part = Part(skeleton: act.encoded(), body: nil)
        header.parts = [Self.digest(part, key: nil)]
        return try sign(header, [part], row, now: now)
    }

    @discardableResult
    private func sign(
        _ header: EntryHeader, _ parts: [Part], _ partnership: Int64, now: Instant
    ) throws -> EntryHash {
        let entry = try VerifiedEntry(
            authoring: header, parts: parts, with: keys.identity.privateKey, cryptography)
        _ = try insert(entry, partnership: partnership, received: now)
        return entry.parsed.hash
    }

    private static func digest(_ part: Part, key: EntryHash?) -> PartDigest {
        PartDigest(
            key: key, skeleton: Data(SHA256.hash(data: part.skeleton)),
            skeletonBytes: part.skeleton.count,
            body: part.body.map { Data(SHA256.hash(data: $0)) } ?? Data(),
            bodyBytes: part.body?.count ?? 0)
    }

    /// The header of this site's next entry in a compartment: its place, and what it knows by now.
    private func nextHeader(
        _ compartment: Compartment, _ entryClass: EntryClass, _ partnership: Int64,
        _ id: PartnershipID, now: Instant
    ) throws -> EntryHeader {
        let feed = FeedID(
            author: keys.site, incarnation: try incarnation(), compartment: compartment)
        let feedRow = try feedRow(feed, in: partnership)
        let leaf = try row(
            """
            SELECT id, last_sequence, last_hash, last_arrival FROM chain WHERE feed = ?
            ORDER BY last_sequence DESC LIMIT 1
            """, [feedRow])
        let before = leaf.map { $0["last_arrival"] as Int64 } ?? 0
        let advanced = try rows(
            """
            SELECT feed.compartment, author, incarnation, last_sequence, last_hash
            FROM feed JOIN chain ON chain.feed = feed.id
            WHERE partnership = ? AND compartment IN (?, 1) AND feed.id <> ? AND last_arrival > ?
            ORDER BY last_arrival LIMIT ?
            """, [partnership, compartment.rawValue, feedRow, before, Limits.knows])
        var knows: [Position] = []
        for row in advanced {
            guard let other = Compartment(rawValue: row["compartment"]) else { continue }
            let known = FeedID(
                author: try SiteID(blob: row["author"]),
                incarnation: UInt64(bitPattern: row["incarnation"]), compartment: other)
            knows.append(
                Position(
                    feed: known, sequence: UInt64(row["last_sequence"] as Int64),
                    hash: try EntryHash(blob: row["last_hash"])))
        }
        return EntryHeader(
            partnership: id, feed: feed,
            sequence: UInt64(leaf.map { $0["last_sequence"] as Int64 } ?? 0) + 1,
            previous: try leaf.map { try EntryHash(blob: $0["last_hash"]) }, knows: knows,
            recorded: now, entryClass: entryClass, parts: [])
    }

    /// The number of this life of the site; made at first use.
    func incarnation() throws -> UInt64 {
        if let stored = try number(
            "SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'incarnation'")
        {
            return UInt64(bitPattern: stored)
        }
        let fresh = cryptography.randomNumber()
        try execute(
            "INSERT INTO meta (name, value) VALUES ('incarnation', ?)",
            [Data(String(Int64(bitPattern: fresh)).utf8)])
        return fresh
    }
}
