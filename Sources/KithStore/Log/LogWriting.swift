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
        let arguments: Arguments = [
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
        if let end = memo.chainEnds[hash] { return end.place }
        return try hot(.placeOfHash).numbers(.id(hash), .int(horizon)).map {
            Place(arrival: $0[0], chain: $0[1], sequence: $0[2], depth: $0[3])
        }
    }

    /// Whether an entry goes on from where a chain is known to end here, so that it cannot be here itself.
    func continuesAnEnd(_ header: EntryHeader) -> Bool {
        header.previous.map { memo.chainEnds[$0] != nil } ?? false
    }

    /// Stores an entry of which it is known that its author signed it, and applies it. The entry must
    /// not be here yet.
    ///
    /// - Parameter opened: its parts, where somebody has opened them already.
    func insert(
        _ entry: ParsedEntry, opened: [OpenedPart?] = [], partnership: Int64, received: Instant
    ) throws -> Place {
        let header = entry.header
        let known = try header.knows.map { try knownPlace($0, in: partnership) }
        let last = try memo.lastArrival ?? number("SELECT max(arrival) FROM entry") ?? 0
        let place = try extendChain(
            entry, arrival: last + 1, depth: known.map(\.depth).max() ?? 0,
            partnership: partnership)
        memo.lastArrival = place.arrival
        try hot(.insertEntry).run(
            .int(place.arrival), .id(entry.hash), .int(place.chain), .int(place.sequence),
            .int(place.depth), .int(header.recorded.milliseconds), .int(received.milliseconds),
            .data(entry.received.header), .data(entry.received.signature))
        for (number, part) in entry.received.parts.enumerated() {
            try hot(.insertPart).run(
                .int(RowID.part(arrival: place.arrival, number)), .data(part.skeleton),
                .optional(part.body))
        }
        try addBytes(entry.received.byteCount, to: partnership)
        try checkGrowth(of: known, onChain: place.chain, before: place.sequence)
        for other in known {
            try execute(
                "INSERT INTO knows (chain, known_chain, sequence, known_sequence) VALUES (?, ?, ?, ?)",
                [place.chain, other.chain, place.sequence, other.sequence])
        }
        try apply(entry, opened: opened, at: place, partnership: partnership)
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

    /// The place of an entry: on the chain that it goes on, that it forks off from, or that it begins.
    ///
    /// - Parameter depth: the greatest of what the entry knows.
    private func extendChain(
        _ entry: ParsedEntry, arrival: Int64, depth: Int64, partnership: Int64
    ) throws -> Place {
        let (header, hash) = (entry.header, entry.hash)
        let sequence = Int64(header.sequence)
        guard let previous = header.previous else {
            let feed = try feedRow(header.feed, in: partnership)
            let chain = try newChain(feed: feed, parent: nil, fork: 0, sequence, hash, arrival)
            return Place(arrival: arrival, chain: chain, sequence: sequence, depth: depth + 1)
        }
        let (before, feed, isEnd) = try end(previous, of: header, partnership)
        let deepest = max(depth, before.depth)
        guard isEnd else {
            let chain = try newChain(
                feed: feed, parent: before.chain, fork: before.sequence, sequence, hash, arrival)
            return Place(arrival: arrival, chain: chain, sequence: sequence, depth: deepest + 1)
        }
        try moveEnd(of: before.chain, to: hash, sequence, arrival: arrival)
        let place = Place(
            arrival: arrival, chain: before.chain, sequence: sequence, depth: deepest + 1)
        memo.chainEnds[previous] = nil
        memo.chainEnds[hash] = TransactionMemo.ChainEnd(
            place: place, feed: header.feed, partnership: partnership, row: feed)
        return place
    }

    /// Where the entry before another is, the row of its feed, and whether its chain ends there.
    private func end(
        _ previous: EntryHash, of header: EntryHeader, _ partnership: Int64
    ) throws -> (Place, feed: Int64, isEnd: Bool) {
        let contradiction = Refusal.contradiction("previous is of another place")
        if let end = memo.chainEnds[previous] {
            guard end.feed == header.feed, end.partnership == partnership,
                end.place.sequence == Int64(header.sequence) - 1
            else { throw contradiction }
            return (end.place, end.row, true)
        }
        try writeDeferred()
        let feed = try feedRow(header.feed, in: partnership)
        guard let before = try place(of: previous) else { throw Refusal.missing("previous") }
        guard before.sequence == Int64(header.sequence) - 1,
            let chain = try row(
                "SELECT feed, last_sequence FROM chain WHERE id = ?", [before.chain]),
            chain["feed"] == feed
        else { throw contradiction }
        return (before, feed, chain["last_sequence"] == before.sequence)
    }

    private func newChain(
        feed: Int64, parent: Int64?, fork: Int64, _ sequence: Int64, _ hash: EntryHash,
        _ arrival: Int64
    ) throws -> Int64 {
        memo.chainsOfFeeds[feed] = nil
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
