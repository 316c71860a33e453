import Foundation
import GRDB
import KithModel
import KithProtocol
import KithTrust

// Turns entries of the log into state. Called for every entry once, in arrival order, and again for
// parts whose key comes later. What cannot be applied is listed and never stops the rest (D39).
extension StoreTransaction {
    /// Applies an entry that has just been stored or is being replayed.
    func apply(_ entry: ParsedEntry, at place: Place, partnership: Int64) throws {
        if entry.header.feed.compartment == .membership {
            try applyMembership(entry, at: place, partnership: partnership)
        } else {
            try applyRecords(entry, at: place, partnership: partnership)
        }
        if try number("SELECT 1 FROM cut WHERE hash = ? LIMIT 1", [entry.hash.blob]) != nil {
            // An end of a cut came after the removal: now its branch is known.
            try judgeMembership(
                of: partnership, after: entry.header.feed.author, since: place.arrival)
        }
    }

    private func applyRecords(_ entry: ParsedEntry, at place: Place, partnership: Int64) throws {
        let verdict = Membership.verdict(
            on: entry.header.entryClass, in: entry.header.feed.compartment,
            grant: try admissions(
                of: entry.header.feed.author, in: partnership, asOf: place,
                countingVotes: entry.header.entryClass == .erasure))
        guard verdict == .allowed else {
            try setAside(place, verdict.rawValue)
            return
        }
        let isInEffect = try isInEffect(
            entry.header.entryClass, in: entry.header.feed.compartment,
            by: entry.header.feed.author, at: place, partnership: partnership)
        if !isInEffect {
            try execute(
                "INSERT INTO revoked (entry, since) VALUES (?, ?)", [place.arrival, place.arrival])
        }
        if entry.header.entryClass == .erasure {
            let erasure: Erasure
            do throws(ProtocolFault) {
                erasure = try Erasure(of: entry)
            } catch {
                try setAside(place, error.code.rawValue)
                return
            }
            if isInEffect {
                try erase(erasure, by: entry, at: place, partnership: partnership)
            }
        }
        // The first part of an erasure is the list itself.
        for number in entry.header.parts.indices.dropFirst(
            entry.header.entryClass == .erasure ? 1 : 0)
        {
            try applyPart(
                number, of: entry, at: place, readAt: place.arrival, partnership: partnership)
        }
    }

    func setAside(_ place: Place, _ reason: String) throws {
        try execute(
            "INSERT INTO set_aside (entry, reason) VALUES (?, ?)", [place.arrival, reason])
    }

    /// Opens one part and applies its operations, or lists why that cannot be done yet. Read at the
    /// arrival of its own entry, or of the one that brought its key.
    func applyPart(
        _ number: Int, of entry: ParsedEntry, at place: Place, readAt: Int64, partnership: Int64
    ) throws {
        let digest = entry.header.parts[number]
        guard let keyID = digest.key else {
            try markUnread(place, number, "malformed")
            return
        }
        guard let key = try compartmentKey(keyID, entry.header.feed.compartment, partnership) else {
            try markUnread(place, number, "key", key: keyID)
            return
        }
        do {
            let part = entry.received.parts[number]
            let skeleton = try Skeleton(
                decoding: PartSeal(entry.header, part: number, half: .skeleton).open(
                    part.skeleton, key: key.secret, cryptography))
            var body: PartBody?
            if let sealed = part.body {
                body = try PartBody(
                    decoding: PartSeal(entry.header, part: number, half: .body).open(
                        sealed, key: key.secret, cryptography),
                    operations: skeleton.operations.count)
            } else if digest.body.isEmpty, !skeleton.operations.isEmpty {
                // Operations without values would look erased, which is not for every author to do.
                throw ProtocolFault(.malformed, "number of values")
            }
            guard entry.header.entryClass != .erasure || skeleton.operations.isEmpty else {
                // As an operation it would supersede even decisions.
                throw ProtocolFault(.malformed, "an erasure has no operations")
            }
            try apply(
                skeleton, body, part: number, of: entry, at: place, readAt: readAt,
                partnership: partnership)
        } catch let fault as ProtocolFault {
            try markUnread(place, number, fault.code == .version ? "version" : "malformed")
        }
    }

    private func markUnread(
        _ place: Place, _ part: Int, _ reason: String, key: EntryHash? = nil
    ) throws {
        try execute(
            "INSERT OR REPLACE INTO unread (entry, part, reason, key) VALUES (?, ?, ?, ?)",
            [place.arrival, part, reason, key?.blob])
    }

    private func apply(
        _ skeleton: Skeleton, _ body: PartBody?, part: Int, of entry: ParsedEntry,
        at place: Place, readAt: Int64, partnership: Int64
    ) throws {
        let act = RowID.act(arrival: place.arrival, part: part)
        let record = try recordRow(
            skeleton, in: entry.header.feed.compartment, partnership: partnership, act: act)
        try execute(
            """
            INSERT INTO act
                (id, record, class, change, committer, performer, event, save, reason, carried,
                 read_arrival)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                act, record, entry.header.entryClass.rawValue, skeleton.change?.rawValue,
                try personRow(skeleton.committer), try skeleton.performer.map(personRow),
                skeleton.event?.encoded(), skeleton.group.isEmpty ? nil : skeleton.group,
                body.map(\.reason).flatMap { $0.isEmpty ? nil : $0 },
                skeleton.carried?.encoded(), readAt,
            ])
        let isEffective =
            try number("SELECT 1 FROM revoked WHERE entry = ?", [place.arrival]) == nil
        for (number, operation) in skeleton.operations.enumerated() {
            let id = RowID.operation(
                arrival: place.arrival, index: entry.operation(part: part, number).index)
            try apply(
                operation, id: id, value: body?.values[number], record: record,
                isEffective: isEffective, class: entry.header.entryClass, at: place,
                partnership: partnership,
                compartment: entry.header.feed.compartment)
        }
        if skeleton.operations.contains(where: { $0.field == FieldNumber.parent }) {
            try refreshParent(of: record)
        }
    }

    private func apply(
        _ operation: KithProtocol.Operation, id: Int64, value: Data?, record: Int64,
        isEffective: Bool, class entryClass: EntryClass, at place: Place, partnership: Int64,
        compartment: Compartment
    ) throws {
        // A part whose key came late may be superseded already by one that was read before it.
        let sources = try rows(
            "SELECT source FROM edge WHERE target = ?", [id]
        ).map { $0["source"] as Int64 }
        var isSuperseded = false
        for source in sources {
            let counts = try number(
                "SELECT 1 FROM operation WHERE id = ? AND record = ? AND field = ? AND class >= ?",
                [source, record, operation.field, entryClass.rawValue])
            if counts != nil {
                isSuperseded = true
            } else {
                try execute("DELETE FROM edge WHERE target = ? AND source = ?", [id, source])
            }
        }
        try execute(
            """
            INSERT INTO operation
                (id, record, field, class, value, day, is_effective, is_superseded, is_contested)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)
            """,
            [
                id, record, operation.field, entryClass.rawValue, value, Self.day(in: value),
                isEffective, isSuperseded,
            ])
        for target in operation.supersedes {
            try applyEdge(
                to: target, from: id, record: record, field: operation.field, class: entryClass,
                at: place, partnership: partnership, compartment: compartment)
        }
        // An operation without effect supersedes nothing itself, but hands on what supersedes it.
        if try number(
            "SELECT 1 FROM operation WHERE record = ? AND field = ? AND is_effective = 0 LIMIT 1",
            [record, operation.field]) != nil
        {
            try settleField(operation.field, of: record)
        } else {
            try refreshContest(of: operation.field, in: record)
        }
    }

    /// Finds the candidates of a field by the rule itself, from all its operations.
    func settleField(_ field: UInt32, of record: Int64) throws {
        let nodes = try nodes(ofField: field, record: record, asOf: Int64.max)
        let candidates = Set(Candidates(of: nodes.map(\.node)).operations)
        for (id, node) in nodes {
            try execute(
                """
                UPDATE operation SET is_superseded = ?1, is_contested = is_contested AND NOT ?1
                WHERE id = ?2 AND is_superseded <> ?1
                """, [!candidates.contains(node.id), id])
        }
        try refreshContest(of: field, in: record)
        if field == FieldNumber.parent { try refreshParent(of: record) }
    }

    /// Counts an edge only if its target has the same record and field, lies in the causal past,
    /// and is not of a higher class (D8). An edge to a part that is not read yet waits for it.
    private func applyEdge(
        to target: OperationID, from source: Int64, record: Int64, field: UInt32,
        class entryClass: EntryClass, at place: Place, partnership: Int64,
        compartment: Compartment
    ) throws {
        guard let targetPlace = try self.place(of: target.entry),
            try isPast(targetPlace, of: place),
            target.index < 1 << 22,
            try number(
                """
                SELECT 1 FROM chain JOIN feed ON feed.id = chain.feed
                WHERE chain.id = ? AND partnership = ? AND compartment = ?
                """, [targetPlace.chain, partnership, compartment.rawValue]) != nil
        else { return }
        let id = RowID.operation(arrival: targetPlace.arrival, index: target.index)
        if let row = try row("SELECT record, field, class FROM operation WHERE id = ?", [id]) {
            guard row["record"] == record, row["field"] == field,
                row["class"] <= entryClass.rawValue
            else { return }
            try execute(
                "UPDATE operation SET is_superseded = 1, is_contested = 0 WHERE id = ?", [id])
        }
        try execute("INSERT OR IGNORE INTO edge (target, source) VALUES (?, ?)", [id, source])
    }

    /// Marks the live operations of a field as contested, or no longer so. Looks at no more of them
    /// than it changes: a hostile author may write any number to one field.
    private func refreshContest(of field: UInt32, in record: Int64) throws {
        let count = try number(
            """
            SELECT count(*) FROM (SELECT 1 FROM operation
                WHERE record = ? AND field = ? AND is_superseded = 0 LIMIT 2)
            """, [record, field])
        // Not bound: SQLite compiles a statement anew whenever a value changes on which the use of a
        // partial index depends.
        let (isContested, wasContested) = count == 2 ? (1, 0) : (0, 1)
        try execute(
            """
            UPDATE operation SET is_contested = \(isContested)
            WHERE record = ? AND field = ? AND is_superseded = 0 AND is_contested = \(wasContested)
            """, [record, field])
    }

    /// Brings up to date which parent of a record is shown: of the live ones, that of greatest rank.
    func refreshParent(of record: Int64) throws {
        let values = try Data?.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT value FROM operation
                    JOIN entry ON entry.arrival = operation.id >> 22
                    JOIN chain ON chain.id = entry.chain JOIN feed ON feed.id = chain.feed
                    WHERE operation.record = ? AND operation.field = ? AND is_superseded = 0
                    ORDER BY is_effective DESC, depth DESC, author DESC, hash DESC, operation.id & 4194303 DESC
                    """), arguments: [record, FieldNumber.parent])
        var shown: RecordID?
        while shown == nil, let value = try values.next() {
            guard let value, case .reference(let parent)? = try? FieldValue(decoding: value) else {
                continue
            }
            shown = parent
        }
        try execute("UPDATE record SET parent = ? WHERE id = ?", [shown?.blob, record])
    }

    private func recordRow(
        _ skeleton: Skeleton, in compartment: Compartment, partnership: Int64, act: Int64
    ) throws -> Int64 {
        if let id = try number(
            """
            SELECT id FROM record
            WHERE uuid = ? AND partnership = ? AND compartment = ? AND kind = ?
            """, [skeleton.record.blob, partnership, compartment.rawValue, skeleton.kind])
        {
            try execute(
                """
                UPDATE record SET first_act = min(first_act, ?), last_act = max(last_act, ?)
                WHERE id = ?
                """, [act, act, id])
            return id
        }
        try execute(
            """
            INSERT INTO record (partnership, compartment, kind, uuid, first_act, last_act)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [partnership, compartment.rawValue, skeleton.kind, skeleton.record.blob, act, act])
        return database.lastInsertedRowID
    }

    private func personRow(_ person: Person) throws -> Int64 {
        let arguments: StatementArguments = [
            person.user, person.name, person.role, person.organisation,
        ]
        if let id = try number(
            "SELECT id FROM person WHERE user = ? AND name = ? AND role = ? AND organisation = ?",
            arguments)
        {
            return id
        }
        try execute(
            "INSERT INTO person (user, name, role, organisation) VALUES (?, ?, ?, ?)", arguments)
        return database.lastInsertedRowID
    }
}

/// Numbers of fields that every kind has and that state depends on.
enum FieldNumber {
    static let archived: UInt32 = 1
    static let parent: UInt32 = 2
    static let source: UInt32 = 3
}
