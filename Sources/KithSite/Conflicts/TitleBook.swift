import Foundation
import KithModel
import KithProtocol
import KithStore

/// What many records are called and what they are part of, read in a few statements.
struct TitleBook {
    private struct Place: Hashable {
        let partnership: PartnershipID
        let record: RecordID
    }

    let heads: [Int64: RecordHead]
    private var titles: [Int64: String] = [:]
    private var archived: Set<Int64> = []
    private var rows: [Place: Int64] = [:]

    /// Reads records with all that they are part of. Of concurrent values in a title those of `ranks`
    /// are in the order of their rank, as everywhere.
    init(
        _ transaction: StoreTransaction, rows wanted: Set<Int64>, ranks: [Int64: DisplayRank],
        entry: FieldEntry
    ) throws {
        heads = try transaction.heads(withParentsOf: wanted.sorted())
        var values: [Int64: [LiveValue]] = [:]
        for value in try transaction.liveValues(
            ofRecords: heads.keys.sorted(), fields: [Self.archivedField] + Self.titleFields)
        {
            values[value.record, default: []].append(value)
        }
        for (row, head) in heads {
            let kind = Self.kind(of: head)
            // A record of a kind in another compartment than the kind's own is no parent of anything.
            if kind != nil {
                rows[Place(partnership: head.partnership, record: head.id)] = row
            }
            let own = values[row] ?? []
            let said = own.filter { $0.field == Self.archivedField }
            if !said.isEmpty, said.allSatisfy({ $0.value == Self.yes }) { archived.insert(row) }
            titles[row] = Self.title(of: kind, own, ranks: ranks, entry: entry)
        }
    }

    static let archivedField: UInt32 = 1
    private static let yes = FieldValue.boolean(true).encoded()
    private static let titleFields = Set(
        Vocabulary.kinds.flatMap { kind in
            kind.title.compactMap { kind.field(named: $0)?.number }
        }
    ).sorted()

    /// The kind of a record, where it stands in the kind's own compartment.
    static func kind(of head: RecordHead) -> RecordKind? {
        Vocabulary.kind(head.kind).flatMap { $0.compartment == head.compartment ? $0 : nil }
    }

    /// The kind of a record.
    func kind(of row: Int64) -> RecordKind? { heads[row].flatMap(Self.kind) }

    /// What people call a record.
    func title(of row: Int64) -> String { titles[row] ?? "" }

    /// Whether a record is archived, without anybody saying otherwise.
    func isArchived(_ row: Int64) -> Bool { archived.contains(row) }

    /// Whether a record, or one that it is part of, is archived.
    func isPutAway(_ row: Int64) -> Bool { line(from: row).contains(where: archived.contains) }

    /// Whether a record is one, or part of it at any depth.
    func isRecord(_ row: Int64, under ancestor: RecordID) -> Bool {
        line(from: row).contains { heads[$0]?.id == ancestor }
    }

    /// The row of the resident that a record is or belongs to.
    func resident(of row: Int64) -> Int64? {
        line(from: row).first { kind(of: $0)?.name == "resident" }
    }

    /// A record and what it is part of, upwards; bounded, since a peer may write a cycle.
    private func line(from row: Int64) -> [Int64] {
        var line = [row]
        while line.count < 9, let last = line.last, let head = heads[last],
            let parent = head.parent,
            let next = rows[Place(partnership: head.partnership, record: parent)]
        {
            line.append(next)
        }
        return line
    }

    private static func title(
        of kind: RecordKind?, _ values: [LiveValue], ranks: [Int64: DisplayRank],
        entry: FieldEntry
    ) -> String {
        guard let kind else { return "needs a newer version of Kith" }
        var all = 0
        var erased = 0
        let parts = kind.title.compactMap { name -> String? in
            guard let field = kind.field(named: name) else { return nil }
            var own = values.filter { $0.field == field.number }
            if own.count > 1 {
                own.sort { left, right in
                    guard let one = ranks[left.operation], let other = ranks[right.operation]
                    else { return left.operation < right.operation }
                    return one > other
                }
            }
            all += own.count
            erased += own.count { $0.value == nil }
            var said: [String] = []
            for value in own {
                guard let bytes = value.value else { continue }
                guard let decoded = try? FieldValue(decoding: bytes), decoded != .cleared else {
                    continue
                }
                let words = entry.words(for: decoded, of: field)
                if !said.contains(words) { said.append(words) }
            }
            guard let first = said.first else { return nil }
            return field.policy == .safetyCritical ? said.joined(separator: " / ") : first
        }
        if all > 0, erased == all { return "\(kind.label) (erased)" }
        return parts.isEmpty ? kind.label : parts.joined(separator: ", ")
    }
}
