import Foundation
import GRDB
import KithModel
import KithProtocol
import KithTrust

// Turns entries of the log into state. Called for every entry once, in arrival order, and again for
// parts whose key comes later. What cannot be applied is listed and never stops the rest (D39).
extension StoreTransaction {
    /// Applies an entry that has just been stored or is being replayed.
    ///
    /// - Parameter opened: its parts, where somebody has opened them already.
    func apply(
        _ entry: ParsedEntry, opened: [OpenedPart?] = [], at place: Place, partnership: Int64
    ) throws {
        if entry.header.feed.compartment == .membership {
            try applyMembership(entry, at: place, partnership: partnership)
            memo.forgetMembership()
        } else {
            try applyRecords(entry, opened, at: place, partnership: partnership)
        }
        let hasCuts = try memo.hasCuts ?? (number("SELECT 1 FROM cut LIMIT 1") != nil)
        memo.hasCuts = hasCuts
        if hasCuts,
            try number("SELECT 1 FROM cut WHERE hash = ? LIMIT 1", [entry.hash.blob]) != nil
        {
            // An end of a cut came after the removal: now its branch is known.
            try judgeMembership(
                of: partnership, after: entry.header.feed.author, since: place.arrival)
            memo.forgetMembership()
        }
    }

    private func applyRecords(
        _ entry: ParsedEntry, _ opened: [OpenedPart?], at place: Place, partnership: Int64
    ) throws {
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
                number, of: entry, opened: number < opened.count ? opened[number] : nil, at: place,
                readAt: place.arrival, isLate: false, isEffective: isInEffect,
                partnership: partnership)
        }
    }

    func setAside(_ place: Place, _ reason: String) throws {
        try execute(
            "INSERT INTO set_aside (entry, reason) VALUES (?, ?)", [place.arrival, reason])
    }

    /// Opens one part and applies its operations, or lists why that cannot be done yet. Read at the
    /// arrival of its own entry, or of the one that brought its key.
    ///
    /// - Parameter isLate: whether later entries may have been applied before.
    func applyPart(
        _ number: Int, of entry: ParsedEntry, opened: OpenedPart? = nil, at place: Place,
        readAt: Int64, isLate: Bool, isEffective: Bool, partnership: Int64
    ) throws {
        guard let keyID = entry.header.parts[number].key else {
            try markUnread(place, number, "malformed")
            return
        }
        guard let key = try compartmentKey(keyID, entry.header.feed.compartment, partnership) else {
            try markUnread(place, number, "key", key: keyID)
            return
        }
        do {
            let part =
                try opened ?? OpenedPart(number, of: entry, key: key.secret, cryptography)
            guard entry.header.entryClass != .erasure || part.skeleton.operations.isEmpty else {
                // As an operation it would supersede even decisions.
                throw ProtocolFault(.malformed, "an erasure has no operations")
            }
            try apply(
                part, number, of: entry, at: place, readAt: readAt, isLate: isLate,
                isEffective: isEffective, partnership: partnership)
        } catch let fault as ProtocolFault {
            try markUnread(place, number, fault.code == .version ? "version" : "malformed")
        }
    }

    /// Whether an entry that was allowed takes effect, as it was last judged.
    func isEffective(_ place: Place) throws -> Bool {
        try number("SELECT 1 FROM revoked WHERE entry = ?", [place.arrival]) == nil
    }

    private func markUnread(
        _ place: Place, _ part: Int, _ reason: String, key: EntryHash? = nil
    ) throws {
        try execute(
            "INSERT OR REPLACE INTO unread (entry, part, reason, key) VALUES (?, ?, ?, ?)",
            [place.arrival, part, reason, key?.blob])
    }

    private func apply(
        _ part: OpenedPart, _ partNumber: Int, of entry: ParsedEntry, at place: Place,
        readAt: Int64, isLate: Bool, isEffective: Bool, partnership: Int64
    ) throws {
        let (skeleton, body) = (part.skeleton, part.body)
        let act = RowID.act(arrival: place.arrival, part: partNumber)
        let parent = skeleton.operations.firstIndex { $0.field == FieldNumber.parent }
        // Whether nothing but this part would say anything of a record that is new here.
        let isPlain =
            isEffective && !isLate
            && Set(skeleton.operations.map(\.field)).count == skeleton.operations.count
        let (record, isNew) = try recordRow(
            skeleton, in: entry.header.feed.compartment, partnership: partnership, act: act,
            parent: isPlain ? parent.flatMap { body?.values[$0] }.flatMap(Self.parent) : nil)
        try hot(.insertAct).run(
            .int(act), .int(record), .int(Int64(entry.header.entryClass.rawValue)),
            skeleton.change.map { .int(Int64($0.rawValue)) } ?? .null,
            .int(try personRow(skeleton.committer)),
            try skeleton.performer.map { .int(try personRow($0)) } ?? .null,
            .optional(skeleton.event?.encoded()),
            .optional(skeleton.group.isEmpty ? nil : skeleton.group),
            body.flatMap { $0.reason.isEmpty ? nil : .text($0.reason) } ?? .null,
            .optional(skeleton.carried?.encoded()), .int(readAt))
        let target = Target(
            record: record, entryClass: entry.header.entryClass, place: place,
            partnership: partnership, compartment: entry.header.feed.compartment,
            isEffective: isEffective, isLate: isLate,
            isAlone: isNew && isPlain)
        let operations = skeleton.operations.indices.map { number in
            StandingOperation(
                id: RowID.operation(
                    arrival: place.arrival, index: entry.operation(part: partNumber, number).index),
                operation: skeleton.operations[number], value: body?.values[number])
        }
        try apply(operations, to: target)
        if parent != nil, !target.isAlone { try refreshParent(of: record) }
    }

    /// What the operations of a part are applied to.
    private struct Target {
        let record: Int64
        let entryClass: EntryClass
        let place: Place
        let partnership: Int64
        let compartment: Compartment
        let isEffective: Bool
        /// Whether later entries may have been applied before.
        let isLate: Bool
        /// Whether each operation is the only one of its field.
        let isAlone: Bool
    }

    /// An operation with its value, NULL when that was erased.
    private struct StandingOperation {
        let id: Int64
        let operation: KithProtocol.Operation
        let value: Data?
    }

    private func apply(_ operations: [StandingOperation], to target: Target) throws {
        guard target.isAlone, operations.allSatisfy(\.operation.supersedes.isEmpty) else {
            for operation in operations { try apply(operation, to: target) }
            return
        }
        var rest = operations[...]
        while !rest.isEmpty {
            let some = rest.prefix(InsertOperations.most)
            try statement(InsertOperations.text(of: some.count)).run(
                some.flatMap { row($0, isSuperseded: false, target) })
            rest = rest.dropFirst(some.count)
        }
    }

    private func row(
        _ operation: StandingOperation, isSuperseded: Bool, _ target: Target
    ) -> [HotValue] {
        [
            .int(operation.id), .int(target.record), .int(Int64(operation.operation.field)),
            .optional(operation.value),
            Self.day(in: operation.value).map { .int(Int64($0)) } ?? .null,
            .int(target.isEffective ? 1 : 0), .int(isSuperseded ? 1 : 0),
        ]
    }

    private func apply(_ standing: StandingOperation, to target: Target) throws {
        let (operation, id) = (standing.operation, standing.id)
        // A part whose key came late may be superseded already by one that was read before it.
        let isSuperseded = try target.isLate && settleEdges(to: id, operation.field, target)
        try statement(InsertOperations.text(of: 1)).run(
            row(standing, isSuperseded: isSuperseded, target))
        for superseded in operation.supersedes {
            try applyEdge(to: superseded, from: id, field: operation.field, target)
        }
        guard !target.isAlone else { return }
        // An operation without effect supersedes nothing itself, but hands on what supersedes it.
        if try hot(.hasEffectless).number(.int(target.record), .int(Int64(operation.field))) != nil
        {
            try settleField(operation.field, of: target.record)
        } else {
            try refreshContest(of: operation.field, in: target.record, added: id)
        }
    }

    /// Whether an operation that is read late is superseded by those that were read before it; edges
    /// that do not count are taken away.
    private func settleEdges(to id: Int64, _ field: UInt32, _ target: Target) throws -> Bool {
        var isSuperseded = false
        for row in try rows("SELECT source FROM edge WHERE target = ?", [id]) {
            let source: Int64 = row["source"]
            let counts = try number(
                """
                SELECT 1 FROM operation CROSS JOIN act ON act.id = operation.id >> 12
                WHERE operation.record = ? AND is_superseded IN (0, 1) AND field = +?
                    AND operation.id = ? AND act.class >= ?
                """, [target.record, field, source, target.entryClass.rawValue])
            if counts != nil {
                isSuperseded = true
            } else {
                try execute("DELETE FROM edge WHERE target = ? AND source = ?", [id, source])
            }
        }
        return isSuperseded
    }

    /// Finds the candidates of a field by the rule itself, from all its operations.
    func settleField(_ field: UInt32, of record: Int64) throws {
        let nodes = try nodes(ofField: field, record: record, asOf: Int64.max)
        let candidates = Set(Candidates(of: nodes.map(\.node)).operations)
        for (id, node) in nodes {
            try execute(
                """
                UPDATE operation SET is_superseded = ?1, is_contested = is_contested AND NOT ?1
                WHERE record = ?2 AND is_superseded = NOT ?1 AND field = +?3 AND id = ?4
                """, [!candidates.contains(node.id), record, field, id])
        }
        try refreshContest(of: field, in: record)
        if field == FieldNumber.parent { try refreshParent(of: record) }
    }

    /// Counts an edge only if its target has the same record and field, lies in the causal past,
    /// and is not of a higher class (D8). An edge to a part that is not read yet waits for it.
    private func applyEdge(
        to name: OperationID, from source: Int64, field: UInt32, _ target: Target
    ) throws {
        guard name.index < 1 << 22, let place = try self.place(of: name.entry),
            try isPast(place, of: target.place),
            try chainFeed(place.chain) == (target.partnership, target.compartment)
        else { return }
        let id = RowID.operation(arrival: place.arrival, index: name.index)
        if let act = try hot(.readAct).numbers(.int(RowID.act(operation: id))) {
            guard act[0] == target.record, act[1] <= Int64(target.entryClass.rawValue),
                try supersede(id, field, in: target.record)
            else { return }
        }
        try hot(.insertEdge).run(.int(id), .int(source))
    }

    /// Marks an operation as superseded; whether there is one of that record and field.
    private func supersede(_ id: Int64, _ field: UInt32, in record: Int64) throws -> Bool {
        let key: [HotValue] = [.int(record), .int(Int64(field)), .int(id)]
        try hot(.supersede).run(key[0], key[1], key[2])
        if database.changesCount > 0 { return true }
        return try hot(.isSuperseded).number(key[0], key[1], key[2]) != nil
    }

    /// The partnership and compartment that a chain is of.
    private func chainFeed(_ chain: Int64) throws -> (Int64, Compartment?) {
        let row = try memo.chainFeeds[chain] ?? hot(.chainFeed).numbers(.int(chain))
        guard let row else { return (0, nil) }
        memo.chainFeeds[chain] = row
        return (row[0], Compartment(rawValue: Int(row[1])))
    }

    /// Marks the live operations of a field as contested, or no longer so.
    ///
    /// - Parameter id: the operation that was added, where all others were marked as they had to be: then it
    ///   looks at no more of them than it changes, as a hostile author may write any number to one field.
    private func refreshContest(of field: UInt32, in record: Int64, added id: Int64? = nil) throws {
        guard let live = try hot(.liveOfField).numbers(.int(record), .int(Int64(field))) else {
            return
        }
        let isContested = live[0] == 2
        if isContested, live[1] == 2, let id {
            return try hot(.contest).run(.int(record), .int(Int64(field)), .int(id))
        }
        guard isContested || live[1] > 0 else { return }
        // Not bound: SQLite compiles a statement anew whenever a value changes on which the use of a
        // partial index depends.
        let (mark, before) = isContested ? (1, 0) : (0, 1)
        try execute(
            """
            UPDATE operation SET is_contested = \(mark)
            WHERE record = ? AND field = +? AND is_superseded = 0 AND is_contested = \(before)
            """, [record, field])
    }

    /// Brings up to date which parent of a record is shown: of the live ones, that of greatest rank.
    func refreshParent(of record: Int64) throws {
        let values = try rows(
            """
            SELECT value FROM operation
            CROSS JOIN entry ON entry.arrival = operation.id >> 22
            CROSS JOIN chain ON chain.id = entry.chain CROSS JOIN feed ON feed.id = chain.feed
            WHERE operation.record = ? AND operation.field = +? AND is_superseded = 0
            ORDER BY is_effective DESC, depth DESC, author DESC, hash DESC, operation.id & 4194303 DESC
            """, [record, FieldNumber.parent])
        let shown = values.lazy.compactMap { ($0[0] as Data?).flatMap(Self.parent) }.first
        try setParent(of: record, to: shown)
    }

    private static func parent(in value: Data) -> RecordID? {
        guard case .reference(let parent)? = try? FieldValue(decoding: value) else { return nil }
        return parent
    }

    private func setParent(of record: Int64, to parent: RecordID?) throws {
        try hot(.setParent).run(.id(parent), .int(record))
    }

    /// The row of a record, made if need be, with a parent.
    private func recordRow(
        _ skeleton: Skeleton, in compartment: Compartment, partnership: Int64, act: Int64,
        parent: RecordID?
    ) throws -> (row: Int64, isNew: Bool) {
        let key: [HotValue] = [
            .int(partnership), .int(Int64(compartment.rawValue)), .int(Int64(skeleton.kind)),
            .id(skeleton.record),
        ]
        // One that says that it makes the record mostly does, and need not look for it first.
        if skeleton.change == .create, try insertRecord(key, act, parent) {
            return (database.lastInsertedRowID, true)
        }
        if let row = try hot(.findRecord).number(key[0], key[1], key[2], key[3]) {
            try hot(.touchRecord).run(.int(act), .int(row))
            return (row, false)
        }
        _ = try insertRecord(key, act, parent)
        return (database.lastInsertedRowID, true)
    }

    /// Makes the row of a record unless there is one; whether it did.
    private func insertRecord(_ key: [HotValue], _ act: Int64, _ parent: RecordID?) throws -> Bool {
        try hot(.insertRecord).run(key + [.int(act), .id(parent)])
        return database.changesCount > 0
    }

    private func personRow(_ person: Person) throws -> Int64 {
        if let known = memo.people[person] { return known }
        let arguments: Arguments = [
            person.user, person.name, person.role, person.organisation,
        ]
        let row = try number(
            "SELECT id FROM person WHERE user = ? AND name = ? AND role = ? AND organisation = ?",
            arguments)
        if row == nil {
            try execute(
                "INSERT INTO person (user, name, role, organisation) VALUES (?, ?, ?, ?)",
                arguments)
        }
        let id = row ?? database.lastInsertedRowID
        memo.people[person] = id
        return id
    }
}

/// Numbers of fields that every kind has and that state depends on.
enum FieldNumber {
    static let archived: UInt32 = 1
    static let parent: UInt32 = 2
    static let source: UInt32 = 3
}
