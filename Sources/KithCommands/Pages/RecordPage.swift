import KithModel
import KithSite

/// A record of any kind as people read it.
struct RecordPage {
    private let context: CommandContext
    private let fields: FieldLines

    init(_ context: CommandContext) {
        self.context = context
        fields = FieldLines(context)
    }

    /// The whole record, with its children.
    func lines(_ tree: RecordTree) -> [Line] {
        var lines = self.lines(tree.record)
        for kind in Vocabulary.kinds {
            let records = tree.children(of: tree.record.id).filter { $0.kind == kind.name }
            guard !records.isEmpty else { continue }
            lines += section(kind.nouns.uppercased()) + records.flatMap(child)
            if let more = tree.more[kind.name] { lines.append(Line("… and \(more) older", .dim)) }
        }
        return lines
    }

    /// The record alone.
    func lines(_ record: RecordView) -> [Line] {
        header(record) + alarm(record) + body(record, indent: 0) + trail(record)
    }

    /// Kind, title, and where it is.
    func header(_ record: RecordView) -> [Line] {
        let label = Vocabulary.kind(named: record.kind)?.label ?? record.kind
        let archived = record.isArchived ? " (archived)" : ""
        let titles = Wrapping.lines(
            TerminalText.line("\(label): \(record.title)\(archived)"), width: context.width)
        let place = "id \(record.short)  version \(record.version)  \(record.compartment.name) of "
        let name = TerminalText.line(record.partnership)
        return titles.map { Line($0, .bold) } + [
            Line(DisplayWidth.cut(place + name, to: context.width), .dim)
        ]
    }

    /// A loud line when something safety-critical is undecided.
    func alarm(_ record: RecordView) -> [Line] {
        let ended =
            record.isNoLongerUpdated
            ? [
                Line(
                    "!! no longer updated: this site was removed, or may not read this any more",
                    .alarm)
            ]
            : []
        return ended + undecided(record)
    }

    private func undecided(_ record: RecordView) -> [Line] {
        let open = record.fields.filter { $0.isConflict && $0.policy == .safetyCritical }
        guard !open.isEmpty else { return [] }
        let count = Amount.count(open.count, "field has", "fields have")
        return [Line("!! \(count) several values that nobody has decided between", .alarm)]
    }

    /// The fields: those with something to say, safety-critical ones first, then the names of the
    /// rest.
    func body(_ record: RecordView, indent: Int, leavingOut left: Set<String> = []) -> [Line] {
        let shown = record.fields.filter { !Self.isHousekeeping($0) && !left.contains($0.name) }
        let open = shown.filter { $0.isConflict && $0.policy == .safetyCritical }
        let rest = shown.filter { !($0.isConflict && $0.policy == .safetyCritical) }
        var silent: [String] = []
        var lines = open.flatMap { fields.lines(for: $0, of: record.kind, indent: indent) }
        let common = Self.common(in: rest)
        for field in rest {
            if Self.isSilent(field), field.policy == .routine {
                silent.append(Spelling.lowercasedStart(field.label))
            } else {
                lines += fields.lines(
                    for: field, of: record.kind, indent: indent, common: common?.entry)
            }
        }
        lines += gaps(silent, indent: indent)
        if let common {
            lines += Labelled(
                "Where not said, by", indent: indent, labelWidth: FieldLines.labelWidth
            )
            .lines(fields.words(for: common), width: context.width)
        }
        return lines
    }

    /// A child of a record: its title as a bullet, its fields below.
    func child(_ record: RecordView) -> [Line] {
        let kind = Vocabulary.kind(named: record.kind)
        let open = record.fields.contains { $0.isConflict && $0.policy == .safetyCritical }
        let title = record.title.isEmpty ? kind?.label ?? record.kind : record.title
        var lines = Labelled("•", indent: 0, labelWidth: 2, look: open ? .alarm : .bold)
            .lines(TerminalText.line(title) + "  [\(record.short)]", width: context.width)
        // A title that is made of one field, over which nobody disagrees, need not be said twice.
        let titleField = kind?.title.count == 1 ? kind?.title.first : nil
        let isPlain =
            titleField.flatMap { record.field($0) }.map { $0.candidates.count <= 1 } ?? false
        lines += childBody(record, leavingOut: isPlain ? titleField.map { [$0] } ?? [] : [])
        return lines
    }

    /// Names and present values, for somebody who is about to edit.
    func fieldNames(_ record: RecordView) -> [Line] {
        var lines = header(record)
        for field in record.fields where !Self.isHousekeeping(field) {
            let kind = Vocabulary.kind(named: record.kind)
            let definition = kind?.field(named: field.name)
            let values = field.candidates.map { fields.words(for: $0, field: definition) }
            let text = values.isEmpty ? "(\((field.absence ?? .notRecorded).words))" : values[0]
            let name = field.name + (definition?.members.isEmpty == false ? ".…" : "")
            lines += Labelled(name, indent: 0, labelWidth: FieldLines.labelWidth)
                .lines(text, width: context.width)
            for other in values.dropFirst() {
                let words = field.policy == .safetyCritical ? "!! or: " : "also written: "
                lines += Labelled("", indent: 0, labelWidth: FieldLines.labelWidth)
                    .lines(words + other, width: context.width)
            }
        }
        return lines + ["", "Nothing was changed: give FIELD=VALUE to change a field."]
    }

    /// A heading with an empty line before it.
    func section(_ title: String) -> [Line] { ["", Line(title, .bold)] }

    /// Who made the record and who changed it last.
    private func trail(_ record: RecordView) -> [Line] {
        let width = FieldLines.labelWidth
        return Labelled("Made by", indent: 0, labelWidth: width)
            .lines(fields.words(for: record.created), width: context.width)
            + Labelled("Last change", indent: 0, labelWidth: width)
            .lines(fields.words(for: record.changed), width: context.width)
    }

    private func childBody(_ record: RecordView, leavingOut left: Set<String>) -> [Line] {
        var lines: [Line] = []
        var silent: [String] = []
        let shown = record.fields.filter { !Self.isHousekeeping($0) && !left.contains($0.name) }
        // What the title says needs who said it, once, below; so does what was said with it.
        let titled = left.compactMap { record.field($0)?.candidates.first?.provenance.first }.first
        let common = titled ?? Self.common(in: shown)
        for field in shown {
            if !Self.isSilent(field) {
                lines += fields.lines(
                    for: field, of: record.kind, indent: 2, common: common?.entry)
            } else if field.policy == .safetyCritical {
                // An action has many fields that most never use; a safety-critical gap is told.
                silent.append(Spelling.lowercasedStart(field.label))
            }
        }
        lines += gaps(silent, indent: 2)
        if let common {
            lines += Wrapping.lines("— " + fields.words(for: common), width: context.width - 2)
                .map { Line("  ") + Line($0, .dim) }
        }
        return lines
    }

    private func gaps(_ labels: [String], indent: Int) -> [Line] {
        guard !labels.isEmpty else { return [] }
        return Labelled("Not recorded", indent: indent, labelWidth: FieldLines.labelWidth)
            .lines(labels.joined(separator: ", "), width: context.width)
    }

    /// Who said most of the fields over which nobody disagrees, where it is more than one.
    private static func common(in fields: [FieldView]) -> ProvenanceView? {
        let said = fields.filter { $0.candidates.count == 1 }.map { $0.candidates[0].provenance }
            .filter { $0.count == 1 }.compactMap(\.first)
        let counts = said.reduce(into: [EntryHash: Int]()) { $0[$1.entry, default: 0] += 1 }
        let most = said.max { counts[$0.entry, default: 0] < counts[$1.entry, default: 0] }
        return most.flatMap { counts[$0.entry, default: 0] > 1 ? $0 : nil }
    }

    private static func isSilent(_ field: FieldView) -> Bool {
        field.candidates.isEmpty && (field.absence ?? .notRecorded) == .notRecorded
    }

    /// Whether a field is about the record rather than about its subject, and says nothing unusual.
    static func isHousekeeping(_ field: FieldView) -> Bool {
        switch field.name {
        case "parent", "source": !field.isConflict
        case "archived": !field.isConflict
        default: false
        }
    }
}
