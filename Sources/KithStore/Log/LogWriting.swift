import Foundation
import GRDB
import KithModel
import KithProtocol
import KithTrust

/// Why an entry is not stored: structural invalidity refuses its feed from there on (D23).
enum Refusal: Error, Equatable {
    /// An entry that it builds on is not here.
    case missing(String)
    /// It contradicts the chain or the causal order.
    case contradiction(String)
    /// Its author is nobody that this site knows in the partnership.
    case unknownAuthor
    /// What others may fill here of the partnership is used up.
    case quota
}

extension StoreTransaction {
    /// The row of a feed, made if need be.
    func feedRow(_ feed: FeedID, in partnership: Int64) throws -> Int64 {
        let arguments: StatementArguments = [
            partnership, feed.compartment.rawValue, feed.author.blob,
            Int64(bitPattern: feed.incarnation),
        ]
        if let row = try number(
            """
            SELECT id FROM feed
            WHERE partnership = ? AND compartment = ? AND author = ? AND incarnation = ?
            """, arguments)
        {
            return row
        }
        try execute(
            "INSERT INTO feed (partnership, compartment, author, incarnation) VALUES (?, ?, ?, ?)",
            arguments)
        return database.lastInsertedRowID
    }

    /// Where an entry is; nil when it is not here.
    func place(of hash: EntryHash) throws -> Place? {
        try row(
            """
            SELECT arrival, chain, sequence, depth FROM entry WHERE hash = ? AND arrival <= ?
            """, [hash.blob, horizon]
        ).map {
            Place(
                arrival: $0["arrival"], chain: $0["chain"], sequence: $0["sequence"],
                depth: $0["depth"])
        }
    }

    /// Stores a verified entry and applies it. The entry must not be here yet.
    func insert(
        _ entry: VerifiedEntry, partnership: Int64, received: Instant
    ) throws -> Place {
        let header = entry.parsed.header
        let feed = try feedRow(header.feed, in: partnership)
        let known = try header.knows.map { try knownPlace($0, in: partnership) }
        var depth = known.map(\.depth).max() ?? 0
        let arrival = (try number("SELECT max(arrival) FROM entry") ?? 0) + 1
        let hash = entry.parsed.hash
        let sequence = Int64(header.sequence)
        let chain = try extendChain(
            header, hash: hash, feed: feed, arrival: arrival, depth: &depth)
        depth += 1
        try execute(
            """
            INSERT INTO entry (arrival, hash, chain, sequence, depth, recorded_ms, received_ms, header, signature)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                arrival, hash.blob, chain, sequence, depth, header.recorded.milliseconds,
                received.milliseconds,
                entry.parsed.received.header, entry.parsed.received.signature,
            ])
        for (number, part) in entry.parsed.received.parts.enumerated() {
            try execute(
                "INSERT INTO part (entry, number, skeleton, body) VALUES (?, ?, ?, ?)",
                [arrival, number, part.skeleton, part.body])
        }
        try execute(
            "UPDATE partnership SET log_bytes = log_bytes + ? WHERE id = ?",
            [entry.parsed.received.byteCount, partnership])
        try checkGrowth(of: known, onChain: chain, before: sequence)
        for place in known {
            try execute(
                "INSERT INTO knows (chain, known_chain, sequence, known_sequence) VALUES (?, ?, ?, ?)",
                [chain, place.chain, sequence, place.sequence])
        }
        let place = Place(arrival: arrival, chain: chain, sequence: sequence, depth: depth)
        try apply(entry.parsed, at: place, partnership: partnership)
        return place
    }

    /// Refuses a header that names what its chain has named already, or what lies before that. Judged
    /// by the graph, not by how branches happen to be cut into chains here, so that every site that
    /// is offered the entry says the same.
    private func checkGrowth(
        of known: [Place], onChain chain: Int64, before sequence: Int64
    ) throws {
        var passed: [Int64: Int64] = [:]
        for place in known {
            for link in try lineage(of: place.chain, upTo: place.sequence - 1) {
                passed[link.chain] = max(passed[link.chain] ?? 0, link.sequence)
            }
        }
        for place in known {
            if place.sequence <= passed[place.chain] ?? 0 {
                throw Refusal.contradiction("knows an entry and one before it")
            }
            if try isKnown(place, onChain: chain, upTo: sequence - 1) {
                throw Refusal.contradiction("knows does not grow")
            }
        }
    }

    /// The chain that an entry goes on, which it forks off from, or which it begins.
    private func extendChain(
        _ header: EntryHeader, hash: EntryHash, feed: Int64, arrival: Int64, depth: inout Int64
    ) throws -> Int64 {
        let sequence = Int64(header.sequence)
        guard let previous = header.previous else {
            return try newChain(feed: feed, parent: nil, fork: 0, sequence, hash, arrival)
        }
        guard let before = try place(of: previous) else { throw Refusal.missing("previous") }
        guard before.sequence == sequence - 1,
            let chain = try row(
                "SELECT feed, last_sequence FROM chain WHERE id = ?", [before.chain]),
            chain["feed"] == feed
        else { throw Refusal.contradiction("previous is of another place") }
        depth = max(depth, before.depth)
        if chain["last_sequence"] == before.sequence {
            try execute(
                "UPDATE chain SET last_sequence = ?, last_hash = ?, last_arrival = ? WHERE id = ?",
                [sequence, hash.blob, arrival, before.chain])
            return before.chain
        }
        return try newChain(
            feed: feed, parent: before.chain, fork: before.sequence, sequence, hash, arrival)
    }

    private func newChain(
        feed: Int64, parent: Int64?, fork: Int64, _ sequence: Int64, _ hash: EntryHash,
        _ arrival: Int64
    ) throws -> Int64 {
        try execute(
            """
            INSERT INTO chain (feed, parent, fork_sequence, last_sequence, last_hash, last_arrival)
            VALUES (?, ?, ?, ?, ?, ?)
            """, [feed, parent, fork, sequence, hash.blob, arrival])
        return database.lastInsertedRowID
    }

    private func knownPlace(_ position: Position, in partnership: Int64) throws -> Place {
        guard let place = try place(of: position.hash) else { throw Refusal.missing("knows") }
        guard place.sequence == Int64(position.sequence),
            let feed = try row(
                """
                SELECT partnership, compartment, author, incarnation
                FROM chain JOIN feed ON feed.id = chain.feed WHERE chain.id = ?
                """, [place.chain]),
            feed["partnership"] == partnership,
            feed["compartment"] == Int64(position.feed.compartment.rawValue),
            feed["author"] == position.feed.author.blob,
            feed["incarnation"] == Int64(bitPattern: position.feed.incarnation)
        else { throw Refusal.contradiction("knows is of another place") }
        return place
    }
}
