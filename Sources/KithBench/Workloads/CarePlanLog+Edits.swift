import Foundation
import KithModel
import KithProtocol
import KithSite
import KithStore

// Edits of one field each, every one of them an entry that supersedes the one before.
extension CarePlanLog {
    /// A record and the operation that stands in its field.
    struct Standing: Sendable {
        let record: RecordID
        let operation: OperationID
    }

    /// Writes single-field edits, spread over some records, each an entry of its own; gives the bytes of
    /// the values.
    func edit(_ standing: [Standing], times count: Int, at site: LocalSite) async throws -> Data {
        try await site.bulk { transaction in
            var standing = standing
            var values = Data()
            for number in 0..<count {
                let place = number % standing.count
                let value = FieldValue.text(Self.note(number))
                let entries = try transaction.author(
                    [edit(standing[place], value)], class: .record, in: .clinical, of: partnership,
                    now: Instant(Date()))
                standing[place] = Standing(
                    record: standing[place].record,
                    operation: OperationID(entry: entries[0], part: 0, operation: 0))
                values += value.encoded()
            }
            return values
        }
    }

    /// Writes records of one field, and says what stands in it.
    func begin(_ count: Int, at site: LocalSite) async throws -> [Standing] {
        try await site.bulk { transaction in
            try (0..<count).map { number in
                let record = transaction.cryptography.newRecordID()
                let draft = DraftPart(
                    skeleton: skeleton(record, supersedes: [], .create),
                    values: [.text(Self.note(number))], reason: "")
                let entries = try transaction.author(
                    [draft], class: .record, in: .clinical, of: partnership, now: Instant(Date()))
                return Standing(
                    record: record,
                    operation: OperationID(entry: entries[0], part: 0, operation: 0))
            }
        }
    }

    private func edit(_ standing: Standing, _ value: FieldValue) -> DraftPart {
        DraftPart(
            skeleton: skeleton(standing.record, supersedes: [standing.operation], .amend),
            values: [value], reason: "")
    }

    private func skeleton(
        _ record: RecordID, supersedes: [OperationID], _ change: ChangeType
    ) -> Skeleton {
        Skeleton(
            record: record, kind: Self.kind.number,
            operations: [
                KithProtocol.Operation(field: Self.fields[1], supersedes: supersedes)
            ],
            change: change, committer: Self.author, performer: nil, event: nil, group: Data())
    }

    private static func note(_ number: Int) -> String {
        "Sat out for lunch, ate half; fluids \(400 + number % 37 * 10) ml by noon, settled (\(number))"
    }
}
