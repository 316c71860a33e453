import Foundation
import GRDB
import KithModel
import KithProtocol
import KithTrust

extension StoreTransaction {
    /// Checks the whole log again: SQLite's own check, every digest, chain, place and signature.
    /// Gives a line for each problem; empty when all is well.
    public func problemsOfLog() throws -> [String] {
        var problems: [String] = []
        for row in try rows("PRAGMA integrity_check") {
            let line: String = row[0]
            if line != "ok" { problems.append("SQLite: \(line)") }
        }
        // Neither of SQLite's own checks reads what its tables are said to be.
        if try !Store.schema(of: database).isSuperset(of: Store.schema) {
            problems.append("SQLite: a table or an index is not described as it was made")
        }
        if try !rows("PRAGMA foreign_key_check").isEmpty {
            problems.append("SQLite: a row refers to one that is not there")
        }
        for arrival in stride(from: Int64(1), through: try version(), by: 1) {
            do {
                if let problem = try problem(ofEntry: arrival) {
                    problems.append("entry \(arrival): \(problem)")
                }
            } catch let error as StoreError {
                problems.append(error.description)
            }
        }
        for row in try rows(
            """
            SELECT chain.id, last_sequence, fork_sequence, last_hash,
                (SELECT count(*) FROM entry WHERE entry.chain = chain.id) AS entries,
                (SELECT hash FROM entry WHERE entry.chain = chain.id
                 ORDER BY sequence DESC LIMIT 1) AS newest
            FROM chain
            """)
        {
            let length = (row["last_sequence"] as Int64) - (row["fork_sequence"] as Int64)
            if length != row["entries"] as Int64 {
                problems.append("a feed has a gap (chain \(row["id"] as Int64))")
            }
            if (row["newest"] as Data?) != (row["last_hash"] as Data) {
                problems.append("a feed's end is not its last entry (chain \(row["id"] as Int64))")
            }
        }
        return problems
    }

    private func problem(ofEntry arrival: Int64) throws -> String? {
        let (entry, place) = try storedEntry(arrival)
        let header = entry.header
        guard let (partnership, feed) = try feed(ofChain: place.chain) else {
            return "it stands in no feed"
        }
        guard header.feed == feed, header.partnership == partnership,
            Int64(header.sequence) == place.sequence
        else { return "it stands in another feed than its header says" }
        var depth: Int64 = 0
        if let previous = header.previous {
            guard let before = try self.place(of: previous), before.arrival < arrival,
                before.sequence == place.sequence - 1
            else { return "the entry before it is missing" }
            depth = before.depth
        }
        for known in header.knows {
            guard let before = try self.place(of: known.hash), before.arrival < arrival else {
                return "an entry that it knows is missing"
            }
            guard
                try knownSequence(of: before.chain, onChain: place.chain, upTo: place.sequence)
                    == before.sequence
            else { return "an entry that it knows is not listed" }
            depth = max(depth, before.depth)
        }
        guard place.depth == depth + 1 else { return "its depth is not what its header gives" }
        return try isSigned(entry) ? nil : "its signature is not its author's"
    }

    /// The feed that a chain is of.
    func feed(
        ofChain chain: Int64
    ) throws -> (partnership: PartnershipID, feed: FeedID)? {
        if let known = memo.feedsOfChains[chain] { return known }
        guard
            let row = try row(
                """
                SELECT author, incarnation, feed.compartment, partnership.uuid
                FROM chain JOIN feed ON feed.id = chain.feed
                JOIN partnership ON partnership.id = feed.partnership WHERE chain.id = ?
                """, [chain]), let compartment = Compartment(rawValue: row["compartment"])
        else { return nil }
        let feed = FeedID(
            author: try SiteID(blob: row["author"]),
            incarnation: UInt64(bitPattern: row["incarnation"]), compartment: compartment)
        let found = (partnership: try PartnershipID(blob: row["uuid"]), feed: feed)
        memo.feedsOfChains[chain] = found
        return found
    }

    /// Whether a stored entry's signature is its author's.
    func isSigned(_ entry: ParsedEntry) throws -> Bool {
        let partnership = try partnershipRow(entry.header.partnership)
        guard let root = try rootCertificate(of: entry, in: partnership) else { return false }
        return EntrySignature.isValid(
            entry.received.signature, of: entry.hash, by: root.publicKey, cryptography)
    }
}
