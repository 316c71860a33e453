import Foundation
import GRDB
import KithModel

/// A record with the values that stand in a few of its fields, without who said them and when: what
/// lists choose and order records by.
public struct RecordOutline: Sendable {
    /// The record.
    public let head: RecordHead
    /// Its first act, which grows in the order of arrival.
    public let firstAct: Int64
    /// The live operations by field, the best-ranked first.
    public internal(set) var values: [UInt32: [LiveValue]]

    /// The local arrival number of the entry that made it.
    public var created: Int64 { firstAct >> 10 }
}

extension StoreTransaction {
    /// The records of a selection with the values that stand in some fields, in no order; its limit is
    /// left aside.
    public func outlines(
        _ selection: RecordSelection, fields: [UInt32]
    ) throws -> [RecordOutline] {
        guard let (filter, arguments) = try condition(of: selection) else { return [] }
        let list = Set(fields).sorted().map(String.init).joined(separator: ",")
        var outlines: [RecordOutline] = []
        var places: [Int64: Int] = [:]
        try eachRow(
            """
            SELECT operation.id, record.id, operation.field, operation.value, is_effective,
                is_contested, record.uuid, record.kind, partnership.uuid,
                record.compartment, record.parent, first_act
            FROM record JOIN partnership ON partnership.id = record.partnership
            LEFT JOIN operation ON operation.record = record.id
                AND operation.is_superseded = 0 AND operation.field IN (\(list))
            WHERE \(filter)
            """, arguments
        ) { row in
            let record: Int64 = row[1]
            if places[record] == nil {
                guard let compartment = Compartment(rawValue: row[9]) else { return }
                places[record] = outlines.count
                let head = RecordHead(
                    row: record, id: try RecordID(blob: row[6]), kind: row[7],
                    partnership: try PartnershipID(blob: row[8]), compartment: compartment,
                    parent: (row[10] as Data?).flatMap { RecordID(bytes: $0) })
                outlines.append(RecordOutline(head: head, firstAct: row[11], values: [:]))
            }
            guard let place = places[record], row[0] as Int64? != nil else { return }
            let value = Self.liveValue(row)
            outlines[place].values[value.field, default: []].append(value)
        }
        for place in outlines.indices {
            for (field, values) in outlines[place].values where values.count > 1 {
                outlines[place].values[field] = try ranked(values)
            }
        }
        return outlines
    }

    /// The live operations of one field of a record, the best-ranked first.
    private func ranked(_ values: [LiveValue]) throws -> [LiveValue] {
        try liveContest(ofField: values[0].field, record: values[0].record)
            .sorted { $0.rank > $1.rank }.map(\.live)
    }
}
