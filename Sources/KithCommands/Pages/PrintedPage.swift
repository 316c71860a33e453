import KithModel
import KithSite

/// Text for paper: pages of so many lines, each with its heading and number.
struct PrintedPage {
    /// Columns and lines of a page of A4 at ten characters and six lines an inch, within margins.
    static let width = 78
    static let height = 64

    /// What stands at the top of every page.
    let heading: [String]

    /// The pages, with a form feed between two; paragraphs are not torn where they fit a page.
    func text(_ paragraphs: [[String]]) -> String {
        let room = Self.height - heading.count - 3
        var pages: [[String]] = [[]]
        for paragraph in paragraphs where !paragraph.isEmpty {
            var rest = paragraph[...]
            while !rest.isEmpty {
                let used = pages[pages.count - 1].count
                let free = room - used - (used == 0 ? 0 : 1)
                let fits = rest.count <= free
                if !fits, used > 0, rest.count <= room || free < 8 {
                    pages.append([])
                    continue
                }
                if used > 0 { pages[pages.count - 1].append("") }
                pages[pages.count - 1] += rest.prefix(free)
                rest = rest.dropFirst(free)
                if !rest.isEmpty { pages.append([]) }
            }
        }
        return pages.enumerated().map { number, lines in
            let foot = "page \(number + 1) of \(pages.count)"
            let margin = String(repeating: " ", count: Self.width - foot.count)
            return (heading + [""] + lines + ["", margin + foot]).joined(separator: "\n") + "\n"
        }.joined(separator: "\u{C}")
    }
}

/// A record in as few lines as it needs on paper, with every value of what is undecided.
struct CompactRecord {
    private let context: CommandContext
    private let fields: FieldLines

    init(_ context: CommandContext) {
        self.context = context
        fields = FieldLines(context)
    }

    /// The lines of a record: its title where it has one, its fields, who said so last.
    func lines(_ record: RecordView) -> [String] {
        let kind = Vocabulary.kind(named: record.kind)
        let isTitled = kind?.isSingleton == false
        let hidden = isTitled ? Set(kind?.title ?? []) : []
        var undecided: [FieldView] = []
        var said: [String] = []
        for field in record.fields where !RecordPage.isHousekeeping(field) {
            if field.isConflict, field.policy == .safetyCritical {
                undecided.append(field)
            } else if !field.candidates.isEmpty, !hidden.contains(field.name) {
                let definition = kind?.field(named: field.name)
                let values = field.candidates.map { fields.words(for: $0, field: definition) }
                let rest =
                    values.count > 1
                    ? " (also written: \(values.dropFirst().joined(separator: " / ")))" : ""
                said.append("\(field.label): \(values[0])\(rest)")
            }
        }
        var lines = isTitled ? wrapped("* \(record.title)", indent: 0) : []
        lines += undecided.flatMap { every($0, of: kind) }
        if !said.isEmpty { lines += wrapped(said.joined(separator: "; "), indent: 2) }
        return lines + wrapped("- " + brief(record.changed), indent: 4)
    }

    /// Every value of a field that nobody has decided, each with who said so.
    private func every(_ field: FieldView, of kind: RecordKind?) -> [String] {
        wrapped(
            "!! \(field.label): \(field.candidates.count) values, not yet decided:", indent: 2)
            + field.candidates.flatMap { candidate in
                let words = fields.words(for: candidate, field: kind?.field(named: field.name))
                let by = candidate.provenance.map(brief).joined(separator: "; and ")
                return wrapped("\(candidate.number)) \(words) - \(by)", indent: 5)
            }
    }

    private func brief(_ provenance: ProvenanceView) -> String {
        fields.words(for: provenance)
    }

    private func wrapped(_ text: String, indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        return Wrapping.lines(TerminalText.line(text), width: PrintedPage.width - indent).map {
            margin + $0
        }
    }
}
