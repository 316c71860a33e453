import Foundation
import KithModel
import KithProtocol
import KithSite

@testable import KithSite
@testable import KithStore

/// Records of every kind, each with a value in every field that its kind has, said by somebody whose name
/// is a marker too.
struct FilledRecords {
    private let served: ServedSite
    private let partnership: PartnershipID
    /// The first record of each kind.
    private(set) var ids: [String: RecordID] = [:]

    /// Prepares to write in a partnership.
    init(at served: ServedSite, in partnership: PartnershipID) {
        self.served = served
        self.partnership = partnership
    }

    /// Writes a record of each kind of some compartments, and gives them. Where there is one already it gets
    /// a second value in each field, which is then undecided.
    mutating func write(_ compartments: [Compartment], marker: String) async throws -> [RecordID] {
        var written: [RecordID] = []
        var left = Vocabulary.kinds.filter { compartments.contains($0.compartment) }
        while let next = left.firstIndex(where: { kind in
            kind.parents.isEmpty || kind.parents.contains { ids[$0] != nil }
        }) {
            let kind = left.remove(at: next)
            let parent = kind.parents.lazy.compactMap { [ids] in ids[$0] }.first
            if let known = ids[kind.name] {
                try await author(kind, known, under: parent, isNew: false, marker)
            }
            let single = parent.flatMap {
                kind.isSingleton ? RecordID(singleton: kind.name, of: $0) : nil
            }
            let id = single ?? served.site.store.cryptography.newRecordID()
            try await author(kind, id, under: parent, isNew: ids[kind.name] != id, marker)
            if ids[kind.name] == nil { ids[kind.name] = id }
            written.append(id)
        }
        guard left.isEmpty else { throw Unreached(kinds: left.map(\.name)) }
        return written
    }

    private struct Unreached: Error { let kinds: [String] }

    private func author(
        _ kind: RecordKind, _ id: RecordID, under parent: RecordID?, isNew: Bool, _ marker: String
    ) async throws {
        let fields: [(number: UInt32, value: FieldValue)] = kind.fields.compactMap { field in
            if field.name == "archived" { return nil }
            if field.name == "parent" {
                return isNew ? parent.map { (field.number, .reference($0)) } : nil
            }
            return value(field, marker).map { (field.number, $0) }
        }
        let person = Person(
            user: "writer", name: "\(marker) Writer", role: marker, organisation: marker)
        try await served.site.store.write { [partnership] in
            let skeleton = Skeleton(
                record: id, kind: kind.number,
                operations: fields.map { .init(field: $0.number, supersedes: []) },
                change: isNew ? .create : .amend, committer: person, performer: nil, event: nil,
                group: Data())
            _ = try $0.author(
                [DraftPart(skeleton: skeleton, values: fields.map(\.value), reason: marker)],
                class: kind.entryClass, in: kind.compartment, of: partnership,
                now: Instant(Date()))
        }
    }

    /// A value that belongs in a field, with the marker wherever it takes words.
    private func value(_ field: FieldDefinition, _ marker: String) -> FieldValue? {
        switch field.type {
        case .text: .text("\(marker) \(field.name)")
        case .integer(let range): .integer(range.lowerBound)
        case .decimal: nil
        case .date:
            PartialDate(year: 2026, month: 1, day: 1 + marker.utf8.count % 27).map { .date($0) }
        case .instant: .instant(Instant(milliseconds: 1_760_000_000_000))
        case .boolean: .boolean(true)
        case .code(let set):
            set.concepts.first.map {
                .code(Code(system: set.system, code: $0.code, display: $0.display))
            }
        case .reference(let kinds): kinds.lazy.compactMap { ids[$0] }.first.map { .reference($0) }
        case .nhsNumber: .text("9990001006")
        case .odsCode: .text("A\(marker.utf8.count)0001")
        case .cqcLocation: nil
        case .phone: .text("01632 960\(100 + marker.utf8.count)")
        case .email: .text("\(marker.lowercased())@example.org")
        case .group(let members):
            .group(
                members.compactMap { member in
                    value(member, marker).map { GroupMember(member.number, $0) }
                })
        }
    }
}
