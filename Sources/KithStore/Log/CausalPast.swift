import GRDB
import KithModel
import KithProtocol

// What an entry's author had seen, as its own feed says it: the entries before it in its chain, and
// for every other feed the latest entry that its chain names up to it, with all before that. An
// honest author names every feed that advanced in its log, so this is the transitive causal past.
extension StoreTransaction {
    /// The latest sequence of another chain that a chain names up to one of its own; nil for none.
    func knownSequence(of known: Int64, onChain chain: Int64, upTo sequence: Int64) throws -> Int64?
    {
        for link in try lineage(of: chain, upTo: sequence) {
            if let found = try number(
                """
                SELECT known_sequence FROM knows
                WHERE chain = ? AND known_chain = ? AND sequence <= ?
                ORDER BY sequence DESC LIMIT 1
                """, [link.chain, known, link.sequence])
            {
                return found
            }
        }
        return nil
    }

    /// Whether one entry lies in the causal past of another; no entry lies in its own.
    func isPast(_ target: Place, of place: Place) throws -> Bool {
        // Arrival order is a causal order here.
        guard target.arrival < place.arrival else { return false }
        if target.chain == place.chain { return target.sequence < place.sequence }
        if try lineage(of: place.chain, upTo: place.sequence - 1).contains(where: {
            $0.chain == target.chain && target.sequence <= $0.sequence
        }) {
            return true
        }
        return try isKnown(target, onChain: place.chain, upTo: place.sequence)
    }

    /// Whether a chain names, up to one of its own entries, another entry or one that grew from it.
    func isKnown(_ target: Place, onChain chain: Int64, upTo sequence: Int64) throws -> Bool {
        guard let feed = try self.chain(target.chain)?.feed else { return false }
        // Knowing an entry of a branch is knowing what the branch grew from.
        for branch in try chains(ofFeed: feed) {
            guard let known = try knownSequence(of: branch, onChain: chain, upTo: sequence)
            else { continue }
            if try lineage(of: branch, upTo: known).contains(where: {
                $0.chain == target.chain && target.sequence <= $0.sequence
            }) {
                return true
            }
        }
        return false
    }

    /// A chain up to a sequence, then the part of its parent that it grew from, and so on.
    func lineage(
        of chain: Int64, upTo sequence: Int64
    ) throws -> [(chain: Int64, sequence: Int64)] {
        var links = [(chain: chain, sequence: sequence)]
        var current = chain
        while let found = try self.chain(current), let parent = found.parent {
            links.append((parent, min(sequence, found.fork)))
            current = parent
        }
        return links
    }

    private func chain(_ id: Int64) throws -> TransactionMemo.Chain? {
        if let known = memo.chains[id] { return known }
        let found = try row("SELECT feed, parent, fork_sequence FROM chain WHERE id = ?", [id])
            .map { TransactionMemo.Chain(feed: $0[0], parent: $0[1], fork: $0[2]) }
        memo.chains[id] = found
        return found
    }

    private func chains(ofFeed feed: Int64) throws -> [Int64] {
        if let known = memo.chainsOfFeeds[feed] { return known }
        let found: [Int64] = try rows("SELECT id FROM chain WHERE feed = ?", [feed]).map { $0[0] }
        memo.chainsOfFeeds[feed] = found
        return found
    }
}
