import KithModel
import KithSite

/// Records of one kind as a table.
struct ListPage {
    private let context: CommandContext

    init(_ context: CommandContext) {
        self.context = context
    }

    /// The titles of all records that a kind can be part of, by id.
    static func parentTitles(
        of kind: RecordKind, on site: any Site
    ) async throws -> [RecordID: String] {
        var titles: [RecordID: String] = [:]
        for parent in kind.parents {
            let records = try await site.records(
                RecordQuery(kind: parent, includesArchived: true))
            for record in records { titles[record.id] = record.title }
        }
        return titles
    }

    /// A row for each record; with `parents`, what each is part of.
    func lines(_ records: [RecordView], kind: RecordKind, parents: [RecordID: String]?) -> [Line] {
        let fields = kind.columns.compactMap { kind.field(named: $0) }
        let hasTitle = !kind.title.isEmpty
        var columns: [Table.Column] = [.init("ID", fixed: true)]
        if hasTitle { columns.append(.init(kind.label)) }
        let parents = kind.parents.isEmpty ? nil : parents
        if parents != nil { columns.append(.init("Part of")) }
        columns += fields.map { .init($0.label) }
        var table = Table(columns)
        var hasOpen = false
        for record in records {
            let open = record.fields.contains { $0.isConflict && $0.policy == .safetyCritical }
            hasOpen = hasOpen || open
            var cells = [record.short + (open ? " !!" : "")]
            if hasTitle { cells.append(record.title + (record.isArchived ? " (archived)" : "")) }
            if let parents {
                cells.append(record.parent.map { parents[$0] ?? $0.short } ?? "")
            }
            cells += fields.map { cell(record.field($0.name), of: $0, in: kind) }
            table.add(cells, open ? .alarm : .plain)
        }
        let legend: [Line] =
            hasOpen
            ? ["!! several values of a safety-critical field stand: 'kith conflict list'"] : []
        return table.lines(width: context.width) + legend
    }

    private func cell(
        _ field: FieldView?, of definition: FieldDefinition, in kind: RecordKind
    ) -> String {
        guard let field else { return "" }
        if field.isConflict, field.policy == .safetyCritical {
            // Cut in the middle, one value could pass for the whole: better say how many.
            return "!! \(field.candidates.count) values"
        }
        guard let first = field.candidates.first else {
            let isSilent = field.absence == .notRecorded && field.policy == .routine
            return isSilent ? "" : field.absence?.words ?? ""
        }
        return FieldLines(context).words(for: first, field: definition)
    }
}
