import Crypto
public import Foundation
import GRDB
import KithModel
import KithProtocol
import Synchronization

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
            return try await writer.writeWithoutTransaction { [self] in
                try replay($0, keeping: keeping)
            }
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    /// The same on the calling thread; never on one that must not block.
    package func replayBlocking(keeping: Bool) throws -> Replay {
        do {
            return try writer.writeWithoutTransaction { try replay($0, keeping: keeping) }
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    private func replay(_ database: Database, keeping: Bool) throws -> Replay {
        var replay: Replay?
        judgements.withLock { $0 = [:] }
        defer { judgements.withLock { $0 = [:] } }
        try database.inTransaction(.immediate) {
            replay = try StoreTransaction(database, of: self, isWriter: true).replay()
            return keeping ? .commit : .rollback
        }
        guard let replay else { throw StoreError(.other, "the replay did not run") }
        return replay
    }
}

extension StoreTransaction {
    static let stateTables = [
        "revoked", "set_aside", "unread", "edge", "operation", "act", "person", "record",
        "key_recipient", "compartment_key", "member", "standing", "cut", "membership_act",
    ]

    fileprivate func replay() throws -> Replay {
        let before = try summary()
        for table in Self.stateTables {
            try execute("DELETE FROM \(table)")
        }
        memo.forget()
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
            var then = self
            then.horizon = arrival
            let (entry, place) = try then.storedEntry(arrival)
            try then.apply(entry, at: place, partnership: partnership)
            count += 1
        }
        let after = try summary()
        let names = Set(before.keys).union(after.keys).sorted()
        return Replay(
            entries: count,
            differences: names.filter { before[$0] != after[$0] }.map { "\($0) differs" })
    }

    /// What two states are compared by: every compartment's digest, and every row of every table.
    private func summary() throws -> [String: Data] {
        var summary: [String: Data] = [:]
        for row in try rows("SELECT uuid FROM partnership") {
            let partnership = try PartnershipID(blob: row["uuid"])
            for compartment in Compartment.allCases {
                summary["state of \(compartment.name) in \(partnership.short)"] =
                    try stateDigest(CompartmentID(partnership, compartment))
            }
        }
        for table in Self.stateTables {
            summary["table \(table)"] = try contentDigest(ofTable: table)
        }
        return summary
    }

    /// SHA-256 over a table's rows in the order of their keys, which are one or two columns.
    private func contentDigest(ofTable table: String) throws -> Data {
        var hash = SHA256()
        func add(_ kind: UInt8, _ bytes: UnsafeRawBufferPointer) {
            withUnsafeBytes(of: kind) { hash.update(bufferPointer: $0) }
            withUnsafeBytes(of: bytes.count) { hash.update(bufferPointer: $0) }
            hash.update(bufferPointer: bytes)
        }
        try statement("SELECT * FROM \(table) ORDER BY 1, 2").eachColumn([]) { column in
            switch column {
            case .null: add(0, UnsafeRawBufferPointer(start: nil, count: 0))
            case .integer(let number): withUnsafeBytes(of: number) { add(1, $0) }
            case .real(let number): withUnsafeBytes(of: number) { add(2, $0) }
            case .text(let bytes): add(3, bytes)
            case .blob(let bytes): add(4, bytes)
            }
        }
        return Data(hash.finalize())
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
