import KithModel

/// The reference page of the vocabulary, `Protocol/vocabulary.md`.
enum VocabularyMarkdown {
    /// The page, line by line.
    static var lines: [String] {
        [
            "# Vocabulary", "",
            "Everything that a site can record, as version \(Vocabulary.version) of the vocabulary",
            "has it. Printed by `kith vocabulary --markdown` from the files that the program is",
            "built from (`Sources/KithModel/Data`); a test compares.", "",
            "*Class* is that of the entries in which people write a kind; *decision* means that a",
            "conflict in it is settled only by an entry of that class. Of a *safety-critical* field",
            "every value is shown until a person decides, of the others one, with the rest beside",
            "it. Numbers are those of the log.", "", "## Kinds", "",
            "| no. | kind | holds | compartment | class | part of |",
            "| ---: | --- | --- | --- | --- | --- |",
        ]
            + Vocabulary.kinds.map { kind in
                row([
                    String(kind.number), "[\(kind.name)](#\(kind.name.lowercased()))", kind.about,
                    kind.compartment.name, kind.className, kind.parents.joined(separator: ", "),
                ])
            } + Vocabulary.kinds.flatMap(section) + ["", "## Code sets", ""]
            + CodeSet.all.values.sorted { $0.name < $1.name }.flatMap(section)
    }

    private static func section(_ kind: RecordKind) -> [String] {
        var lines = [
            "", "## \(kind.name)", "", "\(kind.label). \(text(kind.about))", "",
            "Standard: \(text(kind.standard)). Compartment: \(kind.compartment.name). "
                + "Class: \(kind.className). Command: `kith \(kind.commandName)`.", "",
        ]
        if !kind.traits.isEmpty {
            lines += kind.traits.map { "- \(text($0))" } + [""]
        }
        lines += [
            "| no. | field | label | takes | policy | notes |",
            "| ---: | --- | --- | --- | --- | --- |",
        ]
        for field in kind.fields {
            lines.append(row(field, number: "\(field.number)", name: field.name, of: field))
            for member in field.members {
                lines.append(
                    row(
                        member, number: "\(field.number).\(member.number)",
                        name: "\(field.name).\(member.name)", of: field))
            }
        }
        return lines
    }

    private static func row(
        _ field: FieldDefinition, number: String, name: String, of whole: FieldDefinition
    ) -> String {
        var notes: [String] = []
        if field.isRequired { notes.append("needed") }
        if field.isRepeated { notes.append("repeated") }
        if field.isSearched { notes.append("searched") }
        if let due = field.due {
            notes.append("due: \(due.what)" + (due.until.map { " until `\($0)`" } ?? ""))
        }
        if let year = field.earliestYear { notes.append("from \(year)") }
        if let code = field.conceptCode { notes.append("SNOMED CT \(code)") }
        if let rule = field.sumRule {
            notes.append("\(rule.of.joined(separator: " + ")) ≤ \(rule.limit)")
        }
        if let help = field.help { notes.append(help) }
        return row([
            number, "`\(name)`", field.label, takes(field.type),
            whole.policy == .safetyCritical ? "safety-critical" : "routine",
            notes.joined(separator: "; "),
        ])
    }

    private static func takes(_ type: FieldType) -> String {
        switch type {
        case .code(let set): "[\(set.name)](#codes-\(set.name.lowercased()))"
        case .reference(let kinds): "id of \(kinds.joined(separator: ", "))"
        case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
        default: type.name
        }
    }

    private static func section(_ set: CodeSet) -> [String] {
        let scope = set.isOpen ? "Open: concepts from elsewhere and plain words may be used." : ""
        let lines = [
            "### Codes: \(set.name)", "",
            "System `\(set.system)`. Source: \(text(set.source)). Version: \(text(set.version)). "
                + scope, "",
        ].map { $0.hasSuffix(" ") ? String($0.dropLast()) : $0 }
        guard !set.concepts.isEmpty else { return lines }
        return lines + ["| word | code | meaning |", "| --- | --- | --- |"]
            + set.concepts.map { row(["`\($0.word)`", "`\($0.code)`", $0.display]) } + [""]
    }

    private static func row(_ cells: [String]) -> String {
        "| " + cells.map(text).joined(separator: " | ") + " |"
    }

    /// A text in which nothing ends a cell.
    private static func text(_ source: String) -> String {
        source.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }
}

extension RecordKind {
    /// The class of its entries, and of what settles a conflict in it.
    var className: String { isDecision ? "decision" : entryClass.name }
}
