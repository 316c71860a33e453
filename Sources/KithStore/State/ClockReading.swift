import Foundation
import GRDB
public import KithModel
import KithProtocol

/// A record as clocks look at it: the values that stand in a few of its fields.
public struct DatedRecord: Sendable {
    /// The row, for further queries.
    public let row: Int64
    /// Its id.
    public let id: RecordID
    /// The number of its kind.
    public let kind: UInt32
    /// The partnership.
    public let partnership: PartnershipID
    /// The record that it is part of.
    public let parent: RecordID?
    /// When it was first written, by the author's clock.
    public let created: Instant
    /// The values that stand, by field; nil for one that is erased or cannot be read.
    public internal(set) var values: [UInt32: [FieldValue?]] = [:]
}

// A clock goes through years of records on every screen of how things stand: what it reads here is
// found by an index on days, and is no more than it judges by.
extension StoreTransaction {
    /// The longest encoding of a date or a moment.
    private static let dayLimit = 64

    /// What clocks find an operation by: the first day that the date or moment in its value may be,
    /// in days since 1970, UTC; nil for other values. It follows from the bytes alone, whatever a
    /// vocabulary says of the field, so that a version that reads more into it finds what is stored.
    static func day(in value: Data?) -> Int? {
        guard let value, value.count <= dayLimit else { return nil }
        return switch try? FieldValue(decoding: value) {
        case .date(let date)?: Day(earliestOf: date).number
        case .instant(let instant)?: Day(instant, in: .gmt).number
        default: nil
        }
    }

    /// The records of a kind in which a field holds a day up to some day (days since 1970), with the
    /// values of some fields. Left out is what `unless`, a field of dates, says was done.
    public func records(
        of kind: RecordKind, withDayIn field: UInt32, upTo day: Int, unless done: UInt32?,
        reading fields: [UInt32]
    ) throws -> [DatedRecord] {
        let exception =
            done.map {
                """
                AND NOT EXISTS (SELECT 1 FROM operation u WHERE u.record = d.record
                    AND u.field = \($0) AND u.is_superseded = 0 AND u.is_contested = 0
                    AND u.day IS NOT NULL)
                """
            } ?? ""
        return try datedRecords(
            kind, fields,
            from: """
                (SELECT DISTINCT d.record FROM operation d
                 WHERE d.field = ? AND d.day <= ? AND d.is_superseded = 0 \(exception)) found
                CROSS JOIN record ON record.id = found.record
                """, where: "1", [field, day])
    }

    /// All records of a kind, with the values of some fields.
    public func records(of kind: RecordKind, reading fields: [UInt32]) throws -> [DatedRecord] {
        try datedRecords(kind, fields, from: "record", where: "1", [])
    }

    /// The records of one id, whatever their kinds, with the values of all fields.
    public func datedRecords(withID id: RecordID) throws -> [DatedRecord] {
        try rows("SELECT DISTINCT kind FROM record WHERE uuid = ?", [id.blob])
            .compactMap { Vocabulary.kind($0["kind"]) }
            .flatMap { kind in
                try datedRecords(
                    kind, kind.fields.map(\.number), from: "record", where: "record.uuid = ?",
                    [id.blob])
            }
    }

    private func datedRecords(
        _ kind: RecordKind, _ fields: [UInt32], from source: String, where filter: String,
        _ arguments: Arguments
    ) throws -> [DatedRecord] {
        let list = fields.map(String.init).joined(separator: ", ")
        var records: [Int64: DatedRecord] = [:]
        try eachRow(
            """
            SELECT record.id, record.uuid, record.parent, partnership.uuid, entry.recorded_ms,
                operation.field, operation.value
            FROM \(source)
            JOIN partnership ON partnership.id = record.partnership
            JOIN entry ON entry.arrival = record.first_act >> 10
            LEFT JOIN operation ON operation.record = record.id
                AND operation.is_superseded = 0 AND operation.field IN (\(list))
            WHERE \(filter) AND record.kind = ? AND record.compartment = ?
            """, arguments + [kind.number, kind.compartment.rawValue]
        ) { row in
            let id: Int64 = row[0]
            if records[id] == nil {
                records[id] = DatedRecord(
                    row: id, id: try RecordID(blob: row[1]), kind: kind.number,
                    partnership: try PartnershipID(blob: row[3]),
                    parent: (row[2] as Data?).flatMap { RecordID(bytes: $0) },
                    created: Instant(milliseconds: row[4]))
            }
            guard let field = row[5] as UInt32? else { return }
            let value: Data? = row[6]
            records[id]?.values[field, default: []].append(
                value.flatMap { try? FieldValue(decoding: $0) })
        }
        return records.values.sorted { $0.row < $1.row }
    }

    /// The records that live records of a kind refer to, of those with a day in some range.
    public func targets(
        of reference: UInt32, inKind kind: RecordKind, withDayIn field: UInt32,
        _ days: ClosedRange<Int>
    ) throws -> Set<RecordID> {
        Set(
            try rows(
                """
                SELECT DISTINCT r.value FROM operation d
                JOIN record ON record.id = d.record AND record.kind = ?
                JOIN operation r ON r.record = d.record AND r.field = ? AND r.is_superseded = 0
                WHERE d.field = ? AND d.day BETWEEN ? AND ? AND d.is_superseded = 0
                    AND NOT EXISTS (\(Self.isArchived))
                """,
                [
                    kind.number, reference, field, days.lowerBound, days.upperBound,
                    FieldValue.boolean(true).encoded(),
                ]
            ).compactMap { row in
                guard let bytes = row["value"] as Data?,
                    case .reference(let target)? = try? FieldValue(decoding: bytes)
                else { return nil }
                return target
            })
    }

    /// The last day, up to some day, of the live records of a kind that refer to a record.
    public func lastDay(
        in field: UInt32, ofKind kind: RecordKind, referringBy reference: UInt32,
        to target: RecordID, upTo day: Int
    ) throws -> Int? {
        try number(
            """
            SELECT max(d.day) FROM operation r
            CROSS JOIN record ON record.id = r.record AND record.kind = ?
            CROSS JOIN operation d
                ON d.record = r.record AND d.field = ? AND d.is_superseded = 0
            WHERE r.value = ? AND length(r.value) = \(Self.referenceLength) AND r.field = ?
                AND r.field <> \(FieldNumber.parent) AND r.is_superseded = 0 AND +d.day <= ?
                AND NOT EXISTS (\(Self.isArchived))
            """,
            [
                kind.number, field, FieldValue.reference(target).encoded(), reference, day,
                FieldValue.boolean(true).encoded(),
            ]
        ).map(Int.init)
    }

    private static let isArchived = """
        SELECT 1 FROM operation a WHERE a.record = d.record AND a.field = \(FieldNumber.archived)
            AND a.is_superseded = 0 AND a.value = ?
        """
}
