public import Foundation
import GRDB
public import KithModel
import KithProtocol

extension StoreTransaction {
    /// The records of a selection with their live operations, in the order of their first acts.
    public func records(_ selection: RecordSelection) throws -> [StoredRecord] {
        let found = try rows(selection)
        guard !found.isEmpty else { return [] }
        let chosen = Self.list(found.map { $0["id"] as Int64 })
        let acts = try firstAndLastActs(of: chosen)
        var records: [Int64: StoredRecord] = [:]
        for row in found {
            guard let compartment = Compartment(rawValue: row["compartment"]),
                let created = acts[row["first_act"]], let changed = acts[row["last_act"]]
            else { continue }
            records[row["id"]] = StoredRecord(
                row: row["id"], id: try RecordID(blob: row["uuid"]), kind: row["kind"],
                partnership: try PartnershipID(blob: row["partnership_uuid"]),
                compartment: compartment,
                parent: (row["parent"] as Data?).flatMap { RecordID(bytes: $0) }, created: created,
                changed: changed, operations: [])
        }
        for row in try rows(
            Self.operationQuery(
                where: "operation.is_superseded = 0",
                from: "json_each(?) CROSS JOIN operation ON operation.record = json_each.value"),
            [chosen])
        {
            records[row["record"]]?.operations.append(try operation(row))
        }
        return records.values.map { record in
            var sorted = record
            sorted.operations.sort {
                ($0.field, $1.rank) < ($1.field, $0.rank)
            }
            return sorted
        }.sorted { ($0.created.arrival, $0.row) < ($1.created.arrival, $1.row) }
    }

    /// How many records a selection has, without reading them; its limit is left aside.
    public func count(_ selection: RecordSelection) throws -> Int {
        guard let (filter, arguments) = try condition(of: selection) else { return 0 }
        return Int(try number("SELECT count(*) FROM record WHERE \(filter)", arguments) ?? 0)
    }

    private func rows(_ selection: RecordSelection) throws -> [StoredRow] {
        guard var (filter, arguments) = try condition(of: selection) else { return [] }
        if let newest = selection.newest {
            filter += " ORDER BY first_act DESC LIMIT ?"
            arguments += [newest]
        }
        return try rows(
            """
            SELECT record.id, record.kind, record.compartment, record.uuid, record.parent,
                first_act, last_act, partnership.uuid AS partnership_uuid
            FROM record JOIN partnership ON partnership.id = record.partnership WHERE \(filter)
            """, arguments)
    }

    private func firstAndLastActs(of records: String) throws -> [Int64: StoredAct] {
        var acts: [Int64: StoredAct] = [:]
        for column in ["first_act", "last_act"] {
            for row in try rows(
                """
                SELECT act.id AS act_id, \(Self.actColumns)
                FROM json_each(?) CROSS JOIN record ON record.id = json_each.value
                JOIN act ON act.id = record.\(column) \(Self.actJoins)
                """, [records])
            {
                acts[row["act_id"]] = try act(row)
            }
        }
        return acts
    }

    /// All operations of a record, superseded ones too, in the order of arrival.
    public func history(ofRecord row: Int64) throws -> [StoredOperation] {
        try rows(
            Self.operationQuery(where: "operation.record = ?", from: "operation"), [row]
        ).map(operation).sorted { ($0.act.arrival, $0.id.index) < ($1.act.arrival, $1.id.index) }
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
            JOIN entry ON entry.arrival = operation.id >> 22
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
            JOIN entry ON entry.arrival = operation.id >> 22
            JOIN act ON act.id = operation.id >> 12
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
            JOIN chain ON chain.id = entry.chain JOIN feed ON feed.id = chain.feed
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
            JOIN act ON act.id = operation.id >> 12
            JOIN entry ON entry.arrival = operation.id >> 22
            JOIN chain ON chain.id = entry.chain
            JOIN feed ON feed.id = chain.feed
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

    // MARK: Rows into values

    private static let actColumns = """
        act.class, act.change, act.event, act.reason, act.carried, entry.arrival, entry.hash, entry.recorded_ms,
        entry.received_ms, feed.author, entry.depth,
        c.user AS c_user, c.name AS c_name, c.role AS c_role, c.organisation AS c_organisation,
        p.user AS p_user, p.name AS p_name, p.role AS p_role, p.organisation AS p_organisation
        """

    private static let actJoins = """
        JOIN person c ON c.id = act.committer
        LEFT JOIN person p ON p.id = act.performer
        JOIN entry ON entry.arrival = act.id >> 10
        JOIN chain ON chain.id = entry.chain
        JOIN feed ON feed.id = chain.feed
        """

    private static func operationQuery(where filter: String, from: String) -> String {
        """
        SELECT operation.id AS operation, operation.record, operation.field, operation.value,
            operation.is_superseded, operation.is_effective, \(actColumns)
        FROM \(from) JOIN act ON act.id = operation.id >> 12 \(actJoins) WHERE \(filter)
        """
    }

    func act(_ id: Int64) throws -> StoredAct? {
        try row("SELECT \(Self.actColumns) FROM act \(Self.actJoins) WHERE act.id = ?", [id])
            .map(act)
    }

    /// Where the columns of an act stand, counted from the first of them: a page reads thousands of rows,
    /// and to look a name up costs more than the value.
    private enum ActColumn: Int, CaseIterable {
        case entryClass, change, event, reason, carried, arrival, hash, recorded, received, author
        case depth, user, name, role, organisation
        case performer, performerName, performerRole, performerOrganisation

        /// The place in a row that ends with these columns.
        func place(in row: StoredRow) -> Int { row.count - Self.allCases.count + rawValue }
    }

    func act(_ row: StoredRow) throws -> StoredAct {
        func value<Value: ColumnValue>(
            _ column: ActColumn
        ) -> Value { row[column.place(in: row)] }
        func data(_ column: ActColumn) -> Data? { row[column.place(in: row)] }
        let change: Int? = row[ActColumn.change.place(in: row)]
        let performer: String? = row[ActColumn.performer.place(in: row)]
        let carried = data(.carried).flatMap { try? Carried(decoding: $0) }
        return StoredAct(
            site: try SiteID(blob: value(.author)), entry: try EntryHash(blob: value(.hash)),
            arrival: value(.arrival),
            entryClass: EntryClass(rawValue: value(.entryClass)) ?? .record,
            change: change.flatMap(ChangeType.init(rawValue:)),
            committer: Person(
                user: value(.user), name: value(.name), role: value(.role),
                organisation: value(.organisation)),
            performer: performer.map {
                Person(
                    user: $0, name: value(.performerName), role: value(.performerRole),
                    organisation: value(.performerOrganisation))
            },
            event: data(.event).flatMap { try? FieldValue(decoding: $0) },
            recorded: Instant(milliseconds: value(.recorded)),
            received: Instant(milliseconds: value(.received)),
            reason: row[ActColumn.reason.place(in: row)], carried: carried,
            carriedClass: try carried.flatMap { try entryClass(of: $0.entry) })
    }

    /// The class of an entry of which a part was read; nil when it is not here.
    private func entryClass(of entry: EntryHash) throws -> EntryClass? {
        try number(
            """
            SELECT act.class FROM entry
            JOIN act ON act.id BETWEEN entry.arrival << 10 AND (entry.arrival << 10) + 1023
            WHERE hash = ? LIMIT 1
            """, [entry.blob]
        ).flatMap { EntryClass(rawValue: Int($0)) }
    }

    private func operation(_ row: StoredRow) throws -> StoredOperation {
        let act = try act(row)
        // The columns of `operationQuery`, in order.
        let id = OperationID(entry: act.entry, index: RowID.index(operation: row[0]))
        return StoredOperation(
            id: id, field: row[2], value: row[3], isSuperseded: row[4], isEffective: row[5],
            rank: DisplayRank(
                isEffective: row[5], depth: row[ActColumn.depth.place(in: row)], author: act.site,
                operation: id), act: act)
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
