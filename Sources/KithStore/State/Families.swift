import Foundation
import GRDB
public import KithModel

extension StoreTransaction {
    /// The newest act on what belongs to each record that is part of no other, within compartments:
    /// its arrival and when it came.
    public func newestActs(
        in compartments: [Compartment]
    ) throws -> [RecordID: (version: Int64, received: Instant)] {
        let readable = Set(compartments.map(\.rawValue))
        var parents: [Data: Data] = [:]
        var newest: [Data: Int64] = [:]
        for row in try rows("SELECT uuid, parent, compartment, last_act FROM record") {
            let uuid: Data = row["uuid"]
            if let parent: Data = row["parent"] { parents[uuid] = parent }
            if readable.contains(row["compartment"]) {
                newest[uuid] = max(newest[uuid] ?? 0, (row["last_act"] as Int64) >> 10)
            }
        }
        var found: [RecordID: (version: Int64, received: Instant)] = [:]
        var times: [Int64: Instant] = [:]
        var ofRoots: [Data: Int64] = [:]
        for (uuid, arrival) in newest {
            var root = uuid
            for _ in 0..<8 { root = parents[root] ?? root }
            ofRoots[root] = max(ofRoots[root] ?? 0, arrival)
        }
        for (root, arrival) in ofRoots {
            if times[arrival] == nil {
                times[arrival] = Instant(
                    milliseconds: try number(
                        "SELECT received_ms FROM entry WHERE arrival = ?", [arrival]) ?? 0)
            }
            found[try RecordID(blob: root)] = (arrival, times[arrival] ?? Instant(milliseconds: 0))
        }
        return found
    }

    /// The acts on some records, the newest first, with the row of each record.
    public func acts(
        on rows: [Int64], limit: Int
    ) throws -> [(record: Int64, act: StoredAct)] {
        let found = try self.rows(
            """
            SELECT act.id, act.record
            FROM json_each(?) CROSS JOIN act INDEXED BY act_of_record ON act.record = json_each.value
            ORDER BY act.id DESC LIMIT ?
            """, [Self.list(rows), limit])
        let acts = try acts(Set(found.map { $0["id"] }))
        return found.compactMap { row in acts[row["id"]].map { (row["record"], $0) } }
    }
}
