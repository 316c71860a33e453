public import Foundation
import GRDB
import KithModel
import KithProtocol

/// What replaying the log showed.
public struct Replay: Sendable {
    /// Entries replayed.
    public let entries: Int
    /// Compartments of which fresh and old state differ, and other differences, a line each.
    public let differences: [String]
}

extension Store {
    /// Empties the state and fills it again from the log, in one transaction; keeps the result only
    /// when asked to (P6).
    public func replay(keeping: Bool) async throws -> Replay {
        do {
            return try await pool.writeWithoutTransaction { [self] database in
                var replay: Replay?
                try database.inTransaction(.immediate) {
                    replay = try StoreTransaction(database: database, store: self).replay()
                    return keeping ? .commit : .rollback
                }
                guard let replay else { throw StoreError(.other, "the replay did not run") }
                return replay
            }
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }
}

extension StoreTransaction {
    private static let stateTables = [
        "set_aside", "unread", "edge", "operation", "act", "person", "record", "compartment_key",
        "member", "admission",
    ]

    fileprivate func replay() throws -> Replay {
        let before = try summary()
        for table in Self.stateTables {
            try execute("DELETE FROM \(table)")
        }
        let last = try version()
        var count = 0
        for arrival in stride(from: Int64(1), through: last, by: 1) {
            guard
                let partnership = try number(
                    """
                    SELECT partnership FROM entry JOIN chain ON chain.id = entry.chain
                    JOIN feed ON feed.id = chain.feed WHERE arrival = ?
                    """, [arrival])
            else { continue }
            let (entry, place) = try storedEntry(arrival)
            try apply(entry, at: place, partnership: partnership)
            count += 1
        }
        let after = try summary()
        let names = Set(before.keys).union(after.keys).sorted()
        return Replay(
            entries: count,
            differences: names.filter { before[$0] != after[$0] }.map { "\($0) differs" })
    }

    /// What two states are compared by: every compartment's digest, and the sizes of what stands
    /// beside it.
    private func summary() throws -> [String: String] {
        var summary: [String: String] = [:]
        for row in try rows("SELECT uuid FROM partnership") {
            let partnership = try PartnershipID(blob: row["uuid"])
            for compartment in Compartment.allCases {
                summary["state of \(compartment.name) in \(partnership.short)"] =
                    try stateDigest(CompartmentID(partnership, compartment)).hexadecimal
            }
        }
        for table in Self.stateTables {
            summary["number of rows of \(table)"] = String(
                try number("SELECT count(*) FROM \(table)") ?? 0)
        }
        summary["superseded operations"] = String(
            try number("SELECT count(*) FROM operation WHERE is_superseded = 1") ?? 0)
        summary["contested operations"] = String(
            try number("SELECT count(*) FROM operation WHERE is_contested = 1") ?? 0)
        summary["keys in hand"] = String(
            try number("SELECT count(*) FROM compartment_key WHERE secret IS NOT NULL") ?? 0)
        return summary
    }
}

extension Data {
    /// Lower-case hexadecimal.
    public var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
