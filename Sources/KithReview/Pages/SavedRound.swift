import KithModel
import KithSite

/// A list of residents that was saved for a home round to come: a round of which nobody has said yet who
/// was seen.
struct SavedRound {
    /// The round.
    let record: RecordView
    /// Those who are to be seen, and why.
    let items: [RecordView]

    /// How many of the newest rounds are looked at for lists that wait.
    private static let newest = 12

    /// The list that an address or a form names; nil where it names none.
    init?(named text: String, _ desk: Desk) async throws {
        guard !text.isEmpty else { return nil }
        let family = try await desk.family(text)
        guard family.record.kind == "homeRound" else { return nil }
        self.init(family)
    }

    private init(_ family: RecordTree) {
        record = family.record
        items = family.children("roundItem", of: family.record.id)
    }

    /// Those that wait, the newest first.
    static func waiting(_ desk: Desk) async throws -> [SavedRound] {
        guard desk.mayRead(kind: "roundItem") else { return [] }
        var found: [SavedRound] = []
        for round in try await desk.records("homeRound", newest: newest) {
            let saved = SavedRound(try await desk.family(round.reference))
            if saved.isWaiting { found.append(saved) }
        }
        return found
    }

    /// What names it in an address.
    var id: String { record.id.description }

    private var isWaiting: Bool {
        !items.isEmpty
            && items.allSatisfy { item in
                ["seen", "outcome"].allSatisfy { item.field($0)?.candidates.isEmpty != false }
            }
    }

    /// The ids of those who are to be seen.
    var residents: [String] { items.compactMap(Self.resident) }

    var lead: String { Self.text("leadName", of: record) }
    var attendees: String { Self.text("attendees", of: record) }
    var mode: String { Self.text("mode", of: record) }

    /// Why somebody is on it.
    func reason(for resident: String) -> String {
        item(for: resident).map { Self.text("reason", of: $0) } ?? ""
    }

    /// The place of somebody on it.
    func item(for resident: String) -> RecordView? {
        items.first { Self.resident(of: $0) == resident }
    }

    private static func resident(of item: RecordView) -> String? {
        guard case .reference(let id)? = item.field("resident")?.candidates.first?.value else {
            return nil
        }
        return id.description
    }

    /// The text of a field as a form has it.
    static func text(_ name: String, of record: RecordView) -> String {
        guard let candidate = record.field(name)?.candidates.first else { return "" }
        switch candidate.value {
        case .reference(let id)?: return id.description
        case .code(let code)?:
            let field = Vocabulary.kind(named: record.kind)?.field(named: name)
            guard case .code(let set)? = field?.type else { return "" }
            return set.concepts.first { $0.code == code.code }?.word ?? ""
        case nil, .cleared?: return ""
        default: return candidate.words
        }
    }
}
