import Foundation
import KithModel
import KithProtocol
import KithSite
import KithStore

/// Writes entries of care-plan text straight into a site's log, thousands a transaction: what years
/// of a home leave behind, without the years.
struct CarePlanLog: Sendable {
    /// The partnership that it writes in.
    let partnership: PartnershipID

    static let author = Person(
        user: "bench", name: "Dana Bench", role: "nurse", organisation: "")
    private static let entriesPerTransaction = 2_000

    /// The bytes of values that an entry of four fields holds.
    static let authoredBytes = texts(of: 0).reduce(18) { $0 + $1.utf8.count }

    /// Writes a few, and gives the bytes that their entries take in messages.
    func writeMeasured(_ count: Int, to site: LocalSite) async throws -> Int {
        let id = CompartmentID(partnership, .clinical)
        let before = try await site.bulk { try $0.frontier(id) }
        try await write(count, to: site)
        return try await site.bulk { transaction in
            try transaction.byteCount(at: transaction.missing(from: before, in: id))
        }
    }

    /// Writes new records, each an entry of four operations: the plan it belongs to, and three texts.
    func write(_ count: Int, to site: LocalSite, from first: Int = 0) async throws {
        let plan = RecordID(singleton: "bench plan", of: Self.zero)
        var next = first
        while next < first + count {
            let numbers = next..<min(next + Self.entriesPerTransaction, first + count)
            try await site.bulk { transaction in
                let now = Instant(Date())
                for number in numbers {
                    try transaction.author(
                        [part(record: transaction.cryptography.newRecordID(), plan, number)],
                        class: .record, in: .clinical, of: partnership, now: now)
                }
            }
            next = numbers.upperBound
        }
    }

    private func part(record: RecordID, _ plan: RecordID, _ number: Int) -> DraftPart {
        let values = [FieldValue.reference(plan)] + Self.texts(of: number).map(FieldValue.text)
        return DraftPart(
            skeleton: Skeleton(
                record: record, kind: Self.kind.number,
                operations: Self.fields.map {
                    KithProtocol.Operation(field: $0, supersedes: [])
                },
                change: .create, committer: Self.author, performer: nil, event: nil, group: Data()),
            values: values, reason: "")
    }

    static let kind = kind(named: "action")
    static let fields = ["parent", "what", "who", "strategies"].map { name in
        guard let field = kind.field(named: name) else {
            preconditionFailure("an action has no field \(name)")
        }
        return field.number
    }
    private static let zero: RecordID = {
        guard let zero = RecordID(bytes: Data(count: RecordID.byteCount)) else {
            preconditionFailure("a record id has \(RecordID.byteCount) bytes")
        }
        return zero
    }()

    private static func kind(named name: String) -> RecordKind {
        guard let kind = Vocabulary.kind(named: name) else {
            preconditionFailure("the vocabulary has no kind \(name)")
        }
        return kind
    }

    private static func texts(of number: Int) -> [String] {
        [
            "Offer a drink every hour while awake and note what was taken; thickened to level 2 since the speech therapist's visit (\(number % 97))",
            "Day staff of team \(number % 7), with the daughter at weekends when she visits",
            "Sit with her before meals, ask about the garden, keep the radio low; if she turns away wait ten minutes and offer again, do not insist",
        ]
    }
}
