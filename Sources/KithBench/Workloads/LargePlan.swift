import KithModel
import KithSite

/// A resident whose plan shows five hundred values, each of which was changed twice a year for eight
/// years.
struct LargePlan: Sendable {
    /// The values that its page shows, at least.
    static let values = 500
    private static let changes = 2 * 8
    private static let author = Author(user: "bench", name: "Dana Bench", role: "nurse")
    /// Kinds below a plan, with texts of theirs; the first is the heading of its record on the page.
    private static let fields = [
        "need": ["text"], "goal": ["text", "outcome", "addresses"],
        "action": ["what", "who", "when", "strategies"],
    ]

    /// Writes it as people do, a save after the other; gives the resident's id.
    static func write(at site: LocalSite, in partnership: String) async throws -> String {
        let resident = try await save(
            [
                RecordEdit(
                    target: .new(kind: "resident", partnership: partnership, parent: nil),
                    values: [.init("familyName", "Whitfield"), .init("givenName", "Nell")])
            ], at: site)[0]
        let plan = try await save(
            [
                RecordEdit(
                    target: .new(kind: "plan", partnership: nil, parent: resident.id.description),
                    values: [.init("title", "Joint care plan"), .init("status", "active")])
            ], at: site)[0]
        var edits: [RecordEdit] = []
        var count = 0
        while count < values {
            for (kind, names) in fields.sorted(by: { $0.key < $1.key }) {
                edits.append(
                    RecordEdit(
                        target: .new(kind: kind, partnership: nil, parent: plan.id.description),
                        values: names.map { .init($0, text(edits.count, 0)) }))
                count += names.count - 1
            }
        }
        var records: [RecordView] = []
        for some in batches(edits) { records += try await save(some, at: site) }
        for change in 1...changes {
            let edits = records.enumerated().map { number, record in
                RecordEdit(
                    target: .existing(record.id.description),
                    values: (fields[record.kind] ?? []).map { .init($0, text(number, change)) },
                    seen: record.version)
            }
            records = []
            for some in batches(edits) { records += try await save(some, at: site) }
        }
        return resident.id.description
    }

    private static func save(
        _ edits: [RecordEdit], at site: LocalSite
    ) async throws -> [RecordView] {
        let saved = try await site.save(edits, by: author)
        guard saved.count == edits.count else { throw BenchProblem("not all was saved") }
        return saved
    }

    private static func batches(_ edits: [RecordEdit]) -> [[RecordEdit]] {
        stride(from: 0, to: edits.count, by: 50).map {
            Array(edits[$0..<min($0 + 50, edits.count)])
        }
    }

    private static func text(_ number: Int, _ change: Int) -> String {
        "Offer a drink every hour while awake & note what was taken (\(number), said for the \(change + 1). time)"
    }
}
