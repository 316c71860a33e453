import Foundation
import GRDB
public import KithModel
import KithProtocol

/// Which records to read. All that is given must hold.
public struct RecordSelection: Sendable {
    /// Only of these kinds, by number.
    public var kinds: [UInt32]?
    /// Only in this partnership.
    public var partnership: PartnershipID?
    /// Only records whose id begins so, in Crockford base32.
    public var prefix: String?
    /// Only records of these ids.
    public var ids: [RecordID]?
    /// Only records that name this one in this field now.
    public var naming: (target: RecordID, field: UInt32)?
    /// Only these records, by row.
    public var rows: [Int64]?
    /// Only these records and what is part of them at any depth, by row.
    public var roots: [Int64]?
    /// At most so many, those that were made last as seen from here.
    public var newest: Int?

    /// Selects all records; narrow it down by its properties.
    public init(
        kinds: [UInt32]? = nil, partnership: PartnershipID? = nil, prefix: String? = nil,
        ids: [RecordID]? = nil, naming: (target: RecordID, field: UInt32)? = nil,
        rows: [Int64]? = nil, roots: [Int64]? = nil, newest: Int? = nil
    ) {
        self.kinds = kinds
        self.partnership = partnership
        self.prefix = prefix
        self.ids = ids
        self.naming = naming
        self.rows = rows
        self.roots = roots
        self.newest = newest
    }

    /// Selects the records of one kind.
    public init(kind: UInt32, partnership: PartnershipID? = nil) {
        self.init(kinds: [kind], partnership: partnership)
    }

    /// Selects the records of a kind of the vocabulary.
    public init(kindNamed name: String, partnership: PartnershipID? = nil) {
        self.init(
            kinds: Vocabulary.kind(named: name).map { [$0.number] } ?? [], partnership: partnership)
    }

    /// Selects one record by its row.
    public init(row: Int64) {
        self.init(rows: [row])
    }
}

extension StoreTransaction {
    /// The condition of a selection; nil when nothing can meet it.
    func condition(
        of selection: RecordSelection
    ) throws -> (sql: String, arguments: Arguments)? {
        var conditions: [String] = []
        var arguments: Arguments = []
        if let kinds = selection.kinds {
            conditions.append("record.kind IN (SELECT value FROM json_each(?))")
            arguments += [Self.list(kinds)]
        }
        if let partnership = selection.partnership {
            conditions.append("record.partnership = ?")
            arguments += [try partnershipRow(partnership)]
        }
        if let prefix = selection.prefix {
            guard let (low, high) = Self.range(ofPrefix: prefix) else { return nil }
            conditions.append("record.uuid BETWEEN ? AND ?")
            arguments += [low, high]
        }
        if let ids = selection.ids {
            // The ids are bound as they are: SQLite has no blob in JSON.
            guard !ids.isEmpty else { return nil }
            let marks = Array(repeating: "?", count: ids.count).joined(separator: ",")
            conditions.append("record.uuid IN (\(marks))")
            for id in ids { arguments += [id.blob] }
        }
        if let (target, field) = selection.naming, field == FieldNumber.parent {
            conditions.append("record.parent = ?")
            arguments += [target.blob]
        } else if let (target, field) = selection.naming {
            conditions.append(
                """
                record.id IN (SELECT operation.record FROM operation
                WHERE value = ? AND length(value) = \(Self.referenceLength)
                    AND is_superseded = 0 AND field <> \(FieldNumber.parent) AND field = ?)
                """)
            arguments += [FieldValue.reference(target).encoded(), field]
        }
        if let roots = selection.roots {
            conditions.append("record.id IN (\(Self.tree) SELECT id FROM tree)")
            arguments += [Self.list(roots)]
        }
        if let chosen = selection.rows {
            conditions.append("record.id IN (SELECT value FROM json_each(?))")
            arguments += [Self.list(chosen)]
        }
        return (conditions.isEmpty ? "1" : conditions.joined(separator: " AND "), arguments)
    }

    /// Bytes of a reference as it is stored; the partial index over references has it too.
    static let referenceLength = 18

    /// What is under records at any depth, themselves too, without reading it: rows with their kinds
    /// and first acts.
    public func tree(
        under roots: [Int64]
    ) throws -> [(row: Int64, kind: UInt32, firstAct: Int64)] {
        try rows("\(Self.tree) SELECT id, kind, first_act FROM tree", [Self.list(roots)])
            .map { ($0["id"], $0["kind"], $0["first_act"]) }
    }

    /// The records of a list of rows, and what is part of them. A cycle, which only a liar writes, ends
    /// where it comes back to itself.
    private static let tree = """
        WITH RECURSIVE tree (id, uuid, partnership, kind, first_act) AS (
            SELECT id, uuid, partnership, kind, first_act FROM record
            WHERE id IN (SELECT value FROM json_each(?))
            UNION
            SELECT child.id, child.uuid, child.partnership, child.kind, child.first_act
            FROM tree CROSS JOIN record child
                ON child.parent = tree.uuid AND child.partnership = tree.partnership
        )
        """

    /// Whole numbers as the JSON list that `json_each` reads: a bound list of any length.
    static func list(_ numbers: [some BinaryInteger]) -> String {
        "[" + numbers.map { String($0) }.joined(separator: ",") + "]"
    }

    /// The least and greatest sixteen bytes whose text begins so.
    static func range(ofPrefix prefix: String) -> (Data, Data)? {
        guard let bounds = RecordID.bounds(ofPrefix: prefix) else { return nil }
        return (bounds.lowerBound.blob, bounds.upperBound.blob)
    }
}
