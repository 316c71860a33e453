public import Foundation
import GRDB
public import KithModel
import KithProtocol

/// A live operation as lists read it: without who said it.
public struct LiveValue: Sendable {
    /// Its row, which grows with the order of arrival.
    public let operation: Int64
    /// The row of its record.
    public let record: Int64
    /// The field's number.
    public let field: UInt32
    /// The value's bytes; nil when erased.
    public let value: Data?
    /// Whether it takes effect: false when its author had been removed before it.
    public let isEffective: Bool
    /// Whether it is not the only live one of its field.
    public let isContested: Bool
}

/// A live operation of a field that is contested, or of which the author was removed.
public struct ContestedValue: Sendable {
    /// The operation.
    public let live: LiveValue
    /// Why its author wrote.
    public let change: ChangeType?
    /// When it came here, by our clock.
    public let received: Instant
    /// The arrival since which it can be read here.
    public let readAt: Int64
    /// The site that signed it.
    public let author: SiteID
    /// The partnership that it was first written in, when it was carried over or brought back.
    public let carriedFrom: PartnershipID?
    /// Its rank for display.
    public let rank: DisplayRank
}

/// When an operation came here.
public struct LiveTime: Sendable {
    /// By our clock.
    public let received: Instant
    /// The arrival since which it can be read.
    public let readAt: Int64
}

/// A record without what was said in it.
public struct RecordHead: Sendable {
    /// The row.
    public let row: Int64
    /// Its id.
    public let id: RecordID
    /// The number of its kind.
    public let kind: UInt32
    /// The partnership.
    public let partnership: PartnershipID
    /// The compartment.
    public let compartment: Compartment
    /// The record that it is part of.
    public let parent: RecordID?
}

// Queries over many records at once, each in one statement: what is listed may be ten thousand.
extension StoreTransaction {
    /// The live operations of contested fields, and of removed authors, by record and field; of one
    /// record when its row is given.
    public func contestedValues(ofRecord record: Int64? = nil) throws -> [ContestedValue] {
        let filter = record == nil ? "" : " AND operation.record = ?1"
        return try contestedValues(
            """
            \(Self.contest("INDEXED BY operation_contested")) WHERE is_contested = 1\(filter)
            UNION ALL
            \(Self.contest("INDEXED BY operation_revoked"))
            WHERE is_effective = 0 AND is_superseded = 0 AND is_contested = 0\(filter)
            ORDER BY 2, 3, 1
            """, record.map { [$0] } ?? [])
    }

    /// All live operations of one field, contested or not.
    public func liveContest(ofField field: UInt32, record: Int64) throws -> [ContestedValue] {
        try contestedValues(
            """
            \(Self.contest())
            WHERE operation.record = ? AND operation.field = +? AND is_superseded = 0 ORDER BY 1
            """, [record, field])
    }

    private static func contest(_ index: String = "") -> String {
        """
        SELECT operation.id, operation.record, operation.field, operation.value, is_effective,
            is_contested, act.change, received_ms, read_arrival, depth, author, hash, act.carried
        FROM operation \(index) CROSS JOIN act ON act.id = operation.id >> 12
        CROSS JOIN entry ON entry.arrival = operation.id >> 22
        CROSS JOIN chain ON chain.id = entry.chain CROSS JOIN feed ON feed.id = chain.feed
        """
    }

    private func contestedValues(
        _ sql: String, _ arguments: Arguments
    ) throws -> [ContestedValue] {
        var values: [ContestedValue] = []
        try eachRow(sql, arguments) { row in
            let change: Int? = row[6]
            let live = Self.liveValue(row)
            let author = try SiteID(blob: row[10])
            values.append(
                ContestedValue(
                    live: live, change: change.flatMap(ChangeType.init(rawValue:)),
                    received: Instant(milliseconds: row[7]), readAt: row[8], author: author,
                    carriedFrom: (row[12] as Data?).flatMap { try? Carried(decoding: $0) }?
                        .partnership,
                    rank: DisplayRank(
                        isEffective: live.isEffective, depth: row[9],
                        author: author,
                        operation: OperationID(
                            entry: try EntryHash(blob: row[11]),
                            index: RowID.index(operation: live.operation)))))
        }
        return values
    }

    /// The live operations of some fields of all records of a kind.
    public func liveValues(ofKind kind: UInt32, fields: [UInt32]) throws -> [LiveValue] {
        try liveValues(
            """
            SELECT operation.id, operation.record, operation.field, operation.value, is_effective,
                is_contested
            FROM record JOIN operation ON operation.record = record.id
            WHERE record.kind = ? AND is_superseded = 0
                AND operation.field IN (SELECT value FROM json_each(?))
            """, [kind, Self.list(fields)])
    }

    /// The live operations of some fields of some records.
    public func liveValues(ofRecords rows: [Int64], fields: [UInt32]) throws -> [LiveValue] {
        try liveValues(
            """
            SELECT operation.id, operation.record, operation.field, operation.value, is_effective,
                is_contested
            FROM json_each(?) AS wanted CROSS JOIN operation ON operation.record = wanted.value
            WHERE is_superseded = 0 AND operation.field IN (SELECT value FROM json_each(?))
            """, [Self.list(rows), Self.list(fields)])
    }

    private func liveValues(
        _ sql: String, _ arguments: Arguments
    ) throws -> [LiveValue] {
        var values: [LiveValue] = []
        try eachRow(sql, arguments) { values.append(Self.liveValue($0)) }
        return values
    }

    static func liveValue(_ row: CurrentRow) -> LiveValue {
        LiveValue(
            operation: row[0], record: row[1], field: row[2], value: row[3], isEffective: row[4],
            isContested: row[5])
    }

    /// When operations came here, by their rows.
    public func times(of operations: [Int64]) throws -> [Int64: LiveTime] {
        guard !operations.isEmpty else { return [:] }
        let found = try rows(
            """
            SELECT wanted.value, received_ms, read_arrival FROM json_each(?) AS wanted
            CROSS JOIN act ON act.id = wanted.value >> 12
            CROSS JOIN entry ON entry.arrival = wanted.value >> 22
            """, [Self.list(operations)])
        return Dictionary(
            found.map {
                ($0[0], LiveTime(received: Instant(milliseconds: $0[1]), readAt: $0[2]))
            }, uniquingKeysWith: { first, _ in first })
    }

    /// Records by their rows, with all that they are part of, at any depth.
    public func heads(withParentsOf records: [Int64]) throws -> [Int64: RecordHead] {
        try heads(
            """
            WITH RECURSIVE up (id) AS (
                SELECT value FROM json_each(?)
                UNION
                SELECT above.id FROM up JOIN record ON record.id = up.id
                JOIN record AS above ON above.uuid = record.parent
                    AND above.partnership = record.partnership
            )
            SELECT record.id, record.uuid, record.kind, partnership.uuid, compartment, parent
            FROM up JOIN record ON record.id = up.id
            CROSS JOIN partnership ON partnership.id = record.partnership
            """, [Self.list(records)])
    }

    /// All records of a kind, by their rows.
    public func heads(ofKind kind: UInt32) throws -> [Int64: RecordHead] {
        try heads(
            """
            SELECT record.id, record.uuid, record.kind, partnership.uuid, compartment, parent
            FROM record JOIN partnership ON partnership.id = record.partnership
            WHERE record.kind = ?
            """, [kind])
    }

    private func heads(
        _ sql: String, _ arguments: Arguments
    ) throws -> [Int64: RecordHead] {
        var heads: [Int64: RecordHead] = [:]
        try eachRow(sql, arguments) { row in
            guard let compartment = Compartment(rawValue: row[4]) else { return }
            heads[row[0]] = RecordHead(
                row: row[0], id: try RecordID(blob: row[1]), kind: row[2],
                partnership: try PartnershipID(blob: row[3]), compartment: compartment,
                parent: (row[5] as Data?).flatMap { RecordID(bytes: $0) })
        }
        return heads
    }
}
