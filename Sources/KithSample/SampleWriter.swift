import Foundation
import KithModel
import KithProtocol
import KithSimulator
import KithStore
import KithTrust

/// Writes what sample people save, and remembers which operation stands in each field, so that the
/// next edit can supersede it as somebody does who has seen it.
struct SampleWriter: Sendable {
    /// A new record, or fields of one that is there, in one save.
    struct Draft: Sendable {
        let record: RecordID
        let kind: RecordKind
        let values: [(field: FieldDefinition, value: FieldValue)]
        let change: ChangeType
        /// Whether what stands is left standing: written by somebody who had not seen it.
        var isUnseen = false
    }

    private struct Slot: Hashable {
        let record: RecordID
        let field: UInt32
    }

    let partnership: PartnershipID
    private(set) var saves = 0
    private(set) var operations = 0
    private(set) var records: [String: Int] = [:]
    private var standing: [Slot: OperationID] = [:]
    private var random: RandomSource

    init(_ partnership: PartnershipID, seed: UInt64) {
        self.partnership = partnership
        random = RandomSource(seed: seed, purpose: "record ids")
    }

    /// A record to be made.
    mutating func new(
        _ name: String, under parent: RecordID? = nil, _ values: [String: FieldValue]
    ) -> Draft {
        let kind = Self.kind(name)
        var all = values
        if let parent { all["parent"] = .reference(parent) }
        let record =
            parent.flatMap { kind.isSingleton ? RecordID(singleton: name, of: $0) : nil }
            ?? newID()
        return Draft(
            record: record, kind: kind, values: Self.fields(all, of: kind), change: .create)
    }

    /// Fields of a record to be changed.
    func edit(
        _ name: String, _ record: RecordID, _ values: [String: FieldValue],
        change: ChangeType = .amend
    ) -> Draft {
        let kind = Self.kind(name)
        return Draft(
            record: record, kind: kind, values: Self.fields(values, of: kind), change: change)
    }

    /// Saves drafts as one act: an entry in each compartment that they touch.
    mutating func save(
        _ drafts: [Draft], by person: Person, at moment: Instant,
        _ transaction: StoreTransaction
    ) throws {
        saves += 1
        let places = Dictionary(grouping: drafts) { draft in
            Place(compartment: draft.kind.compartment, entryClass: draft.kind.entryClass)
        }.sorted { $0.key < $1.key }
        let group = places.count > 1 ? random.bytes(16) : Data()
        for (place, drafts) in places {
            // What one entry holds at most, so that the operations are where they are noted.
            for start in stride(from: 0, to: drafts.count, by: 32) {
                let some = Array(drafts[start..<min(start + 32, drafts.count)])
                let entries = try transaction.author(
                    some.map { part($0, by: person, group) }, class: place.entryClass,
                    in: place.compartment, of: partnership, now: moment)
                guard let entry = entries.first, entries.count == 1 else {
                    preconditionFailure("a save of \(some.count) parts became \(entries.count)")
                }
                note(some, in: entry)
            }
        }
    }

    private struct Place: Hashable, Comparable {
        let compartment: Compartment
        let entryClass: EntryClass

        static func < (left: Place, right: Place) -> Bool {
            (left.compartment, left.entryClass) < (right.compartment, right.entryClass)
        }
    }

    private func part(_ draft: Draft, by person: Person, _ group: Data) -> DraftPart {
        DraftPart(
            skeleton: Skeleton(
                record: draft.record, kind: draft.kind.number,
                operations: draft.values.map { value in
                    let seen = standing[Slot(record: draft.record, field: value.field.number)]
                    return KithProtocol.Operation(
                        field: value.field.number,
                        supersedes: draft.isUnseen ? [] : seen.map { [$0] } ?? [])
                },
                change: draft.change, committer: person, performer: nil, event: nil, group: group),
            values: draft.values.map(\.value), reason: "")
    }

    private mutating func note(_ drafts: [Draft], in entry: EntryHash) {
        for (number, draft) in drafts.enumerated() {
            if draft.change == .create { records[draft.kind.name, default: 0] += 1 }
            operations += draft.values.count
            for (index, value) in draft.values.enumerated() {
                standing[Slot(record: draft.record, field: value.field.number)] = OperationID(
                    entry: entry, part: number, operation: index)
            }
        }
    }

    private mutating func newID() -> RecordID {
        guard let id = RecordID(bytes: random.bytes(RecordID.byteCount)) else {
            preconditionFailure("a record id has \(RecordID.byteCount) bytes")
        }
        return id
    }

    private static func kind(_ name: String) -> RecordKind {
        guard let kind = Vocabulary.kind(named: name) else {
            preconditionFailure("the vocabulary has no kind \(name)")
        }
        return kind
    }

    private static func fields(
        _ values: [String: FieldValue], of kind: RecordKind
    ) -> [(field: FieldDefinition, value: FieldValue)] {
        values.map { name, value in
            guard let field = kind.field(named: name) else {
                preconditionFailure("\(kind.name) has no field \(name)")
            }
            return (field, value)
        }.sorted { $0.field.number < $1.field.number }
    }
}

/// The code that a word means in a field, or of a part of one as `FIELD.PART`.
enum SampleCode {
    static func of(_ kind: String, _ path: String, _ word: String) -> FieldValue {
        let names = path.split(separator: ".").map(String.init)
        var field = Vocabulary.kind(named: kind)?.field(named: names[0])
        if names.count > 1 { field = field?.members.first { $0.name == names[1] } }
        guard case .code(let set)? = field?.type, let code = set.concept(for: word) else {
            preconditionFailure("\(kind).\(path) has no code \(word)")
        }
        return .code(code)
    }

    /// Words where any concept may stand.
    static func words(_ text: String) -> FieldValue {
        .code(Code(system: "", code: "", display: text))
    }

    /// A value of a group.
    static func group(
        _ kind: String, _ name: String, _ members: KeyValuePairs<String, FieldValue>
    ) -> FieldValue {
        let field = Vocabulary.kind(named: kind)?.field(named: name)
        return .group(
            members.map { name, value in
                guard let member = field?.members.first(where: { $0.name == name }) else {
                    preconditionFailure("\(kind) has no part \(name)")
                }
                return GroupMember(member.number, value)
            }.sorted { $0.number < $1.number })
    }
}
