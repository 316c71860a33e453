import Foundation
import GRDB
public import KithModel
import KithProtocol

/// A change that somebody made while somebody else archived the record, or what it is part of.
public struct CrossedEdit: Sendable {
    /// The row of the record that was archived.
    public let archived: Int64
    /// The row of the record that was changed.
    public let record: Int64
    /// The field that was changed.
    public let field: UInt32
    /// The operation that changed it.
    public let operation: Int64
    /// Whether somebody decided it before, and took that back.
    public let isReopened: Bool
}

/// An entry, or a part of one, that is kept but has no effect.
public struct AsideEntry: Sendable {
    /// The entry.
    public let entry: EntryHash
    /// Who wrote it.
    public let author: SiteID
    /// Where.
    public let id: CompartmentID
    /// When it came here, by our clock.
    public let received: Instant
    /// Its arrival number.
    public let arrival: Int64
    /// Why it has no effect.
    public let reason: String
}

extension StoreTransaction {
    /// That a record is archived, and the entry that first said so: for what an undo put back not the
    /// one that did.
    private struct ArchiveAct {
        let record: Int64
        let place: Place
        let isRecalled: Bool
    }

    /// What people changed without knowing that the record, or one that it is part of in the same
    /// compartment, was archived, and without whoever archived it knowing of the change. Between
    /// compartments entries do not say what their authors knew (D4).
    public func crossedEdits() throws -> [CrossedEdit] {
        let acts = try archiveActs()
        guard !acts.isEmpty else { return [] }
        let list = acts.map {
            "[\($0.record),\($0.place.chain),\($0.place.sequence),\($0.place.arrival)]"
        }.joined(separator: ",")
        let byRecord = Dictionary(grouping: acts, by: \.record)
        var crossed: [Int64: [Int64: (edit: CrossedEdit, acts: Int)]] = [:]
        for row in try rows(Self.crossing, ["[\(list)]"]) {
            let acts = byRecord[row[0] as Int64] ?? []
            let edit = CrossedEdit(
                archived: row[0], record: row[1], field: row[2], operation: row[3],
                isReopened: acts.contains(where: \.isRecalled))
            // The statement looks at one chain each; forks it leaves to the rule itself.
            guard let place = try place(ofArrival: edit.operation >> 22),
                let act = acts.first(where: { $0.place.arrival == row[4] as Int64 }),
                try !isPast(place, of: act.place), try !isPast(act.place, of: place)
            else { continue }
            crossed[edit.archived, default: [:]][edit.operation, default: (edit, 0)].acts += 1
        }
        // Whoever archived it knowing of the change, or changed it knowing that, decided already.
        return crossed.flatMap { archived, edits in
            edits.values.filter { $0.acts == byRecord[archived]?.count }.map(\.edit)
        }.sorted { ($0.archived, $0.operation) < ($1.archived, $1.operation) }
    }

    private func archiveActs() throws -> [ArchiveAct] {
        let yes = FieldValue.boolean(true).encoded()
        return try rows(
            """
            SELECT operation.record, entry.arrival, entry.chain, entry.sequence, entry.depth,
                act.carried, partnership.uuid
            FROM operation INDEXED BY operation_archived
            CROSS JOIN act ON act.id = operation.id >> 12
            CROSS JOIN entry ON entry.arrival = operation.id >> 22
            CROSS JOIN record ON record.id = operation.record
            CROSS JOIN partnership ON partnership.id = record.partnership
            WHERE operation.field = 1 AND operation.is_superseded = 0 AND operation.value = ?
                AND operation.is_effective = 1
            """, [yes]
        ).map { row in
            let place = Place(arrival: row[1], chain: row[2], sequence: row[3], depth: row[4])
            let partnership = try PartnershipID(blob: row[6])
            let recalled = (row[5] as Data?).flatMap { try? Carried(decoding: $0) }.flatMap {
                $0.partnership == partnership ? $0.entry : nil
            }
            return ArchiveAct(
                record: row[0], place: try recalled.flatMap { try self.place(of: $0) } ?? place,
                isRecalled: recalled != nil)
        }
    }

    private static let crossing = """
        WITH RECURSIVE
        archive (root, chain, sequence, arrival) AS (
            SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'),
                json_extract(value, '$[2]'), json_extract(value, '$[3]')
            FROM json_each(?)
        ),
        below (root, id) AS (
            SELECT root, root FROM archive
            UNION
            SELECT below.root, child.id FROM below JOIN record AS parent ON parent.id = below.id
            JOIN record AS child ON child.parent = parent.uuid
                AND child.partnership = parent.partnership
                AND child.compartment = parent.compartment
                AND child.kind NOT BETWEEN 70 AND 79
        )
        SELECT below.root, operation.record, operation.field, operation.id, archive.arrival
        FROM below JOIN archive ON archive.root = below.root
        JOIN operation ON operation.record = below.id AND operation.is_superseded = 0
        CROSS JOIN entry ON entry.arrival = operation.id >> 22
        WHERE operation.field NOT IN (1, 2) AND operation.is_effective = 1
            AND entry.chain <> archive.chain
            AND CASE WHEN entry.arrival < archive.arrival
                THEN coalesce((
                    SELECT known_sequence FROM knows WHERE knows.chain = archive.chain
                        AND known_chain = entry.chain AND knows.sequence <= archive.sequence
                    ORDER BY knows.sequence DESC LIMIT 1), 0) < entry.sequence
                ELSE coalesce((
                    SELECT known_sequence FROM knows WHERE knows.chain = entry.chain
                        AND known_chain = archive.chain AND knows.sequence <= entry.sequence
                    ORDER BY knows.sequence DESC LIMIT 1), 0) < archive.sequence
                END
        """

    /// The entries that have no effect, and those of which a part cannot be one of ours.
    public func asideEntries() throws -> [AsideEntry] {
        try rows(
            """
            SELECT entry.hash, author, partnership.uuid, compartment, received_ms, entry.arrival,
                aside.reason
            FROM (
                SELECT entry, reason FROM set_aside
                UNION ALL
                SELECT entry, min(reason) FROM unread WHERE reason = 'malformed' GROUP BY entry
            ) AS aside
            CROSS JOIN entry ON entry.arrival = aside.entry
            CROSS JOIN chain ON chain.id = entry.chain CROSS JOIN feed ON feed.id = chain.feed
            CROSS JOIN partnership ON partnership.id = feed.partnership
            ORDER BY entry.arrival
            """
        ).compactMap { row in
            guard let compartment = Compartment(rawValue: row[3]) else { return nil }
            return AsideEntry(
                entry: try EntryHash(blob: row[0]), author: try SiteID(blob: row[1]),
                id: CompartmentID(try PartnershipID(blob: row[2]), compartment),
                received: Instant(milliseconds: row[4]), arrival: row[5], reason: row[6])
        }
    }

    /// Who did an operation, by its row.
    public func act(ofOperation row: Int64) throws -> StoredAct? {
        try act(RowID.act(operation: row))
    }

    /// The operations that one supersedes, directly.
    public func superseded(by operation: OperationID) throws -> [OperationID] {
        guard let place = try place(of: operation.entry) else { return [] }
        // What is superseded is of the same record: the edges of those are looked at, not all there are.
        let source = RowID.operation(arrival: place.arrival, index: operation.index)
        return try rows(
            """
            SELECT edge.target, entry.hash
            FROM act CROSS JOIN operation ON operation.record = act.record AND is_superseded IN (0, 1)
            CROSS JOIN edge ON edge.target = operation.id AND edge.source = ?
            CROSS JOIN entry ON entry.arrival = edge.target >> 22
            WHERE act.id = ? ORDER BY edge.target
            """, [source, RowID.act(operation: source)]
        ).map {
            OperationID(
                entry: try EntryHash(blob: $0[1]), index: RowID.index(operation: $0[0]))
        }
    }

    /// How many operations each operation of a record supersedes; of those that supersede any.
    public func supersededCounts(inRecord row: Int64) throws -> [OperationID: Int] {
        let counts = try rows(
            """
            SELECT edge.source, entry.hash, count(*)
            FROM operation CROSS JOIN edge ON edge.target = operation.id
            CROSS JOIN entry ON entry.arrival = edge.source >> 22
            WHERE operation.record = ? AND is_superseded IN (0, 1) GROUP BY edge.source
            """, [row])
        return Dictionary(
            uniqueKeysWithValues: try counts.map {
                let name = OperationID(
                    entry: try EntryHash(blob: $0[1]), index: RowID.index(operation: $0[0]))
                return (name, $0[2])
            })
    }

    /// Whether the author of one entry knew of another.
    public func knew(_ entry: EntryHash, of other: EntryHash) throws -> Bool {
        guard let place = try place(of: entry), let target = try self.place(of: other) else {
            return false
        }
        return try isPast(target, of: place)
    }
}
