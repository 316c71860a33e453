import Foundation
import KithModel
import KithProtocol
import KithStore

/// Gathers all that helps to decide one conflict.
struct ConflictDetailer {
    let transaction: StoreTransaction
    let entry: FieldEntry
    let presenter: RecordPresenter

    init(_ transaction: StoreTransaction, entry: FieldEntry) throws {
        self.transaction = transaction
        self.entry = entry
        presenter = try RecordPresenter(transaction, entry: entry)
    }

    /// A conflict with its details.
    func view(_ listed: ConflictLister.Listed) throws -> ConflictView {
        var view = listed.view
        let found = listed.found
        var details: ConflictDetails
        if found.kind.isOfField {
            (view.field, details) = try field(found)
        } else {
            details = try between(found)
        }
        details.notes = try notes(found.key)
        if view.needsAttestation {
            details.attesters = try ConflictLister(transaction, entry: entry).attesters(
                in: found.key.partnership)
        }
        if !details.decisions.isEmpty { view.isReopened = true }
        view.details = details
        return view
    }

    // MARK: One field

    private func field(_ found: FoundConflict) throws -> (FieldView?, ConflictDetails) {
        guard let row = found.row, let number = found.key.field,
            let record = try transaction.records(RecordSelection(row: row)).first
        else { return (nil, ConflictDetails()) }
        let definition = Vocabulary.kind(record.kind)?.field(number)
        let name = definition?.name ?? "field\(number)"
        let said = try transaction.history(ofRecord: row).filter { $0.field == number }
        let byID = Dictionary(said.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var replaced: [OperationID: [OperationID]] = [:]
        for operation in said {
            replaced[operation.id] = try transaction.superseded(by: operation.id)
        }
        let groups = presenter.candidates(
            record.operations.filter { $0.field == number }, of: definition,
            in: record.partnership)
        let details = ConflictDetails(
            knowledge: try groups.map { group in
                try knowledge(
                    group, among: groups, replaced: replaced, first: { Self.first($0, of: said) }
                ) { byID[$0].map { words($0, definition) } }
            },
            comparison: comparison(
                groups.map(\.operations), values: groups.map(\.view.value), definition,
                replaced: replaced, byID: byID, in: record.partnership),
            decisions: decisions(
                said, definition, replaced: replaced, byID: byID, in: record.partnership))
        return (presenter.view(record).field(name), details)
    }

    /// The operation that first said what one says again after a decision was taken back.
    private static func first(
        _ operation: StoredOperation, of said: [StoredOperation]
    ) -> StoredOperation {
        guard let entry = operation.act.carried?.entry else { return operation }
        return said.first { $0.act.entry == entry && $0.value == operation.value } ?? operation
    }

    private func words(_ operation: StoredOperation, _ field: FieldDefinition?) -> String {
        guard let bytes = operation.value else { return "(\(Absence.erased.words))" }
        guard let value = try? FieldValue(decoding: bytes) else {
            return "(\(Absence.needsNewerVersion.words))"
        }
        return entry.words(for: value, of: field)
    }

    private func knowledge(
        _ group: (view: CandidateView, operations: [StoredOperation]),
        among groups: [(view: CandidateView, operations: [StoredOperation])],
        replaced: [OperationID: [OperationID]], first: (StoredOperation) -> StoredOperation,
        words: (OperationID) -> String?
    ) throws -> CandidateKnowledge {
        var knowledge = CandidateKnowledge(
            candidate: group.view.number, replaced: [], leftStanding: [], unknown: [])
        for operation in group.operations.map(first) {
            for target in replaced[operation.id] ?? [] {
                guard let words = words(target), !knowledge.replaced.contains(words) else {
                    continue
                }
                knowledge.replaced.append(words)
            }
        }
        for other in groups where other.view.number != group.view.number {
            let isKnown = try group.operations.map(first).contains { own in
                try other.operations.map(first).contains { theirs in
                    try own.act.entry == theirs.act.entry
                        || transaction.knew(own.act.entry, of: theirs.act.entry)
                }
            }
            if isKnown {
                knowledge.leftStanding.append(other.view.number)
            } else {
                knowledge.unknown.append(other.view.number)
            }
        }
        return knowledge
    }

    /// The latest text that every candidate replaced, and where each differs from it.
    private func comparison(
        _ candidates: [[StoredOperation]], values: [FieldValue?], _ field: FieldDefinition?,
        replaced: [OperationID: [OperationID]], byID: [OperationID: StoredOperation],
        in partnership: PartnershipID
    ) -> TextComparison? {
        guard case .text? = field?.type, candidates.count > 1 else { return nil }
        let texts = values.compactMap { if case .text(let text)? = $0 { text } else { nil } }
        guard texts.count == values.count else { return nil }
        func past(_ operations: [StoredOperation]) -> Set<OperationID> {
            var reached: Set<OperationID> = []
            var pending = operations.map(\.id)
            while let next = pending.popLast() {
                pending += (replaced[next] ?? []).filter { reached.insert($0).inserted }
            }
            return reached
        }
        let common = candidates.map(past).reduce(nil as Set<OperationID>?) {
            $0?.intersection($1) ?? $1
        }
        // After an undo the values stand again as they were written, and what they were made of is what
        // it was then, not the decision that was taken back.
        let isRecalled = candidates.joined().contains { $0.act.carried?.partnership == partnership }
        let latest = (common ?? []).compactMap { byID[$0] }.filter { operation in
            !isRecalled
                || (operation.act.change != .resolve
                    && !values.contains { $0?.encoded() == operation.value })
        }.max { ($0.act.arrival, $0.id.index) < ($1.act.arrival, $1.id.index) }
        guard let latest, let bytes = latest.value,
            case .text(let base)? = try? FieldValue(decoding: bytes)
        else { return nil }
        return TextComparison(
            base: base, provenance: presenter.provenance(latest.act, in: partnership),
            words: WordComparison(base: base, versions: texts))
    }

    private func decisions(
        _ said: [StoredOperation], _ field: FieldDefinition?,
        replaced: [OperationID: [OperationID]], byID: [OperationID: StoredOperation],
        in partnership: PartnershipID
    ) -> [DecisionView] {
        said.filter { $0.act.change == .resolve }.map { operation in
            DecisionView(
                words: words(operation, field),
                replaced: (replaced[operation.id] ?? []).compactMap { byID[$0] }.map {
                    words($0, field)
                },
                stands: !operation.isSuperseded,
                provenance: presenter.provenance(operation.act, in: partnership))
        }
    }

    // MARK: Between records

    private func between(_ found: FoundConflict) throws -> ConflictDetails {
        var sides: [ConflictSide] = []
        if found.kind == .archivedAndEdited, let row = found.row,
            let record = try transaction.records(RecordSelection(row: row)).first
        {
            sides.append(
                side(
                    0, record, why: "archived",
                    act: record.operations.first { $0.field == TitleBook.archivedField }?.act))
        }
        for member in found.members {
            guard let row = member.row,
                let record = try transaction.records(RecordSelection(row: row)).first
            else {
                sides.append(
                    ConflictSide(
                        number: 0, record: nil, kind: "Entry", title: "", why: member.why,
                        provenance: nil))
                continue
            }
            let act = try member.operation.flatMap { try transaction.act(ofOperation: $0) }
            sides.append(
                side(
                    0, record, why: member.why, act: act,
                    only: found.kind == .archivedAndEdited ? act : nil,
                    lines: found.kind == .duplicateResident ? try below(record) : []))
        }
        for index in sides.indices { sides[index].number = index + 1 }
        return ConflictDetails(
            sides: sides, options: Self.options(found.kind), decisions: try decisions(found))
    }

    private func side(
        _ number: Int, _ record: StoredRecord, why: String, act: StoredAct?,
        only edit: StoredAct? = nil, lines: [SideLine] = []
    ) -> ConflictSide {
        let view = presenter.view(record)
        let kind = Vocabulary.kind(record.kind)
        let own = view.fields.filter { field in
            guard !field.candidates.isEmpty, !["archived", "parent"].contains(field.name) else {
                return false
            }
            // Of an edit, what was edited; of a record, what may harm, and what tells it apart.
            if let edit {
                return field.candidates.contains { candidate in
                    candidate.provenance.contains { $0.entry == edit.entry }
                }
            }
            return field.policy == .safetyCritical || kind?.title.contains(field.name) == true
                || (kind?.name == "residency" && ["home", "room"].contains(field.name))
        }
        return ConflictSide(
            number: number, record: record.id, kind: kind?.label ?? view.kind, title: view.title,
            why: why, provenance: act.map { presenter.provenance($0, in: record.partnership) },
            lines: own.map { SideLine(kind: view.kind, title: nil, field: $0) } + lines)
    }

    /// What is safety-critical in everything that is part of a record, where it stands.
    private func below(_ record: StoredRecord) throws -> [SideLine] {
        var lines: [SideLine] = []
        var pending = [record.id]
        var seen: Set<RecordID> = [record.id]
        while let next = pending.popLast(), seen.count < 500 {
            for child in try transaction.records(
                RecordSelection(
                    partnership: record.partnership,
                    naming: (next, ConflictResolver.parentField)))
            where !ConflictCases.isWork(child.kind) && seen.insert(child.id).inserted {
                pending.append(child.id)
                let view = presenter.view(child)
                guard !view.isArchived else { continue }
                lines += view.fields.filter {
                    $0.policy == .safetyCritical && !$0.candidates.isEmpty && $0.name != "archived"
                }.map { SideLine(kind: view.kind, title: view.title, field: $0) }
            }
        }
        return lines
    }

    /// What can be chosen by number.
    static func options(_ kind: ConflictKind) -> [ConflictOption] {
        switch kind {
        case .field, .authorRemoved: []
        case .archivedAndEdited:
            [
                ConflictOption(
                    number: 1, word: "archived",
                    words: "It stays archived; what was written meanwhile stays in it"),
                ConflictOption(number: 2, word: "restored", words: "It comes back"),
            ]
        case .duplicateResident:
            [
                ConflictOption(number: 1, word: "same", words: "They are one person"),
                ConflictOption(number: 2, word: "different", words: "They are two people"),
            ]
        case .occupancy, .activePlans, .noneKnown:
            [
                ConflictOption(
                    number: 1, word: "keep", words: "All is right as it is, side by side")
            ]
        case .setAside, .fork:
            [ConflictOption(number: 1, word: "noted", words: "It has been looked into")]
        }
    }

    private func decisions(_ found: FoundConflict) throws -> [DecisionView] {
        let partnership = found.key.partnership
        var records: [(row: Int64, field: UInt32)] = []
        switch found.kind {
        case .archivedAndEdited: records = found.row.map { [($0, TitleBook.archivedField)] } ?? []
        case .duplicateResident:
            guard let place = FieldPlace(SamePerson.kind, SamePerson.verdict),
                let pair = SamePerson.Pair(found.key)
            else { break }
            records = try SamePerson(transaction).said(pair).rows.map { ($0, place.field.number) }
        default:
            records = try ConflictCases(transaction)[found.key].heads.map {
                ($0.row, ConflictCases.outcomeField)
            }
        }
        return try records.flatMap { row, number in
            let said = try transaction.history(ofRecord: row).filter { $0.field == number }
            let record = try transaction.records(RecordSelection(row: row)).first
            let field = record.flatMap { Vocabulary.kind($0.kind)?.field(number) }
            // A verdict on two residents is taken back by archiving it.
            let isArchived =
                found.kind == .duplicateResident
                && record.map { presenter.view($0).isArchived } ?? false
            return said.filter { $0.act.change == .resolve }.map { operation in
                DecisionView(
                    words: outcomeWords(words(operation, field), found.kind), replaced: [],
                    stands: !operation.isSuperseded && !isArchived,
                    provenance: presenter.provenance(operation.act, in: partnership))
            }
        }.sorted { $0.provenance.version < $1.provenance.version }
    }

    /// An outcome for people: its text holds ids.
    private func outcomeWords(_ text: String, _ kind: ConflictKind) -> String {
        switch kind {
        case .archivedAndEdited: return text == "yes" ? "It stays archived" : "It comes back"
        case .duplicateResident: return text
        default: break
        }
        switch ConflictCases.Outcome(text: text) {
        case .kept?: return Self.options(kind).first?.words ?? text
        case .changed(let record, _, _)?: return "Record \(record.short) was changed"
        case .reopened?, nil: return "Taken back"
        }
    }

    private func notes(_ key: ConflictKey) throws -> [ConflictNote] {
        guard let kind = ConflictCases.noteKind(in: key.compartment) else { return [] }
        let own = try ConflictCases(transaction)[key]
        return try own.heads.flatMap { head in
            try transaction.records(
                RecordSelection(
                    kinds: [kind.number], partnership: key.partnership,
                    naming: (head.id, ConflictResolver.parentField)))
        }.flatMap { record in
            let view = presenter.view(record)
            return (view.field("text")?.candidates ?? []).map {
                ConflictNote(text: $0.words, provenance: $0.provenance[0])
            }
        }.sorted { $0.provenance.version < $1.provenance.version }
    }
}
