import Foundation
import KithModel
import KithProtocol
import KithStore

/// The work on conflicts, which is shared: who has taken one on, until when, and how one between records
/// was settled. Each conflict has one record of it, in the compartment of what is contested.
struct ConflictCases {
    /// What became of a conflict between records, as it is written.
    enum Outcome: Hashable {
        /// All of these may stand side by side.
        case kept(Set<RecordID>)
        /// A field of a record was changed.
        case changed(record: RecordID, field: UInt32, among: Set<RecordID>)
        /// A value of a removed author was brought back, by somebody who need not stand by it.
        case reopened

        /// The text in the record: words and ids.
        var text: String {
            switch self {
            case .kept(let records):
                (["kept"] + records.sorted().map(\.description))
                    .joined(separator: " ")
            case .changed(let record, let field, let among):
                (["changed", record.description, String(field)]
                    + among.sorted().map(\.description)).joined(separator: " ")
            case .reopened: "reopened"
            }
        }

        /// Reads the text.
        init?(text: String) {
            let words = text.split(separator: " ").map(String.init)
            switch words.first {
            case "kept": self = .kept(Set(words.dropFirst().compactMap { RecordID(text: $0) }))
            case "changed":
                guard words.count > 2, let record = RecordID(text: words[1]),
                    let field = UInt32(words[2])
                else { return nil }
                self = .changed(
                    record: record, field: field,
                    among: Set(words.dropFirst(3).compactMap { RecordID(text: $0) }))
            case "reopened": self = .reopened
            default: return nil
            }
        }

        /// The records that it was decided about.
        var records: Set<RecordID> {
            switch self {
            case .kept(let records): records
            case .changed(_, _, let among): among
            case .reopened: []
            }
        }
    }

    /// The work on one conflict.
    struct Case {
        /// The records of it: one, but after a move.
        var heads: [RecordHead] = []
        var owners: [String] = []
        var dues: [PartialDate] = []
        var outcomes: [Outcome] = []
        /// The newest operation among the outcomes, taken back or not.
        var decidedBy: Int64?

        /// Whether two people settled it in ways that do not go together.
        var isContested: Bool {
            let isOneWay = outcomes.allSatisfy { if case .kept = $0 { true } else { false } }
            return Set(outcomes).count > 1 && !isOneWay
        }

        /// Whether somebody who had seen all of these let them stand side by side.
        func keeps(_ records: Set<RecordID>) -> Bool {
            outcomes.contains { outcome in
                if case .kept(let kept) = outcome { records.isSubset(of: kept) } else { false }
            }
        }
    }

    private static let kinds: [Compartment: RecordKind] = [
        .clinical: "clinicalConflict", .personal: "personalConflict",
        .relations: "relationsConflict", .restricted: "restrictedConflict",
    ].compactMapValues { Vocabulary.kind(named: $0) }
    private static let notes: [Compartment: RecordKind] = [
        .clinical: "clinicalConflictNote", .personal: "personalConflictNote",
        .relations: "relationsConflictNote", .restricted: "restrictedConflictNote",
    ].compactMapValues { Vocabulary.kind(named: $0) }
    /// The fields of a case, the same in every compartment.
    static let conflictField: UInt32 = 10
    static let ownerField: UInt32 = 11
    static let dueField: UInt32 = 12
    static let outcomeField: UInt32 = 13

    private static let workNumbers = Set((kinds.values.map(\.number)) + notes.values.map(\.number))

    /// The kind that holds the work on conflicts of a compartment.
    static func kind(in compartment: Compartment) -> RecordKind? { kinds[compartment] }

    /// The kind of notes on conflicts of a compartment.
    static func noteKind(in compartment: Compartment) -> RecordKind? { notes[compartment] }

    /// Whether a kind holds work on conflicts, or notes.
    static func isWork(_ kind: UInt32) -> Bool { workNumbers.contains(kind) }

    /// Where the work on what is in a compartment belongs: `membership` has no records.
    static func compartment(for compartment: Compartment) -> Compartment {
        compartment == .membership ? .relations : compartment
    }

    private var cases: [ConflictKey: Case] = [:]

    /// Reads all of it.
    init(_ transaction: StoreTransaction) throws {
        for kind in Self.kinds.values {
            guard
                let values = try KindValues(
                    transaction, kind.name, fields: ["conflict", "owner", "due", "outcome"])
            else { continue }
            for (row, head) in values.heads {
                guard let slot = values.texts(row, "conflict").map(\.text).min() else { continue }
                let key = ConflictKey(
                    partnership: head.partnership, compartment: head.compartment,
                    anchor: head.parent, slot: slot)
                cases[key, default: Case()].add(head, values)
            }
        }
    }

    /// The work on a conflict.
    subscript(key: ConflictKey) -> Case { cases[key] ?? Case() }

    /// Every conflict that was ever worked on.
    var keys: Dictionary<ConflictKey, Case>.Keys { cases.keys }

    /// Leaves out what people let stand, and adds what two people settled in two ways.
    func unsettled(
        _ found: [FoundConflict], _ kinds: Set<ConflictKind>, _ transaction: StoreTransaction
    ) throws -> [FoundConflict] {
        guard cases.contains(where: { $0.value.decidedBy != nil }) else { return found }
        var open: [FoundConflict] = []
        for var conflict in found {
            let own = self[conflict.key]
            let records = Set(conflict.members.compactMap(\.record))
            if !conflict.kind.isOfField, own.keeps(records), !own.isContested { continue }
            conflict.isReopened = conflict.isReopened || own.decidedBy != nil
            open.append(conflict)
        }
        let known = Set(open.map(\.key))
        for (key, own) in cases where own.outcomes.contains(.reopened) && !known.contains(key) {
            guard kinds.contains(.authorRemoved) else { continue }
            open += try reopened(key, transaction).map { [$0] } ?? []
        }
        for (key, own) in cases where own.isContested && !known.contains(key) {
            guard let kind = key.other?.kind, kinds.contains(kind) else { continue }
            open += try contested(key, kind, own, transaction).map { [$0] } ?? []
        }
        return open
    }

    /// A field in which a value of a removed author was brought back, until somebody decides.
    private func reopened(
        _ key: ConflictKey, _ transaction: StoreTransaction
    ) throws -> FoundConflict? {
        guard let anchor = key.anchor, let number = key.field,
            let record = try transaction.records(
                RecordSelection(partnership: key.partnership, prefix: anchor.description)
            ).first(where: { $0.compartment == key.compartment })
        else { return nil }
        let values = try transaction.liveContest(ofField: number, record: record.row)
        guard let opened = values.map(\.received).max() else { return nil }
        return FoundConflict(
            key: key, kind: .authorRemoved,
            severity: Vocabulary.kind(record.kind)?.field(number)?.policy ?? .safetyCritical,
            row: record.row, recordKind: record.kind, values: values, opened: opened,
            isReopened: true)
    }

    /// A conflict that is gone by what is recorded, but that two people settled in two ways.
    private func contested(
        _ key: ConflictKey, _ kind: ConflictKind, _ own: Case, _ transaction: StoreTransaction
    ) throws -> FoundConflict? {
        let records = own.outcomes.reduce(into: Set()) { $0.formUnion($1.records) }.sorted()
        let times = try transaction.times(of: own.decidedBy.map { [$0] } ?? [])
        let time = times.values.first
        let members = try records.compactMap { id -> FoundMember? in
            guard
                let record = try transaction.records(
                    RecordSelection(partnership: key.partnership, prefix: id.description)
                ).first
            else { return nil }
            return FoundMember(
                row: record.row, record: id, why: "was part of it",
                received: time?.received ?? Instant(milliseconds: 0), readAt: time?.readAt ?? 0,
                operation: own.decidedBy)
        }
        guard let first = members.first else { return nil }
        return FoundConflict(
            key: key, kind: kind, severity: kind == .occupancy ? .routine : .safetyCritical,
            row: first.row, members: members,
            opened: time?.received ?? Instant(milliseconds: 0), isReopened: true)
    }
}

extension ConflictCases.Case {
    fileprivate mutating func add(_ head: RecordHead, _ values: KindValues) {
        let row = head.row
        heads.append(head)
        owners += values.texts(row, "owner").map(\.text).filter { !owners.contains($0) }
        owners.sort()
        for (value, _) in values.values(row, "due") {
            if case .date(let date) = value { dues.append(date) }
        }
        for (text, _) in values.texts(row, "outcome") {
            guard let outcome = ConflictCases.Outcome(text: text) else { continue }
            outcomes.append(outcome)
        }
        for live in values.operations(row, "outcome") {
            decidedBy = max(decidedBy ?? 0, live.operation)
        }
    }
}
