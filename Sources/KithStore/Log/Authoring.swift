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
    /// would not fit. Refuses what the site is not entitled to write. Gives the entries' hashes.
    @discardableResult
    public func author(
        _ parts: [DraftPart], class entryClass: EntryClass, in compartment: Compartment,
        of partnership: PartnershipID, now: Instant
    ) throws -> [EntryHash] {
        let row = try partnershipRow(partnership)
        guard try !wasRemoved(keys.site, in: row) else {
            throw StoreError(
                .other,
                "this site is not a member of that partnership any more; its records stay readable, and nothing can be written in it"
            )
        }
        guard
            Membership.verdict(
                on: entryClass, in: compartment, grant: try grant(of: keys.site, in: row))
                == .allowed
        else {
            throw StoreError(
                .other, "this site may not write \(entryClass.name) entries in \(compartment.name)")
        }
        try renewKeys(in: partnership, now: now)
        guard let key = try writingKey(compartment, in: row) else {
            throw StoreError(
                .other,
                "no key of \(compartment.name) is here that only its members hold; sync with a member that writes, then try again"
            )
        }
        var rest = parts[...]
        var entries: [EntryHash] = []
        while !rest.isEmpty {
            let batch = fitting(rest)
            rest = rest.dropFirst(batch.count)
            entries.append(
                try author(batch, entryClass, compartment, row, partnership, key: key, now: now))
        }
        return entries
    }

    /// Erases parts of one compartment, and says of each record that is touched who did it and why.
    public func erase(
        _ names: [(record: DraftPart, parts: [PartID])], in compartment: Compartment,
        of partnership: PartnershipID, now: Instant
    ) throws {
        let row = try partnershipRow(partnership)
        guard try grant(of: keys.site, in: row)?.mayWrite(.erasure, in: compartment) ?? false else {
            throw StoreError(
                .other,
                "this site may not erase in \(compartment.name); ask a steward that holds it")
        }
        try renewKeys(in: partnership, now: now)
        guard let key = try writingKey(compartment, in: row) else {
            throw StoreError(
                .other, "no key of \(compartment.name) is here; sync with a member, then try again")
        }
        for (record, parts) in names {
            for start in stride(from: 0, to: parts.count, by: Limits.erasedParts) {
                let some = parts[start..<min(start + Limits.erasedParts, parts.count)]
                try author(
                    [record], .erasure, compartment, row, partnership, key: key,
                    clear: Erasure(parts: Array(some)).encoded(), now: now)
            }
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

    /// Erases parts again that this site erased before it was restored; they name what is erased in
    /// the place of an entry that may be lost.
    func erase(_ names: [PartID], in id: CompartmentID, now: Instant) throws {
        let row = try partnershipRow(id.partnership)
        try renewKeys(in: id.partnership, now: now)
        guard let key = try writingKey(id.compartment, in: row) else { return }
        for start in stride(from: 0, to: names.count, by: Limits.erasedParts) {
            let some = names[start..<min(start + Limits.erasedParts, names.count)]
            try author(
                [], .erasure, id.compartment, row, id.partnership, key: key,
                clear: Erasure(parts: Array(some)).encoded(), now: now)
        }
    }

    @discardableResult
    private func author(
        _ parts: [DraftPart], _ entryClass: EntryClass, _ compartment: Compartment,
        _ partnership: Int64, _ id: PartnershipID,
        key: (id: EntryHash, key: CompartmentKey), clear: Data? = nil, now: Instant
    ) throws -> EntryHash {
        var header = try nextHeader(compartment, entryClass, partnership, id, now: now)
        let first = clear.map { [Part(skeleton: $0, body: nil)] } ?? []
        var sealed: [Part] = []
        for (number, part) in zip(first.count..., parts) {
            let skeleton = try PartSeal(header, part: number, half: .skeleton).seal(
                part.skeleton.encoded(), key: key.key.secret, cryptography)
            let body = try PartSeal(header, part: number, half: .body).seal(
                PartBody(values: part.values, reason: part.reason).encoded(),
                key: key.key.secret, cryptography)
            sealed.append(Part(skeleton: skeleton, body: body))
        }
        header.parts =
            first.map { Self.digest($0, key: nil) } + sealed.map { Self.digest($0, key: key.id) }
        return try sign(header, first + sealed, partnership, now: now)
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

    /// Signs and stores an entry, and makes sure that it took effect: what this site could not apply
    /// itself is refused here, while the person who wrote it can still be told.
    @discardableResult
    private func sign(
        _ header: EntryHeader, _ parts: [Part], _ partnership: Int64, now: Instant
    ) throws -> EntryHash {
        let entry: VerifiedEntry
        do {
            entry = try VerifiedEntry(
                authoring: header, parts: parts, with: keys.identity.privateKey, cryptography)
        } catch let fault as ProtocolFault {
            throw Self.notWritten(fault.description)
        }
        let arrival = try insert(entry.parsed, partnership: partnership, received: now).arrival
        if let row = try row(
            """
            SELECT reason FROM set_aside WHERE entry = ?
            UNION ALL SELECT reason FROM unread WHERE entry = ?
            """, [arrival, arrival])
        {
            throw Self.notWritten(row["reason"])
        }
        return entry.parsed.hash
    }

    private static func notWritten(_ why: String) -> StoreError {
        StoreError(
            .other,
            "nothing was written: this site may not write that, or it is larger than allowed (\(why))"
        )
    }

    private static func digest(_ part: Part, key: EntryHash?) -> PartDigest {
        PartDigest(
            key: key, skeleton: Data(SHA256.hash(data: part.skeleton)),
            skeletonBytes: part.skeleton.count,
            body: part.body.map { Data(SHA256.hash(data: $0)) } ?? Data(),
            bodyBytes: part.body?.count ?? 0)
    }

    /// The header of this site's next entry in a compartment: its place, and what it knows by now.
    ///
    /// What one header cannot name goes before it, in entries without parts: an edge counts only
    /// into what its author has named.
    private func nextHeader(
        _ compartment: Compartment, _ entryClass: EntryClass, _ partnership: Int64,
        _ id: PartnershipID, now: Instant
    ) throws -> EntryHeader {
        while true {
            let (feed, leaf) = try ownFeed(compartment, in: partnership, now: now)
            let unnamed = try unnamedLeaves(for: feed, after: leaf, in: partnership)
            let header = EntryHeader(
                partnership: id, feed: feed, sequence: (leaf?.sequence ?? 0) + 1,
                previous: leaf?.hash, knows: Array(unnamed.prefix(Limits.knows)), recorded: now,
                entryClass: entryClass, parts: [])
            if unnamed.count <= Limits.knows { return header }
            try sign(header, [], partnership, now: now)
        }
    }

    /// The feed that this site writes in a compartment, and its end; nil when it is new.
    ///
    /// A feed of its own that has forked was written by a copy of this site too. It is left as it is:
    /// the site goes on in a new incarnation, whose first entry names both branches (D21, D22).
    private func ownFeed(
        _ compartment: Compartment, in partnership: Int64, now: Instant
    ) throws -> (feed: FeedID, leaf: Leaf?) {
        for isRenewed in [false, true] {
            if isRenewed { try beginIncarnation(.partnerKnowsMore, now: now) }
            let feed = FeedID(
                author: keys.site, incarnation: try incarnation(), compartment: compartment)
            let leaves = try leaves(of: feed, in: partnership)
            if leaves.count <= 1 { return (feed, leaves.first) }
        }
        throw StoreError(.other, "a new incarnation was in use already; try again")
    }

    private struct Leaf {
        let chain: Int64
        let sequence: UInt64
        let hash: EntryHash
    }

    private func leaves(of feed: FeedID, in partnership: Int64) throws -> [Leaf] {
        try rows(
            """
            SELECT chain.id, last_sequence, last_hash FROM feed JOIN chain ON chain.feed = feed.id
            WHERE partnership = ? AND compartment = ? AND author = ? AND incarnation = ?
            """,
            [
                partnership, feed.compartment.rawValue, feed.author.blob,
                Int64(bitPattern: feed.incarnation),
            ]
        ).map {
            Leaf(
                chain: $0["id"], sequence: UInt64($0["last_sequence"] as Int64),
                hash: try EntryHash(blob: $0["last_hash"]))
        }
    }

    /// The leaves of other feeds that a feed of ours has not named up to its end, in the order of
    /// arrival. What it has named is read from it: after a restore its end may have come from a
    /// peer, later than what it does not know.
    private func unnamedLeaves(
        for feed: FeedID, after leaf: Leaf?, in partnership: Int64
    ) throws -> [Position] {
        var unnamed: [Position] = []
        for row in try rows(
            """
            SELECT chain.id, feed.compartment, author, incarnation, last_sequence, last_hash
            FROM feed JOIN chain ON chain.feed = feed.id
            WHERE partnership = ? AND compartment IN (?, 1)
            ORDER BY last_arrival
            """, [partnership, feed.compartment.rawValue])
        {
            guard let compartment = Compartment(rawValue: row["compartment"]) else { continue }
            let other = FeedID(
                author: try SiteID(blob: row["author"]),
                incarnation: UInt64(bitPattern: row["incarnation"]), compartment: compartment)
            let last: Int64 = row["last_sequence"]
            let named = try leaf.flatMap {
                try knownSequence(of: row["id"], onChain: $0.chain, upTo: Int64($0.sequence))
            }
            guard other != feed, last > named ?? 0 else { continue }
            unnamed.append(
                Position(
                    feed: other, sequence: UInt64(last), hash: try EntryHash(blob: row["last_hash"])
                ))
        }
        return unnamed
    }
}
