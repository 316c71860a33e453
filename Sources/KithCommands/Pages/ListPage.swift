import KithModel
import KithSite

/// Records of one kind as a table.
struct ListPage {
    private let context: CommandContext

    init(_ context: CommandContext) {
        self.context = context
    }

    /// A row for each record, with what each is part of.
    func lines(_ records: [RecordView], kind: RecordKind, withParents: Bool = true) -> [Line] {
        let fields = kind.columns.compactMap { kind.field(named: $0) }
        let hasTitle = !kind.title.isEmpty
        var columns: [Table.Column] = [.init("ID", fixed: true)]
        if hasTitle { columns.append(.init(kind.label)) }
        let hasParent = withParents && !kind.parents.isEmpty
        if hasParent { columns.append(.init("Part of")) }
        columns += fields.map { .init($0.label) }
        var table = Table(columns)
        var hasOpen = false
        for record in records {
            let open = record.fields.contains { $0.isConflict && $0.policy == .safetyCritical }
            hasOpen = hasOpen || open
            var cells = [record.short + (open ? " !!" : "")]
            if hasTitle { cells.append(record.title + (record.isArchived ? " (archived)" : "")) }
            if hasParent { cells.append(record.parentTitle ?? record.parent?.short ?? "") }
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
