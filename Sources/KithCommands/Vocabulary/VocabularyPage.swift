import KithModel

/// What can be recorded, for people at a terminal.
struct VocabularyPage {
    private static let labelWidth = 14

    private let context: CommandContext

    init(_ context: CommandContext) {
        self.context = context
    }

    /// Every kind, a row each.
    var lines: [Line] {
        var table = Table([
            .init("Kind", fixed: true), .init("Holds"), .init("Compartment", fixed: true),
            .init("Fields", number: true),
        ])
        for kind in Vocabulary.kinds {
            table.add([
                kind.commandName, kind.about, kind.compartment.name, String(kind.fields.count),
            ])
        }
        return table.lines(width: context.width) + ["Next: 'kith vocabulary KIND'"]
    }

    /// One kind with its fields.
    func lines(of kind: RecordKind) -> [Line] {
        var lines = [Line(kind.label, .bold) + Line("  \(kind.commandName)")]
        lines += Wrapping.lines(kind.about, width: context.width).map { Line($0) }
        lines.append("")
        lines += row("Standard", kind.standard)
        lines += row("Compartment", kind.compartment.name)
        lines += row("Part of", kind.parents.isEmpty ? "nothing" : kind.parentWords)
        if !kind.traits.isEmpty { lines += row("Rules", kind.traits.joined(separator: "; ")) }
        lines.append("")
        var table = Table([
            .init("Field", fixed: true), .init("Takes"), .init("Notes"),
        ])
        for field in kind.fields {
            table.add([
                field.name, FieldGuide.type(field.type), field.traits.joined(separator: "; "),
            ])
            for member in field.members {
                table.add([
                    "  .\(member.name)", FieldGuide.type(member.type),
                    member.traits.joined(separator: "; "),
                ])
            }
        }
        return lines + table.lines(width: context.width) + codes(of: kind)
    }

    private func row(_ label: String, _ text: String) -> [Line] {
        Labelled(label, indent: 0, labelWidth: Self.labelWidth).lines(text, width: context.width)
    }

    private func codes(of kind: RecordKind) -> [Line] {
        let sets = kind.codeSets
        guard !sets.isEmpty else { return [] }
        return ["", Line("Codes", .bold)]
            + sets.flatMap { set in
                let words =
                    set.concepts.map { "\($0.word) (\($0.display))" }
                    + (set.isOpen ? ["any other: words, CODE|words or SYSTEM|CODE|words"] : [])
                return Labelled(set.name, indent: 2, labelWidth: 22).lines(
                    "\(words.joined(separator: ", ")). Source: \(set.source), \(set.version).",
                    width: context.width)
            }
    }
}

extension RecordKind {
    /// What it can be part of, as a list in a sentence.
    var parentWords: String {
        parents.map { Vocabulary.kind(named: $0)?.noun ?? $0 }.joined(separator: ", ")
    }

    /// What is particular about its records, a few words each.
    var traits: [String] {
        var traits: [String] = []
        if isSingleton { traits.append("a \(parentWords) has at most one") }
        if isDecision { traits.append("a conflict is settled only by a clinical decision") }
        if isAppendOnly { traits.append("what was written stays as it was written") }
        if entryClass == .comment { traits.append("reviewers may write it") }
        if let closing {
            let path = closing.member.map { "\(closing.field).\($0)" } ?? closing.field
            traits.append(
                closing.codes.map { "done with when \(path) is \($0.joined(separator: ", "))" }
                    ?? "done with once \(path) is said")
        }
        return traits
    }

    /// The code sets of its fields, each once, in the order of the fields.
    var codeSets: [CodeSet] {
        var seen: Set<String> = []
        return fields.flatMap { [$0] + $0.members }.compactMap(\.type.codeSet)
            .filter { seen.insert($0.name).inserted }
    }
}

extension FieldDefinition {
    /// What is particular about it, a few words each.
    var traits: [String] {
        var traits: [String] = []
        if isRequired { traits.append("needed") }
        if isRepeated { traits.append("more than once") }
        if policy == .safetyCritical { traits.append("safety-critical") }
        if let due {
            traits.append("due: \(due.what)" + (due.until.map { ", until \($0) is said" } ?? ""))
        }
        if let help { traits.append(help) }
        return traits
    }
}
