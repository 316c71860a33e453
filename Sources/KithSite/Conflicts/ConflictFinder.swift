import Foundation
import KithModel
import KithProtocol
import KithStore

/// Finds what people have to decide, by queries over what is here (D13): nothing about it is stored,
/// so that nothing can be stale.
struct ConflictFinder {
    let transaction: StoreTransaction
    let entry: FieldEntry

    /// The conflicts of some kinds, without those that the work on them settled; of one record's fields
    /// only, when its row is given.
    func find(
        _ kinds: Set<ConflictKind>, ofRecord row: Int64? = nil, _ cases: ConflictCases
    ) throws -> [FoundConflict] {
        var found: [FoundConflict] = []
        if kinds.contains(where: \.isOfField) {
            found += try fields(ofRecord: row).filter { kinds.contains($0.kind) }
        }
        guard row == nil else {
            return try cases.unsettled(found, kinds, transaction).filter { $0.row == row }
        }
        if kinds.contains(.archivedAndEdited) { found += try archivedAndEdited() }
        if kinds.contains(.duplicateResident) { found += try duplicateResidents() }
        if kinds.contains(.occupancy) { found += try occupancies() }
        if kinds.contains(.activePlans) { found += try activePlans() }
        if kinds.contains(.noneKnown) { found += try noneKnown() }
        if kinds.contains(.setAside) { found += try setAside() }
        if kinds.contains(.fork) { found += try forks() }
        return try cases.unsettled(found, kinds, transaction)
    }

    /// The fields of which several values stand, or one of a removed author.
    private func fields(ofRecord row: Int64?) throws -> [FoundConflict] {
        let values = try transaction.contestedValues(ofRecord: row)
        let heads = try transaction.heads(
            withParentsOf: Array(Set(values.map(\.live.record))).sorted())
        var found: [FoundConflict] = []
        var start = 0
        while start < values.count {
            let first = values[start].live
            var end = start + 1
            while end < values.count, values[end].live.record == first.record,
                values[end].live.field == first.field
            { end += 1 }
            if let head = heads[first.record] {
                found += conflict(Array(values[start..<end]), head: head).map { [$0] } ?? []
            }
            start = end
        }
        return found
    }

    private func conflict(_ values: [ContestedValue], head: RecordHead) -> FoundConflict? {
        let kind = TitleBook.kind(of: head)
        // What is said twice about the work on a conflict is shown with it; the verdict on two
        // residents belongs to the conflict between them.
        guard let number = values.first?.live.field, !ConflictCases.isWork(head.kind),
            kind?.name != SamePerson.kind || kind?.field(number)?.name != SamePerson.verdict
        else { return nil }
        let isRemoved = values.contains { !$0.live.isEffective }
        guard isRemoved || Set(values.map(\.live.value)).count > 1 else { return nil }
        let received = values.map(\.received).sorted()
        return FoundConflict(
            key: ConflictKey(field: number, of: head.id, in: head.compartment, head.partnership),
            kind: isRemoved ? .authorRemoved : .field,
            severity: kind?.field(number)?.policy ?? .safetyCritical, row: head.row,
            recordKind: head.kind, values: values,
            opened: received.count > 1 ? received[1] : received[0],
            isReopened: values.contains {
                $0.change == .resolve || $0.carriedFrom == head.partnership
            })
    }

    /// Records that were archived while somebody changed them, or what is part of them.
    private func archivedAndEdited() throws -> [FoundConflict] {
        let crossed = try transaction.crossedEdits()
        guard !crossed.isEmpty else { return [] }
        let times = try transaction.times(of: crossed.map(\.operation))
        let heads = try transaction.heads(
            withParentsOf: Array(Set(crossed.flatMap { [$0.archived, $0.record] })).sorted())
        let contested = Set(
            try transaction.liveValues(
                ofRecords: Array(Set(crossed.map(\.archived))), fields: [TitleBook.archivedField]
            ).filter { $0.value != FieldValue.boolean(true).encoded() }.map(\.record))
        return Dictionary(grouping: crossed, by: \.archived).compactMap { row, edits in
            // Where somebody says that it is not archived, the field itself is in conflict.
            guard !contested.contains(row), let head = heads[row],
                let kind = TitleBook.kind(of: head)
            else { return nil }
            let members = edits.compactMap { edit -> FoundMember? in
                guard let time = times[edit.operation], let own = heads[edit.record] else {
                    return nil
                }
                let field = TitleBook.kind(of: own)?.field(edit.field)
                return FoundMember(
                    row: edit.record, record: own.id,
                    why: "\(field?.label ?? "Field \(edit.field)") was written meanwhile",
                    received: time.received, readAt: time.readAt, operation: edit.operation)
            }.sorted { ($0.readAt, $0.operation ?? 0) < ($1.readAt, $1.operation ?? 0) }
            guard let opened = members.map(\.received).min() else { return nil }
            let isCritical =
                kind.field(TitleBook.archivedField)?.policy == .safetyCritical
                || edits.contains { edit in
                    heads[edit.record].flatMap(TitleBook.kind)?.field(edit.field)?.policy
                        != .routine
                }
            return FoundConflict(
                key: ConflictKey(
                    .archivedAndEdited, of: head.id, in: head.compartment, head.partnership),
                kind: .archivedAndEdited, severity: isCritical ? .safetyCritical : .routine,
                row: row, recordKind: head.kind, members: members, opened: opened,
                isReopened: edits.contains(where: \.isReopened))
        }
    }

    /// Entries that have no effect.
    private func setAside() throws -> [FoundConflict] {
        try transaction.asideEntries().map { aside in
            let isCritical = [.clinical, .restricted].contains(aside.id.compartment)
            return FoundConflict(
                key: ConflictKey(
                    .setAside, of: nil, detail: aside.entry.description,
                    in: ConflictCases.compartment(for: aside.id.compartment),
                    aside.id.partnership),
                kind: .setAside, severity: isCritical ? .safetyCritical : .routine, row: nil,
                members: [
                    FoundMember(
                        row: nil, record: nil, why: Self.words(forAside: aside.reason),
                        received: aside.received, readAt: aside.arrival,
                        operation: aside.arrival << 22)
                ], opened: aside.received)
        }
    }

    /// Why an entry has no effect, for people.
    static func words(forAside reason: String) -> String {
        switch reason {
        case "notMember": "its author was not a member"
        case "notEntitled": "its author was not entitled to write it"
        case "notFounder": "its author did not found the partnership"
        case "notSelf": "its author describes another site"
        default: "it is not made as the protocol says (\(reason))"
        }
    }

    /// Sites that wrote two entries with one number.
    private func forks() throws -> [FoundConflict] {
        var found: [ConflictKey: FoundConflict] = [:]
        for fork in try transaction.forks() {
            let key = ConflictKey(
                .fork, of: nil,
                detail:
                    "\(fork.author) \(fork.incarnation) \(fork.id.compartment.name) \(fork.sequence)",
                in: ConflictCases.compartment(for: fork.id.compartment), fork.id.partnership)
            found[key] = FoundConflict(
                key: key, kind: .fork, severity: .routine, row: nil,
                members: [
                    FoundMember(
                        row: nil, record: nil,
                        why:
                            "two entries numbered \(fork.sequence) in \(fork.id.compartment.name)",
                        received: fork.received, readAt: 0)
                ], opened: fork.received)
        }
        return Array(found.values)
    }
}
