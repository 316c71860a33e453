import Crypto
public import Foundation
import GRDB
public import KithModel

/// One row of the audit: what was done, and what it is looked up by.
public struct StoredAuditItem: Sendable {
    /// Its number, from 1.
    public let number: Int64
    /// The item, as whoever wrote it encoded it.
    public let bytes: Data
}

// An append-only table with a hash chain: a row that is changed, removed or put in between shows.
// Only the removal of the newest rows, with all after them, does not.
extension StoreTransaction {
    /// Appends an item; gives its number.
    @discardableResult public func appendAudit(
        _ bytes: Data, time: Instant, user: String, name: String, action: String,
        record: RecordID?, resident: RecordID?
    ) throws -> Int64 {
        let last = try row("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1", [])
        let number = (last.map { $0["number"] as Int64 } ?? 0) + 1
        try execute(
            """
            INSERT INTO audit (number, time_ms, user, name, action, record, resident, bytes, hash)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                number, time.milliseconds, user, name, action, record?.blob, resident?.blob, bytes,
                Self.link(number, bytes, after: last?["hash"] ?? Data()),
            ])
        return number
    }

    private static func link(_ number: Int64, _ bytes: Data, after previous: Data) -> Data {
        var hash = SHA256()
        hash.update(data: Data("kith audit v1\0".utf8))
        hash.update(data: previous)
        withUnsafeBytes(of: number.bigEndian) { hash.update(bufferPointer: $0) }
        hash.update(data: bytes)
        return Data(hash.finalize())
    }

    /// The newest items that match, the newest first.
    public func audit(
        since: Instant?, until: Instant?, user: String?, action: String?, record: String?,
        limit: Int
    ) throws -> [StoredAuditItem] {
        var conditions: [String] = ["1"]
        var arguments: Arguments = []
        if let since {
            conditions.append("time_ms >= ?")
            arguments += [since.milliseconds]
        }
        if let until {
            conditions.append("time_ms < ?")
            arguments += [until.milliseconds]
        }
        if let user {
            conditions.append("(instr(lower(user), ?) > 0 OR instr(lower(name), ?) > 0)")
            arguments += [user.lowercased(), user.lowercased()]
        }
        if let action {
            conditions.append("action = ?")
            arguments += [action]
        }
        if let record {
            guard let (low, high) = Self.range(ofPrefix: record) else { return [] }
            conditions.append("(record BETWEEN ? AND ? OR resident BETWEEN ? AND ?)")
            arguments += [low, high, low, high]
        }
        arguments += [limit]
        return try rows(
            """
            SELECT number, bytes FROM audit WHERE \(conditions.joined(separator: " AND "))
            ORDER BY number DESC LIMIT ?
            """, arguments
        ).map { StoredAuditItem(number: $0["number"], bytes: $0["bytes"]) }
    }

    /// The break-glass acts, the newest first: all, or somebody's since a time.
    public func breakGlassActs(
        by user: String? = nil, since: Instant? = nil
    ) throws -> [StoredAuditItem] {
        try rows(
            """
            SELECT number, bytes FROM audit WHERE action = 'break-glass'
                AND (?1 IS NULL OR user = ?1) AND (?2 IS NULL OR time_ms >= ?2)
            ORDER BY number DESC
            """, [user, since?.milliseconds]
        ).map { StoredAuditItem(number: $0["number"], bytes: $0["bytes"]) }
    }

    /// The reviews of break-glass acts, the newest first.
    public func breakGlassReviews() throws -> [StoredAuditItem] {
        try rows("SELECT number, bytes FROM audit WHERE action = 'review' ORDER BY number DESC")
            .map { StoredAuditItem(number: $0["number"], bytes: $0["bytes"]) }
    }

    /// Checks the chain; a line for each place where it breaks.
    public func problemsOfAudit() throws -> [String] {
        var problems: [String] = []
        var (expected, previous): (Int64, Data) = (1, Data())
        try eachRow("SELECT number, bytes, hash FROM audit ORDER BY number") { row in
            let number: Int64 = row[0]
            let hash: Data = row[2]
            if number != expected {
                problems.append("the audit has no item \(expected)")
            } else if hash != Self.link(number, row[1], after: previous) {
                problems.append("the audit was changed at item \(number)")
            }
            (expected, previous) = (number + 1, hash)
        }
        return problems
    }

    /// The record at the top of what a record is part of: the resident, where there is one.
    public func root(of record: RecordID) throws -> RecordID? {
        var current = record
        for _ in 0..<8 {
            guard
                let row = try row(
                    "SELECT parent FROM record WHERE uuid = ? ORDER BY parent IS NULL LIMIT 1",
                    [current.blob])
            else { return nil }
            guard let parent = RecordID(bytes: row["parent"] as Data? ?? Data()) else { break }
            current = parent
        }
        return current
    }
}
