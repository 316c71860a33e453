public import Foundation
import GRDB
public import KithModel
import KithProtocol

extension StoreTransaction {
    /// The records of a selection with their live operations, in the order of their first acts.
    public func records(_ selection: RecordSelection) throws -> [StoredRecord] {
        let found = try rows(selection)
        guard !found.isEmpty else { return [] }
        let operations = try liveOperations(ofRecords: found.map(\.row))
        let acts = try acts(
            Set(found.flatMap { [$0.firstAct, $0.lastAct] } + operations.map(\.act)))
        var said: [Int64: [StoredOperation]] = [:]
        for operation in operations {
            said[operation.record, default: []].append(try Self.stored(operation, acts))
        }
        return found.compactMap { record in
            guard let created = acts[record.firstAct], let changed = acts[record.lastAct] else {
                return nil
            }
            return StoredRecord(
                row: record.row, id: record.id, kind: record.kind,
                partnership: record.partnership, compartment: record.compartment,
                parent: record.parent, created: created, changed: changed,
                operations: Self.ordered(said[record.row] ?? []))
        }.sorted { ($0.created.arrival, $0.row) < ($1.created.arrival, $1.row) }
    }

    /// How many records a selection has, without reading them; its limit is left aside.
    public func count(_ selection: RecordSelection) throws -> Int {
        guard let (filter, arguments) = try condition(of: selection) else { return 0 }
        return Int(try number("SELECT count(*) FROM record WHERE \(filter)", arguments) ?? 0)
    }

    /// A record as its row has it.
    private struct RecordRow {
        let row: Int64
        let id: RecordID
        let kind: UInt32
        let partnership: PartnershipID
        let compartment: Compartment
        let parent: RecordID?
        let firstAct: Int64
        let lastAct: Int64
    }

    private func rows(_ selection: RecordSelection) throws -> [RecordRow] {
        guard var (filter, arguments) = try condition(of: selection) else { return [] }
        if let newest = selection.newest {
            filter += " ORDER BY first_act DESC LIMIT ?"
            arguments += [newest]
        }
        var found: [RecordRow] = []
        try eachRow(
            """
            SELECT record.id, record.kind, record.compartment, record.uuid, record.parent,
                first_act, last_act, partnership.uuid
            FROM record JOIN partnership ON partnership.id = record.partnership WHERE \(filter)
            """, arguments
        ) { row in
            guard let compartment = Compartment(rawValue: row[2]) else { return }
            found.append(
                RecordRow(
                    row: row[0], id: try RecordID(blob: row[3]), kind: row[1],
                    partnership: try PartnershipID(blob: row[7]), compartment: compartment,
                    parent: (row[4] as Data?).flatMap { RecordID(bytes: $0) }, firstAct: row[5],
                    lastAct: row[6]))
        }
        return found
    }

    /// An operation as its row has it, with the row of its act.
    private struct OperationRow {
        let id: Int64
        let record: Int64
        let field: UInt32
        let value: Data?
        let isSuperseded: Bool
        let isEffective: Bool

        var act: Int64 { id >> 12 }

        /// Reads the columns that `names` lists.
        init(_ row: CurrentRow) {
            (id, record, field) = (row[0], row[1], row[2])
            (value, isSuperseded, isEffective) = (row[3], row[4], row[5])
        }

        static let names = """
            operation.id, operation.record, operation.field, operation.value,
            operation.is_superseded, operation.is_effective
            """
    }

    private func liveOperations(ofRecords rows: [Int64]) throws -> [OperationRow] {
        var found: [OperationRow] = []
        try eachRow(
            """
            SELECT \(OperationRow.names)
            FROM json_each(?) CROSS JOIN operation ON operation.record = json_each.value
            WHERE operation.is_superseded = 0
            """, [Self.list(rows)]
        ) { found.append(OperationRow($0)) }
        return found
    }

    private static func stored(
        _ operation: OperationRow, _ acts: [Int64: StoredAct]
    ) throws -> StoredOperation {
        guard let act = acts[operation.act] else {
            throw StoreError(
                .damaged,
                "what this site made of its log is damaged (an operation without its act); run 'kith rebuild', which makes it anew"
            )
        }
        let id = OperationID(entry: act.entry, index: RowID.index(operation: operation.id))
        return StoredOperation(
            id: id, field: operation.field, value: operation.value,
            isSuperseded: operation.isSuperseded, isEffective: operation.isEffective,
            rank: DisplayRank(
                isEffective: operation.isEffective, depth: act.depth, author: act.site,
                operation: id), act: act)
    }

    /// By field, then rank with the greatest first; SQLite gives them by field already.
    private static func ordered(_ operations: [StoredOperation]) -> [StoredOperation] {
        let isInOrder = zip(operations, operations.dropFirst()).allSatisfy { $0.field < $1.field }
        guard !isInOrder else { return operations }
        return operations.sorted { ($0.field, $1.rank) < ($1.field, $0.rank) }
    }

    /// All operations of a record, superseded ones too, in the order of arrival.
    public func history(ofRecord row: Int64) throws -> [StoredOperation] {
        var found: [OperationRow] = []
        try eachRow("SELECT \(OperationRow.names) FROM operation WHERE record = ?", [row]) {
            found.append(OperationRow($0))
        }
        let acts = try acts(Set(found.map(\.act)))
        return try found.map { try Self.stored($0, acts) }
            .sorted { ($0.act.arrival, $0.id.index) < ($1.act.arrival, $1.id.index) }
    }

    /// The candidates of a field as they were when this site had so many entries: what somebody
    /// who read the record at that version saw.
    public func candidates(
        ofField field: UInt32, record: Int64, asOf version: Int64
    ) throws -> [OperationID] {
        // Of now it is known; of an earlier moment the rule has to be asked again, over all that was said.
        if version >= (try self.version()) {
            return try liveOperations(ofField: field, record: record)
        }
        return Candidates(of: try nodes(ofField: field, record: record, asOf: version).map(\.node))
            .operations
    }

    /// The candidates of a field as they are.
    private func liveOperations(ofField field: UInt32, record: Int64) throws -> [OperationID] {
        try rows(
            """
            SELECT operation.id, hash FROM operation
            CROSS JOIN entry ON entry.arrival = operation.id >> 22
            WHERE operation.record = ? AND is_superseded = 0 AND operation.field = +?
            """, [record, field]
        ).map {
            OperationID(
                entry: try EntryHash(blob: $0["hash"]), index: RowID.index(operation: $0["id"]))
        }.sorted()
    }

    /// The operations of a field as the rule of candidates takes them, each with its row.
    func nodes(
        ofField field: UInt32, record: Int64, asOf version: Int64
    ) throws -> [(id: Int64, node: OperationNode)] {
        // An entry that was here, but whose key was not, was not seen. Why the `+`, `Hot` says.
        let found = try rows(
            """
            SELECT operation.id, act.class, hash, since FROM operation
            CROSS JOIN entry ON entry.arrival = operation.id >> 22
            CROSS JOIN act ON act.id = operation.id >> 12
            LEFT JOIN revoked ON revoked.entry = entry.arrival
            WHERE operation.record = ? AND is_superseded IN (0, 1) AND operation.field = +?
                AND read_arrival <= ?
            """, [record, field, version])
        var names: [Int64: OperationID] = [:]
        for row in found {
            names[row["id"]] = OperationID(
                entry: try EntryHash(blob: row["hash"]), index: RowID.index(operation: row["id"]))
        }
        var edges: [Int64: [OperationID]] = [:]
        for (target, name) in names {
            for row in try rows("SELECT source FROM edge WHERE target = ?", [target]) {
                edges[row["source"], default: []].append(name)
            }
        }
        return found.compactMap { row -> (Int64, OperationNode)? in
            guard let name = names[row["id"]], let entryClass = EntryClass(rawValue: row["class"])
            else { return nil }
            let revokedSince: Int64? = row["since"]
            return (
                row["id"],
                OperationNode(
                    id: name, entryClass: entryClass,
                    isEffective: revokedSince.map { $0 > version } ?? true,
                    supersedes: edges[row["id"]] ?? [])
            )
        }
    }

    /// The class of an operation; nil when it cannot be read here.
    public func entryClass(of operation: OperationID) throws -> EntryClass? {
        guard let place = try place(of: operation.entry) else { return nil }
        let id = RowID.operation(arrival: place.arrival, index: operation.index)
        return try number("SELECT class FROM act WHERE id = ?", [RowID.act(operation: id)])
            .flatMap { EntryClass(rawValue: Int($0)) }
    }

    /// Whether parts of a partnership are here that cannot be read yet.
    public func hasUnread(in partnership: PartnershipID) throws -> Bool {
        try number(
            """
            SELECT 1 FROM unread CROSS JOIN entry ON entry.arrival = unread.entry
            CROSS JOIN chain ON chain.id = entry.chain CROSS JOIN feed ON feed.id = chain.feed
            WHERE feed.partnership = ? LIMIT 1
            """, [try partnershipRow(partnership)]) != nil
    }

    /// The newest arrival number: the version of a view that is read now.
    public func version() throws -> Int64 {
        try number("SELECT max(arrival) FROM entry") ?? 0
    }

    /// The fields with more than one live operation, as rows of records and field numbers.
    public func contestedFields() throws -> [(record: Int64, field: UInt32)] {
        try rows(
            "SELECT DISTINCT record, field FROM operation WHERE is_contested = 1 ORDER BY record, field"
        ).map { ($0["record"], $0["field"]) }
    }

    /// The row of a record; nil when nothing was ever said of it here.
    public func recordRow(
        _ id: RecordID, kind: UInt32, in partnership: PartnershipID, _ compartment: Compartment
    ) throws -> Int64? {
        try number(
            """
            SELECT id FROM record
            WHERE uuid = ? AND partnership = ? AND compartment = ? AND kind = ?
            """, [id.blob, try partnershipRow(partnership), compartment.rawValue, kind])
    }

    /// What this site itself last imported into a field, in one entry; several where the source had
    /// several, empty when it never did.
    public func lastImported(
        field: UInt32, record: Int64
    ) throws -> [(id: OperationID, value: Data?)] {
        let imports = """
            FROM operation
            CROSS JOIN act ON act.id = operation.id >> 12
            CROSS JOIN entry ON entry.arrival = operation.id >> 22
            CROSS JOIN chain ON chain.id = entry.chain
            CROSS JOIN feed ON feed.id = chain.feed
            WHERE operation.record = ? AND is_superseded IN (0, 1) AND operation.field = +?
                AND feed.author = ? AND act.change = ?
            """
        let arguments: Arguments = [
            record, field, keys.site.blob, ChangeType.import.rawValue,
        ]
        guard let last = try number("SELECT max(operation.id) \(imports)", arguments) else {
            return []
        }
        return try rows(
            """
            SELECT operation.id, operation.value, entry.hash \(imports)
            AND operation.id >> 22 = ? ORDER BY operation.id
            """, arguments + [last >> 22]
        ).map {
            (
                OperationID(
                    entry: try EntryHash(blob: $0["hash"]),
                    index: RowID.index(operation: $0["id"])), $0["value"]
            )
        }
    }
}

extension StoreTransaction {
    /// How many records of a kind there are in a partnership, archived ones too.
    public func recordCount(ofKind kind: UInt32, in partnership: PartnershipID) throws -> Int {
        Int(
            try number(
                "SELECT count(*) FROM record WHERE kind = ? AND partnership = ?",
                [kind, try partnershipRow(partnership)]) ?? 0)
    }
}
