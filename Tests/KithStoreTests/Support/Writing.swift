import Foundation
import KithModel
import KithProtocol

@testable import KithStore

/// What tests write: the store knows nothing of the vocabulary, so kinds and fields are numbers.
struct Edit: Sendable {
    var record: RecordID
    var kind: UInt32 = 20
    var field: UInt32 = 10
    var value: FieldValue
    var seen: [OperationID] = []

    init(_ text: String, of record: RecordID, field: UInt32 = 10, seen: [OperationID] = []) {
        self.record = record
        self.field = field
        self.seen = seen
        value = .text(text)
    }

    static let person = Person(user: "jd", name: "J Doe", role: "nurse", organisation: "")

    var skeleton: Skeleton {
        Skeleton(
            record: record, kind: kind,
            operations: [Operation(field: field, supersedes: seen)], change: .amend,
            committer: Self.person, performer: nil, event: nil, group: Data())
    }
}

extension RecordID {
    /// A record of the tests, by number.
    static func test(_ number: UInt8 = 1) -> RecordID {
        guard let id = RecordID(bytes: [UInt8](repeating: number, count: byteCount)) else {
            preconditionFailure("an id has so many bytes")
        }
        return id
    }
}

extension TestSite {
    /// Writes edits as the parts of one entry; gives the operation of each.
    @discardableResult
    func write(
        _ edits: [Edit], _ partnership: PartnershipID, class entryClass: EntryClass = .record,
        in compartment: Compartment = .clinical
    ) async throws -> [OperationID] {
        try await store.write { transaction in
            try transaction.author(
                edits.map { DraftPart(skeleton: $0.skeleton, values: [$0.value], reason: "") },
                class: entryClass, in: compartment, of: partnership, now: Self.now)
            let hash = try transaction.storedEntry(transaction.version()).0.hash
            return edits.indices.map { OperationID(entry: hash, part: $0, operation: 0) }
        }
    }

    /// Writes one edit.
    @discardableResult
    func write(
        _ edit: Edit, _ partnership: PartnershipID, class entryClass: EntryClass = .record,
        in compartment: Compartment = .clinical
    ) async throws -> OperationID {
        try await write([edit], partnership, class: entryClass, in: compartment)[0]
    }

    /// The live operations of a field, sorted.
    func candidates(
        of record: RecordID = .test(), field: UInt32 = 10
    ) async throws -> [OperationID] {
        try await store.read { transaction in
            try transaction.records(RecordSelection()).filter { $0.id == record }
                .flatMap(\.operations).filter { $0.field == field }.map(\.id).sorted()
        }
    }

    /// Why entries and parts are listed as not in effect, with how many of each.
    func waiting() async throws -> [String: Int] {
        let (unread, setAside) = try await store.read { try $0.waiting() }
        return unread.merging(setAside) { $0 + $1 }
    }
}
