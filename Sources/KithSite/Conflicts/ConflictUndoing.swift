import Foundation
import KithModel
import KithProtocol
import KithStore

/// Takes a decision back.
///
/// What an entry superseded stays superseded for good: nothing in the log can change that, and a later
/// entry that pretended to would mean different things to sites that hold different parts of it. So the
/// values that the decision replaced are written once more, side by side in one entry that supersedes the
/// decision and nothing else. Each says who first wrote it and when, and who brought it back. What came
/// since the decision stands beside them; two people who take it back at once write the same values,
/// which count as one. Values that were erased do not come back.
struct ConflictUndoing {
    let transaction: StoreTransaction
    let entry: FieldEntry

    /// The decisions that stand in one field of one record.
    struct Target {
        let record: StoredRecord
        let field: UInt32
        let decisions: [StoredOperation]
        let key: ConflictKey

        /// The number of the kind of the record whose id people type, as for what is open.
        var recordKind: UInt32? {
            key.field != nil || key.other?.kind == .archivedAndEdited ? record.kind : nil
        }

        /// Whether two are about one conflict.
        func isOfOneConflict(with other: Target) -> Bool {
            key == other.key && recordKind == other.recordKind
        }

        /// What `ConflictNames` takes an id from.
        fileprivate var named: FoundConflict {
            FoundConflict(
                key: key, kind: key.other?.kind ?? .field, severity: .safetyCritical,
                row: recordKind == nil ? nil : record.row, recordKind: recordKind,
                opened: Instant(milliseconds: 0))
        }
    }

    /// The ids by which the conflicts of decisions are told apart.
    private static func ids(_ targets: [Target]) -> [String] {
        let named = targets.map(\.named)
        let names = ConflictNames(named)
        return Set(named.map { names[$0] }).sorted()
    }

    /// Takes it back, or says what would come of that.
    func undo(
        _ undo: ConflictUndo, by author: Author, at site: SiteID, now: Instant
    ) throws -> ResolutionOutcome {
        let reason = try ConflictResolver.reason(undo.reason)
        let typed = try ConflictSearch.Typed(undo.conflict)
        let targets = try targets(typed)
        guard let first = targets.first else { throw try nothing(typed) }
        guard targets.allSatisfy({ $0.isOfOneConflict(with: first) }) else {
            throw ConflictSearch.ambiguous(Self.ids(targets))
        }
        let isDecision = targets.joined(\.decisions).contains { $0.act.entryClass == .decision }
        guard !isDecision || undo.isAttested else {
            throw SiteError(
                .refused,
                "a clinical decision is taken back by another: add --attest --performer NAME --performer-role ROLE for the clinician who says so"
            )
        }
        var planner = EditPlanner(
            transaction: transaction, entry: entry, author: author, site: site)
        var outcome = ResolutionOutcome(
            conflict: typed.id, about: about(first), stands: [], replaces: [], isOpen: true,
            record: first.record.id)
        for target in targets {
            let field = Vocabulary.kind(target.record.kind)?.field(target.field)
            outcome.replaces += target.decisions.map { words($0.value, field) }
            outcome.stands += try plan(
                target, reason: reason, undo, by: author, isDecision: isDecision, &planner
            ).map { words($0, field) }.filter { !outcome.stands.contains($0) }
        }
        guard !undo.isPreview else { return outcome }
        try planner.commit(now: now)
        outcome.rest = try ConflictSearch(transaction: transaction, entry: entry).open(
            undo.conflict)
        outcome.isOpen = outcome.rest != nil
        return outcome
    }

    /// The newest decision that stands under a typed id.
    func decision(_ typed: ConflictSearch.Typed) throws -> StoredOperation? {
        try targets(typed).joined(\.decisions).max { $0.act.arrival < $1.act.arrival }
    }

    private func about(_ target: Target) -> String {
        let kind = Vocabulary.kind(target.record.kind)
        return target.key.other?.kind.label ?? kind?.field(target.field)?.label ?? ""
    }

    private func words(_ bytes: Data?, _ field: FieldDefinition?) -> String {
        guard let bytes, let value = try? FieldValue(decoding: bytes) else {
            return "(\(Absence.erased.words))"
        }
        guard case .text(let text) = value,
            let outcome = ConflictCases.Outcome(text: text),
            field?.number == ConflictCases.outcomeField
        else { return entry.words(for: value, of: field) }
        return switch outcome {
        case .kept: "left side by side"
        case .changed(let record, _, _): "record \(record.short) was changed"
        case .reopened: "open again"
        }
    }

    private func nothing(_ typed: ConflictSearch.Typed) throws -> SiteError {
        SiteError(
            .notFound,
            "no decision stands under '\(typed.id)'; it was changed since, or never made: see 'kith record history \(ShownText(line: typed.prefix).text)'"
        )
    }

    // MARK: What was decided

    private func targets(_ typed: ConflictSearch.Typed) throws -> [Target] {
        try allTargets(typed).filter { typed.fits($0.key, recordKind: $0.recordKind) }
    }

    private func allTargets(_ typed: ConflictSearch.Typed) throws -> [Target] {
        guard let other = typed.other else { return try fieldTargets(typed) }
        switch other.kind {
        case .archivedAndEdited:
            return try transaction.records(RecordSelection(prefix: typed.prefix)).compactMap {
                try target(
                    $0, field: TitleBook.archivedField,
                    ConflictKey(.archivedAndEdited, of: $0.id, in: $0.compartment, $0.partnership))
            }
        case .duplicateResident: return try samePersonTargets(typed, detail: other.detail)
        default:
            let cases = try ConflictCases(transaction)
            return try cases.keys.filter { key in
                key.other?.kind == other.kind && typed.isBeginning(of: key.typedPrefix)
                    && (other.detail.isEmpty
                        || (key.other?.detail.lowercased().hasPrefix(other.detail) ?? false))
            }.flatMap { key in
                let words = try cases[key].heads.compactMap { head in
                    try record(head.row).flatMap {
                        try target($0, field: ConflictCases.outcomeField, key)
                    }
                }
                return try words + changed(cases[key], key, with: words)
            }
        }
    }

    /// The fields of records whose change was the decision: what was saved together with the word of it,
    /// and not what somebody decided about such a field since.
    private func changed(
        _ work: ConflictCases.Case, _ key: ConflictKey, with words: [Target]
    ) throws -> [Target] {
        let saved = words.joined(\.decisions).map(\.act)
        return try Set(work.outcomes).flatMap { outcome -> [Target] in
            guard case .changed(let id, let field, _) = outcome else { return [] }
            return try transaction.records(
                RecordSelection(partnership: key.partnership, prefix: id.description)
            ).compactMap { record in
                guard let found = try target(record, field: field, key) else { return nil }
                let decisions = found.decisions.filter { decision in
                    saved.contains {
                        $0.site == decision.act.site && $0.recorded == decision.act.recorded
                    }
                }
                return decisions.isEmpty
                    ? nil : Target(record: record, field: field, decisions: decisions, key: key)
            }
        }
    }

    private func fieldTargets(_ typed: ConflictSearch.Typed) throws -> [Target] {
        try transaction.records(RecordSelection(prefix: typed.prefix)).compactMap { record in
            let fields = Vocabulary.kind(record.kind)?.fields ?? []
            guard
                let field = fields.first(where: {
                    $0.name.lowercased() == typed.tail.lowercased()
                })
            else { return nil }
            return try target(
                record, field: field.number,
                ConflictKey(
                    field: field.number, of: record.id, in: record.compartment, record.partnership))
        }
    }

    private func samePersonTargets(
        _ typed: ConflictSearch.Typed, detail: String
    ) throws -> [Target] {
        guard let place = FieldPlace(SamePerson.kind, SamePerson.verdict) else { return [] }
        let range = detail.isEmpty ? nil : RecordID.bounds(ofPrefix: detail)
        return try SamePerson(transaction).pairs { pair in
            let sides = [(pair.low, pair.high), (pair.high, pair.low)]
            return sides.contains { one, other in
                typed.isBeginning(of: one) && (detail.isEmpty || range?.contains(other) ?? false)
            }
        }.flatMap { pair, said in
            try said.rows.compactMap { row in
                try record(row).flatMap {
                    try target(
                        $0, field: place.field.number,
                        ConflictKey(
                            .duplicateResident, of: pair.low, detail: pair.high.description,
                            in: place.kind.compartment, pair.partnership))
                }
            }
        }
    }

    private func record(_ row: Int64) throws -> StoredRecord? {
        try transaction.records(RecordSelection(row: row)).first
    }

    private func target(
        _ record: StoredRecord, field: UInt32, _ key: ConflictKey
    ) throws -> Target? {
        if key.other?.kind == .duplicateResident,
            try RecordPresenter(transaction, entry: entry).view(record).isArchived
        {
            return nil
        }
        let standing = record.operations.filter {
            $0.field == field && $0.act.change == .resolve && $0.isEffective
                && $0.value != FieldValue.cleared.encoded()
        }
        return standing.isEmpty
            ? nil : Target(record: record, field: field, decisions: standing, key: key)
    }

    // MARK: What is written

    /// Plans what takes a decision back; gives the values that stand again.
    private func plan(
        _ target: Target, reason: String, _ undo: ConflictUndo, by author: Author,
        isDecision: Bool, _ planner: inout EditPlanner
    ) throws -> [Data?] {
        let record = target.record
        let history = try transaction.history(ofRecord: record.row)
        let former = try target.decisions.flatMap { try transaction.superseded(by: $0.id) }
        // A verdict that brought the link back from the archive followed none that stood.
        let isFirst =
            target.key.other?.kind == .duplicateResident
            && record.operations.contains { operation in
                operation.field == TitleBook.archivedField
                    && target.decisions.contains { $0.act.entry == operation.act.entry }
            }
        let values = history.filter {
            former.contains($0.id) && $0.value != nil && !isFirst
        }
        let entryClass: EntryClass = isDecision ? .decision : .record
        guard !values.isEmpty else {
            let (field, value) = try emptied(
                target, hadFormer: !former.isEmpty && !isFirst)
            let live = record.operations.filter { $0.field == field }.map(\.id)
            try planner.plan(
                DraftPart(
                    skeleton: Skeleton(
                        record: record.id, kind: record.kind,
                        operations: [KithProtocol.Operation(field: field, supersedes: live)],
                        change: .amend, committer: author.person,
                        performer: undo.performer?.person, event: nil, group: Data()),
                    values: [value], reason: reason), class: entryClass, in: record.compartment,
                of: record.partnership)
            return []
        }
        for operation in values {
            guard let bytes = operation.value, let value = try? FieldValue(decoding: bytes) else {
                throw SiteError(
                    .version, "what was replaced needs a newer version of Kith; upgrade first")
            }
            try planner.plan(
                part(
                    operation, value: value, target: target, history: history, reason: reason,
                    by: author), class: entryClass, in: record.compartment,
                of: record.partnership)
        }
        if values.contains(where: { !$0.isEffective }) {
            // Whoever takes the decision back need not stand by what a removed author wrote.
            try CaseWriter(transaction: transaction).plan(
                [(ConflictCases.outcomeField, .text(ConflictCases.Outcome.reopened.text))],
                of: target.key, edit: RecordEdit(target: .existing(""), values: [], reason: reason),
                by: author, class: .record, seen: try transaction.version(), &planner)
        }
        return values.map(\.value)
    }

    /// What takes the place of a decision that replaced nothing.
    private func emptied(
        _ target: Target, hadFormer: Bool
    ) throws -> (field: UInt32, value: FieldValue) {
        guard !hadFormer else {
            throw SiteError(
                .refused,
                "what the decision replaced was erased, and does not come back; write what is right with 'kith record set \(target.record.id.short)'"
            )
        }
        // A link between two residents is taken back by archiving it; how a conflict between records was
        // settled, by taking the word away.
        return target.key.other?.kind == .duplicateResident
            ? (TitleBook.archivedField, .boolean(true)) : (target.field, .cleared)
    }

    /// A value as it was first written, by whom and when, and brought back.
    private func part(
        _ operation: StoredOperation, value: FieldValue, target: Target,
        history: [StoredOperation], reason: String, by author: Author
    ) throws -> DraftPart {
        let act = operation.act
        let record = target.record
        let origin = history.compactMap(\.act.carried).first
        let name = try RecordPresenter(transaction, entry: entry).provenance(
            act, in: record.partnership
        ).siteName
        let words = [act.reason, "(brought back: \(reason))"].compactMap(\.self)
        return DraftPart(
            skeleton: Skeleton(
                record: record.id, kind: record.kind,
                operations: [
                    KithProtocol.Operation(
                        field: target.field, supersedes: target.decisions.map(\.id))
                ], change: act.change == .resolve ? .amend : act.change,
                committer: act.committer, performer: act.performer, event: act.event,
                group: Data(),
                carried: Carried(
                    partnership: record.partnership, entry: act.entry,
                    author: act.carried?.author ?? act.site, authorName: name,
                    recorded: act.carried?.recorded ?? act.recorded, carrier: author.person,
                    originPartnership: origin?.originPartnership ?? record.partnership,
                    originRecord: origin?.originRecord ?? record.id)),
            values: [value], reason: words.joined(separator: " "))
    }
}

extension Sequence {
    /// All elements of the lists that a property holds, in order.
    fileprivate func joined<Item>(_ list: KeyPath<Element, [Item]>) -> [Item] {
        flatMap { $0[keyPath: list] }
    }
}
