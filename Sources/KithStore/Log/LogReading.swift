import Foundation
import GRDB
public import KithModel
public import KithProtocol
import KithTrust

extension StoreTransaction {
    /// The row of a partnership; an error when this site is not in it.
    func partnershipRow(_ id: PartnershipID) throws -> Int64 {
        if let known = memo.partnerships[id] { return known }
        guard let row = try number("SELECT id FROM partnership WHERE uuid = ?", [id.blob]) else {
            throw StoreError(.other, "this site is not in that partnership")
        }
        memo.partnerships[id] = row
        return row
    }

    /// An entry as it was stored, parsed and checked against its digests again.
    func storedEntry(_ arrival: Int64) throws -> (ParsedEntry, Place) {
        guard
            let row = try row(
                """
                SELECT hash, chain, sequence, depth, recorded_ms, header, signature FROM entry
                WHERE arrival = ?
                """, [arrival])
        else { throw StoreError(.damaged, "entry \(arrival) is missing from the log") }
        let received = ReceivedEntry(
            header: row["header"], signature: row["signature"], parts: try storedParts(arrival))
        let place = Place(
            arrival: arrival, chain: row["chain"], sequence: row["sequence"], depth: row["depth"])
        do {
            let entry = try ParsedEntry(received)
            guard entry.hash == (try EntryHash(blob: row["hash"])) else {
                throw damaged(arrival, "its header does not match its hash")
            }
            guard entry.header.recorded.milliseconds == row["recorded_ms"] else {
                throw damaged(arrival, "its time is not that of its header")
            }
            for name in entry.missingBodies where try !isErased(name) {
                throw damaged(arrival, "a body is missing that nobody erased")
            }
            return (entry, place)
        } catch let fault as ProtocolFault {
            throw damaged(arrival, "\(fault)")
        }
    }

    private func damaged(_ arrival: Int64, _ what: String) -> StoreError {
        StoreError(
            .damaged,
            "entry \(arrival) of the log is damaged (\(what)); sync with the partners, who send it again, or restore a backup"
        )
    }

    private func storedParts(_ arrival: Int64) throws -> [Part] {
        let ids = RowID.parts(arrival: arrival)
        return try rows(
            "SELECT skeleton, body FROM part WHERE id BETWEEN ? AND ? ORDER BY id",
            [ids.lowerBound, ids.upperBound]
        ).map { Part(skeleton: $0["skeleton"], body: $0["body"]) }
    }

    /// The leaves of every feed of a compartment: normally one a feed, sorted by feed and sequence.
    public func frontier(_ id: CompartmentID) throws -> [Position] {
        let partnership = try partnershipRow(id.partnership)
        let found = try rows(
            """
            SELECT author, incarnation, last_sequence, last_hash
            FROM feed JOIN chain ON chain.feed = feed.id
            WHERE partnership = ? AND compartment = ?
            ORDER BY author, incarnation, last_sequence, last_hash
            """, [partnership, id.compartment.rawValue])
        return try found.map {
            Position(
                feed: FeedID(
                    author: try SiteID(blob: $0["author"]),
                    incarnation: UInt64(bitPattern: $0["incarnation"]),
                    compartment: id.compartment),
                sequence: UInt64($0["last_sequence"] as Int64),
                hash: try EntryHash(blob: $0["last_hash"]))
        }
    }

    /// Whether an entry is here.
    public func holds(_ hash: EntryHash) throws -> Bool {
        try place(of: hash) != nil
    }

    /// Whether the entry that somebody declares is here, and stands where they say that it does.
    public func holds(_ leaf: Position, in partnership: PartnershipID) throws -> Bool {
        guard let place = try place(of: leaf.hash), let found = try feed(ofChain: place.chain)
        else {
            return false
        }
        return found.partnership == partnership && found.feed == leaf.feed
            && place.sequence == Int64(exactly: leaf.sequence)
    }

    /// The arrival numbers, ascending, of the entries of a compartment that are not in the past of
    /// the leaves that somebody declares; leaves that are not here count for nothing.
    public func missing(
        from leaves: [Position], in id: CompartmentID
    ) throws -> [Int64] {
        try stretches(missingFrom: leaves, in: id).flatMap { stretch in
            try rows(
                "SELECT arrival FROM entry WHERE chain = ? AND sequence > ?",
                [stretch.chain, stretch.after]
            ).map { $0[0] as Int64 }
        }.sorted()
    }

    /// The ends of chains of a compartment that are not in the past of some leaves, without a look at
    /// their entries, of which there may be very many; leaves that are not here count for nothing.
    func stretches(missingFrom leaves: [Position], in id: CompartmentID) throws -> [Stretch] {
        let partnership = try partnershipRow(id.partnership)
        let chains = try rows(
            """
            SELECT chain.id, last_sequence, last_hash, fork_sequence
            FROM feed JOIN chain ON chain.feed = feed.id
            WHERE partnership = ? AND compartment = ?
            """, [partnership, id.compartment.rawValue])
        // Most of what others declare is where a chain ends here too.
        let ends = Dictionary(
            try chains.map { row in
                let end: (chain: Int64, sequence: Int64) = (row[0], row[1])
                return (try EntryHash(blob: row[2]), end)
            },
            uniquingKeysWith: { first, _ in first })
        let held = try lineages(of: leaves, ends: ends)
        return chains.compactMap { row in
            let stretch = Stretch(
                chain: row[0], after: max(held[row[0]] ?? 0, row[3]), last: row[1])
            return stretch.after < stretch.last ? stretch : nil
        }
    }

    /// The entries of a chain after a sequence, up to its end.
    struct Stretch {
        let chain: Int64
        let after: Int64
        let last: Int64

        var count: Int { Int(last - after) }
    }

    /// How far each chain is in the past of some leaves; those that are not here count for nothing.
    ///
    /// - Parameter ends: where chains end, as far as that is known.
    func lineages(
        of leaves: [Position], ends: [EntryHash: (chain: Int64, sequence: Int64)] = [:]
    ) throws -> [Int64: Int64] {
        var held: [Int64: Int64] = [:]
        for leaf in leaves {
            guard
                let place = try ends[leaf.hash]
                    ?? place(of: leaf.hash).map({ ($0.chain, $0.sequence) })
            else { continue }
            for link in try lineage(of: place.chain, upTo: place.sequence) {
                held[link.chain] = max(held[link.chain] ?? 0, link.sequence)
            }
        }
        return held
    }

    /// The bytes that entries take in messages, nearly.
    public func byteCount(at arrivals: [Int64]) throws -> Int {
        try arrivals.reduce(0) { sum, arrival in
            let header =
                try number(
                    "SELECT length(header) + 100 FROM entry WHERE arrival = ?", [arrival]) ?? 0
            let parts =
                try number(
                    """
                    SELECT coalesce(sum(length(skeleton) + coalesce(length(body), 0) + 8), 0)
                    FROM part WHERE id BETWEEN ?1 << 10 AND (?1 << 10) + 1023
                    """, [arrival]) ?? 0
            return sum + Int(header + parts)
        }
    }

    /// Entries of the log.
    public func entryCount() throws -> Int {
        Int(try number("SELECT count(*) FROM entry") ?? 0)
    }
}

extension StoreTransaction {
    /// As many entries from the front as fit a batch; at least one if there is one. With them what
    /// erased bodies that they lack. Every hash is checked again first, and the signatures that the
    /// batch rests on, those of erasures and of entries that none of it continues: what was damaged here
    /// is not sent on (D2, D37).
    public func batch(
        of arrivals: ArraySlice<Int64>, maximumBytes: Int
    ) throws -> (entries: [ReceivedEntry], erasures: [ReceivedEntry]) {
        var entries: [ParsedEntry] = []
        var erasures: [Data: ReceivedEntry] = [:]
        var bytes = 0
        for arrival in arrivals {
            let (entry, _) = try storedEntry(arrival)
            var proofs: [Data: ReceivedEntry] = [:]
            for name in entry.missingBodies {
                let proof = try erasure(of: name)
                if erasures[proof.header] == nil { proofs[proof.header] = proof }
            }
            if let spoiled = try spoiledErasure(among: proofs.values, and: entry) {
                guard entries.isEmpty else { break }
                throw damaged(
                    try place(of: spoiled.hash)?.arrival ?? arrival,
                    "its signature is not its author's")
            }
            bytes += proofs.values.reduce(entry.received.byteCount) { $0 + $1.byteCount }
            if !entries.isEmpty, bytes > maximumBytes { break }
            erasures.merge(proofs) { first, _ in first }
            entries.append(entry)
        }
        try dropUnsignedEnds(of: &entries)
        if entries.isEmpty, let first = arrivals.first {
            // What vouches for a spoiled signature may come farther on than a small batch reaches.
            guard maximumBytes < Limits.batchBytes else {
                throw damaged(first, "its signature is not its author's")
            }
            return try batch(of: arrivals, maximumBytes: Limits.batchBytes)
        }
        let sorted = erasures.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
        return (entries.map(\.received), sorted)
    }

    /// An erasure whose signature is not its author's: nothing that comes with it vouches for it.
    private func spoiledErasure(
        among proofs: some Sequence<ReceivedEntry>, and entry: ParsedEntry
    ) throws -> ParsedEntry? {
        if entry.header.entryClass == .erasure, try !isSigned(entry) { return entry }
        for proof in proofs {
            let erasure = try ParsedEntry(proof)
            if try !isSigned(erasure) { return erasure }
        }
        return nil
    }

    /// Ends a batch where every entry that none of it continues is signed by its author. One whose
    /// signature a forwarder spoiled has a later one here that vouches for it, which goes with the next.
    private func dropUnsignedEnds(of entries: inout [ParsedEntry]) throws {
        var continued = Set(entries.compactMap(\.header.previous))
        var isSigned: [EntryHash: Bool] = [:]
        while let end = try entries.firstIndex(where: { entry in
            guard !continued.contains(entry.hash) else { return false }
            let known = try isSigned[entry.hash] ?? self.isSigned(entry)
            isSigned[entry.hash] = known
            return !known
        }) {
            entries.removeSubrange(end...)
            continued = Set(entries.compactMap(\.header.previous))
        }
    }

    /// What tells somebody with these leaves of a feed how much of it is here: the leaves, as far as
    /// they are here; and unless all are, entries of every branch at distances of 1, 2, 4, … from
    /// its end, and its first.
    public func samples(
        of feed: FeedID, in id: CompartmentID, against leaves: [Position] = []
    ) throws -> [Position] {
        let partnership = try partnershipRow(id.partnership)
        var samples = try leaves.filter { try holds($0.hash) }
        if !leaves.isEmpty, samples.count == leaves.count { return samples }
        for leaf in try rows(
            """
            SELECT chain.id, last_sequence FROM feed JOIN chain ON chain.feed = feed.id
            WHERE partnership = ? AND compartment = ? AND author = ? AND incarnation = ?
            """,
            [
                partnership, feed.compartment.rawValue, feed.author.blob,
                Int64(bitPattern: feed.incarnation),
            ])
        {
            let last: Int64 = leaf["last_sequence"]
            var wanted: Set<Int64> = [1]
            var distance: Int64 = 1
            while distance < last {
                wanted.insert(last - distance)
                distance *= 2
            }
            for link in try lineage(of: leaf["id"], upTo: last) {
                for sequence in wanted.sorted() where sequence <= link.sequence {
                    guard
                        let row = try row(
                            "SELECT hash FROM entry WHERE chain = ? AND sequence = ?",
                            [link.chain, sequence])
                    else { continue }
                    samples.append(
                        Position(
                            feed: feed, sequence: UInt64(sequence),
                            hash: try EntryHash(blob: row["hash"])))
                }
            }
        }
        return samples
    }
}

extension StoreTransaction {
    /// The compartments of a partnership that this site has entries of.
    public func writtenCompartments(of partnership: PartnershipID) throws -> [CompartmentID] {
        let row = try partnershipRow(partnership)
        return try Compartment.allCases.filter { compartment in
            // Of a hundred thousand entries it takes one.
            try number(
                """
                SELECT 1 FROM feed JOIN chain ON chain.feed = feed.id
                JOIN entry ON entry.chain = chain.id WHERE partnership = ? AND compartment = ?
                LIMIT 1
                """, [row, compartment.rawValue]) != nil
        }.map { CompartmentID(partnership, $0) }
    }

    /// Entries of one compartment.
    public func entryCount(in id: CompartmentID) throws -> Int {
        Int(
            try number(
                """
                SELECT count(*) FROM feed JOIN chain ON chain.feed = feed.id
                JOIN entry ON entry.chain = chain.id WHERE partnership = ? AND compartment = ?
                """, [try partnershipRow(id.partnership), id.compartment.rawValue]) ?? 0)
    }
}
