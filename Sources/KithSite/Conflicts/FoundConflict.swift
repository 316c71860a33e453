import Foundation
import KithModel
import KithProtocol
import KithStore

/// A conflict as the finder found it, before anything is put into words.
struct FoundConflict {
    let key: ConflictKey
    var kind: ConflictKind
    var severity: FieldPolicy
    /// The row of the record it is about; nil when it is about no single record.
    var row: Int64?
    /// The number of the kind of the record whose id people type; nil where no record's id is typed, or
    /// only residents have such a conflict.
    var recordKind: UInt32?
    /// The live operations of the field, when it is about one.
    var values: [ContestedValue] = []
    /// The records or entries that do not go together, when it is not about a field.
    var members: [FoundMember] = []
    /// Since when, by this site's clock.
    var opened: Instant
    /// Whether a decision stands in it, or was undone.
    var isReopened = false

    /// The distinct values, in the order of their rank, the greatest first.
    var distinctValues: [ContestedValue] {
        var found: [ContestedValue] = []
        for value in values.sorted(by: { $0.rank > $1.rank })
        where !found.contains(where: { $0.live.value == value.live.value }) {
            found.append(value)
        }
        return found
    }

    /// The name of the field, when it is about one.
    var fieldName: String? {
        guard let number = key.field else { return nil }
        let kind = recordKind.flatMap { Vocabulary.kind($0) }
        let field = kind?.compartment == key.compartment ? kind?.field(number) : nil
        return field?.name ?? "field\(number)"
    }

    /// The same conflict for two reasons: open since the first of them.
    func joined(with other: FoundConflict) -> FoundConflict {
        var joined = opened <= other.opened ? self : other
        joined.members = zip(members, other.members).map { one, another in
            let early = one.readAt <= another.readAt ? one : another
            let reasons = Set([one.why, another.why].flatMap { $0.components(separatedBy: "; ") })
            return FoundMember(
                row: early.row, record: early.record,
                why: reasons.sorted().joined(separator: "; "), received: early.received,
                readAt: early.readAt, operation: early.operation)
        }
        return joined
    }

    /// The members that were here at a version, which number them as that view did.
    func members(asOf version: Int64) -> [FoundMember] {
        members.filter { $0.readAt <= version }
    }
}

/// One of several records or entries that do not go together.
struct FoundMember {
    /// The record's row; nil for an entry.
    let row: Int64?
    /// The record's id, or nil.
    let record: RecordID?
    /// Why it belongs here, in words.
    let why: String
    /// When that came here, by this site's clock.
    let received: Instant
    /// The arrival since which it can be read.
    let readAt: Int64
    /// The operation that says so, to tell by whom.
    var operation: Int64?
}

/// A field of a kind, both as the vocabulary has them now.
struct FieldPlace {
    let kind: RecordKind
    let field: FieldDefinition

    init?(_ kind: String, _ field: String) {
        guard let found = Vocabulary.kind(named: kind), let named = found.field(named: field) else {
            return nil
        }
        self.kind = found
        self.field = named
    }
}

/// The live values of all records of a kind, by record and field name.
struct KindValues {
    let heads: [Int64: RecordHead]
    private let values: [Int64: [UInt32: [LiveValue]]]
    private let kind: RecordKind

    /// Reads them; nil where the vocabulary has no such kind.
    init?(_ transaction: StoreTransaction, _ name: String, fields: [String]) throws {
        guard let kind = Vocabulary.kind(named: name) else { return nil }
        self.kind = kind
        heads = try transaction.heads(ofKind: kind.number).filter {
            $0.value.compartment == kind.compartment
        }
        var values: [Int64: [UInt32: [LiveValue]]] = [:]
        let numbers = (["archived"] + fields).compactMap { kind.field(named: $0)?.number }
        for value in try transaction.liveValues(ofKind: kind.number, fields: numbers)
        where heads[value.record] != nil {
            values[value.record, default: [:]][value.field, default: []].append(value)
        }
        self.values = values
    }

    /// The live operations of a field of a record.
    func operations(_ row: Int64, _ field: String) -> [LiveValue] {
        kind.field(named: field).flatMap { values[row]?[$0.number] } ?? []
    }

    /// The values that stand in a field of a record, with the operation of each; what was taken away,
    /// erased or needs a newer version is none.
    func values(_ row: Int64, _ field: String) -> [(value: FieldValue, operation: Int64)] {
        operations(row, field).compactMap { live in
            guard let bytes = live.value, let value = try? FieldValue(decoding: bytes),
                value != .cleared
            else { return nil }
            return (value, live.operation)
        }
    }

    /// The same for values that are texts.
    func texts(_ row: Int64, _ field: String) -> [(text: String, operation: Int64)] {
        values(row, field).compactMap {
            if case .text(let text) = $0.value { (text, $0.operation) } else { nil }
        }
    }

    /// The codes in a coded field.
    func codes(_ row: Int64, _ field: String) -> [(code: Code, operation: Int64)] {
        values(row, field).compactMap {
            if case .code(let code) = $0.value { (code, $0.operation) } else { nil }
        }
    }

    /// Whether a record is archived, without anybody saying otherwise.
    func isArchived(_ row: Int64) -> Bool {
        let said = operations(row, "archived")
        return !said.isEmpty && said.allSatisfy { $0.value == FieldValue.boolean(true).encoded() }
    }
}
