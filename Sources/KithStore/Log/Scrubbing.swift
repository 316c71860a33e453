import Foundation
import GRDB
public import KithModel
import KithProtocol
import KithTrust

/// What one step of the scrub found.
public struct ScrubStep: Sendable {
    /// Entries that were looked at.
    public let checked: Int
    /// Of those, how many are damaged.
    public let damaged: Int
    /// Whether more is to be looked at now.
    public let isMoreDue: Bool
}

// Looking the log through again: what came since the last time, of which many a signature has not been
// checked yet (D2), and all of it every so often, since a disk that forgets says nothing (D37). What is
// damaged is listed, and asked for again of whoever holds it.
extension StoreTransaction {
    private static let throughNote = "scrub.through"
    private static let nextNote = "scrub.next"
    private static let begunNote = "scrub.begun"

    /// Looks at the next entries, at most so many, and lists those that are damaged.
    ///
    /// - Parameter every: after how many days the whole log is looked through again.
    public func scrub(_ most: Int, every days: Int, now: Instant) throws -> ScrubStep {
        let last = try version()
        let through = try position(Self.throughNote)
        let isNew = through < last
        if !isNew, try !isCycleDue(every: days, now: now) {
            return ScrubStep(checked: 0, damaged: 0, isMoreDue: false)
        }
        let first = isNew ? through + 1 : try position(Self.nextNote) + 1
        let end = min(first + Int64(most) - 1, last)
        var damaged = 0
        for arrival in stride(from: first, through: end, by: 1) {
            guard let what = try damage(ofEntry: arrival) else { continue }
            damaged += 1
            try noteDamage(ofEntry: arrival, what, now: now)
        }
        if isNew {
            try setNote(Self.throughNote, String(end))
        } else {
            try setNote(Self.nextNote, String(end == last ? 0 : end))
            if end == last { try setNote(Self.begunNote, now.rfc3339) }
        }
        return ScrubStep(
            checked: Int(max(end - first + 1, 0)), damaged: damaged,
            isMoreDue: try end < last || (isNew && isCycleDue(every: days, now: now)))
    }

    private func position(_ name: String) throws -> Int64 {
        try note(name).flatMap { Int64($0) } ?? 0
    }

    /// A cycle that has begun goes on; the next begins when so many days are over.
    private func isCycleDue(every days: Int, now: Instant) throws -> Bool {
        if try position(Self.nextNote) > 0 { return true }
        guard let ended = try note(Self.begunNote).flatMap(Instant.init(rfc3339:)) else {
            return true
        }
        // A clock that was set back must not put it off for years.
        let passed = now.milliseconds - ended.milliseconds
        return passed < 0 || passed >= Int64(days) * 86_400_000
    }

    private func damage(ofEntry arrival: Int64) throws -> String? {
        do {
            let (entry, _) = try storedEntry(arrival)
            return try isSigned(entry) ? nil : "its signature is not its author's"
        } catch let error as StoreError where error.code == .damaged {
            return error.description
        }
    }

    /// Lists an entry as damaged.
    func noteDamage(ofEntry arrival: Int64, _ what: String, now: Instant) throws {
        try execute(
            "INSERT OR IGNORE INTO damaged (entry, what, found_ms) SELECT ?, ?, ? WHERE EXISTS (SELECT 1 FROM entry WHERE arrival = ?)",
            [arrival, what, now.milliseconds, arrival])
    }

    /// How many entries are listed as damaged.
    public func damagedEntries() throws -> Int {
        Int(try number("SELECT count(*) FROM damaged") ?? 0)
    }

    /// The entries of a compartment that are wanted again, because they are damaged here.
    public func wanted(in id: CompartmentID) throws -> [EntryHash] {
        // From `damaged`, which is nearly always empty: SQLite by itself would go through all entries of the
        // compartment, and look for each of them there.
        try rows(
            """
            SELECT hash FROM damaged CROSS JOIN entry ON entry.arrival = damaged.entry
            JOIN chain ON chain.id = entry.chain JOIN feed ON feed.id = chain.feed
            JOIN partnership ON partnership.id = feed.partnership
            WHERE uuid = ? AND compartment = ? ORDER BY damaged.entry LIMIT ?
            """, [id.partnership.blob, id.compartment.rawValue, Limits.wanted]
        ).map { try EntryHash(blob: $0["hash"]) }
    }

    /// The arrival numbers of entries that somebody wants again, as far as they are of a compartment and
    /// well here. Each is looked at now: the one whose spoiled signature went on from here may not have
    /// come to the scrub's turn, and a single one cannot be sent where no later one vouches for it.
    public func arrivals(of wanted: [EntryHash], in id: CompartmentID) throws -> [Int64] {
        try wanted.compactMap { hash in
            let found = try number(
                """
                SELECT arrival FROM entry
                JOIN chain ON chain.id = entry.chain JOIN feed ON feed.id = chain.feed
                JOIN partnership ON partnership.id = feed.partnership
                WHERE hash = ? AND uuid = ? AND compartment = ?
                    AND NOT EXISTS (SELECT 1 FROM damaged WHERE damaged.entry = arrival)
                """, [hash.blob, id.partnership.blob, id.compartment.rawValue])
            guard let found, try damage(ofEntry: found) == nil else { return nil }
            return found
        }
    }

    /// Puts an entry that is damaged here in order with bytes that came again: they match its hash and
    /// digests, and its author signed them. Bodies that were erased since stay erased.
    ///
    /// - Returns: whether it was damaged, and is not any more.
    func mend(_ entry: ParsedEntry, at place: Place) throws -> Bool {
        guard
            try number("SELECT 1 FROM damaged WHERE entry = ?", [place.arrival]) != nil,
            try isSigned(entry)
        else { return false }
        for name in entry.missingBodies where try !isErased(name) { return false }
        try execute(
            "UPDATE entry SET header = ?, signature = ?, recorded_ms = ? WHERE arrival = ?",
            [
                entry.received.header, entry.received.signature,
                entry.header.recorded.milliseconds, place.arrival,
            ])
        for (number, part) in entry.received.parts.enumerated() {
            let name = PartID(entry: entry.hash, part: number)
            try execute(
                "INSERT OR REPLACE INTO part (id, skeleton, body) VALUES (?, ?, ?)",
                [
                    RowID.part(arrival: place.arrival, number), part.skeleton,
                    try isErased(name) ? nil : part.body,
                ])
        }
        try execute("DELETE FROM damaged WHERE entry = ?", [place.arrival])
        return true
    }
}
