import KithModel
import KithSite

/// One contact or organisation as a flat list of texts: what vCard and CSV have in common.
struct ContactRow {
    /// One value of a field.
    struct Cell {
        let field: FieldDefinition
        let value: FieldValue
        /// The text that reading turns into the same value.
        let text: String
        /// Which of several values it is that nobody has decided between.
        let choice: (number: Int, of: Int)?
    }

    /// The kinds that are exchanged as contacts.
    static let kinds = ["organisation", "contact"]

    let view: RecordView
    let kind: RecordKind
    let cells: [Cell]

    /// Every live contact and organisation of a partnership, in the order of the kinds and names.
    static func all(
        of site: any Site, in partnership: PartnershipView
    ) async throws -> [ContactRow] {
        var views: [RecordView] = []
        for kind in kinds {
            views += try await site.records(
                RecordQuery(kind: kind, partnership: partnership.id.description))
        }
        let sources = Dictionary(
            views.map { ($0.id, $0.exportSource.identity) }, uniquingKeysWith: { first, _ in first }
        )
        return views.compactMap { ContactRow($0, sources: sources) }
    }

    private init?(_ view: RecordView, sources: [RecordID: String]) {
        guard let kind = Vocabulary.kind(named: view.kind) else { return nil }
        self.view = view
        self.kind = kind
        cells = kind.fields.filter { $0.number >= 10 }.flatMap { field -> [Cell] in
            guard let shown = view.field(field.name) else { return [] }
            let isOpen = shown.isConflict && field.policy == .safetyCritical
            let candidates = isOpen ? shown.candidates : Array(shown.candidates.prefix(1))
            return candidates.compactMap { candidate in
                guard let value = candidate.value?.shownSafely else { return nil }
                guard let text = Self.text(of: value, field, sources) else { return nil }
                return Cell(
                    field: field, value: value, text: text,
                    choice: isOpen ? (candidate.number, candidates.count) : nil)
            }
        }
    }

    /// The text that `FieldEntry` reads as the value; nil where there is nothing to write.
    private static func text(
        of value: FieldValue, _ field: FieldDefinition, _ sources: [RecordID: String]
    ) -> String? {
        switch value {
        case .cleared, .group: nil
        case .code(let code):
            if case .code(let set) = field.type, !set.isOpen {
                code.display
            } else {
                code.code.isEmpty ? code.display : "\(code.system)|\(code.code)|\(code.display)"
            }
        case .reference(let id): sources[id]
        case .text(let text): text
        case .integer(let number): String(number)
        case .decimal(let number): number.description
        case .date(let date): date.description
        case .instant(let instant): instant.rfc3339
        case .boolean(let flag): flag ? "yes" : "no"
        }
    }
}

/// A contact or organisation in the making, from a flat list of texts.
struct ContactDraft {
    private let kind: RecordKind
    private let entry: FieldEntry
    private(set) var record: ImportRecord

    init(kind: RecordKind, identity: String, entry: FieldEntry) {
        self.kind = kind
        self.entry = entry
        record = ImportRecord(
            source: ImportRecord.Source(kind: kind.name, identity: identity), fields: [])
    }

    /// Sets a field from a text; says what would be right where it cannot.
    mutating func set(_ field: FieldDefinition, _ text: String) throws(FieldProblem) {
        if case .reference(let kinds) = field.type {
            guard !text.isEmpty, let target = kinds.first else { return }
            record.fields.append(
                ImportRecord.Field(
                    field.name, to: ImportRecord.Source(kind: target, identity: text)))
            return
        }
        let value = try entry.value(of: field, from: text)
        guard value != .cleared else { return }
        let isThere = record.fields.contains { $0.name == field.name && $0.value == value }
        if !isThere { record.fields.append(ImportRecord.Field(field.name, value)) }
    }

    /// The texts of a field, where it was set.
    func text(_ name: String) -> String? {
        guard case .text(let text)? = record.fields.first(where: { $0.name == name })?.value else {
            return nil
        }
        return text
    }

    /// The first field that a record of the kind needs and this one lacks.
    var missing: FieldDefinition? {
        kind.fields.first { field in
            field.isRequired && !record.fields.contains { $0.name == field.name }
        }
    }
}
