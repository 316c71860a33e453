import KithModel
import KithSite

/// Where narratives differ from what they were made of: place by place, in words, so that it reads the
/// same aloud, on paper and without colour.
struct ConflictComparison {
    private let context: CommandContext

    init(_ context: CommandContext) {
        self.context = context
    }

    /// The lines; none when there is nothing to compare with.
    func lines(_ comparison: TextComparison?) -> [Line] {
        guard let comparison else { return [] }
        // A name cannot begin a line of its own; a text may have lines.
        let base = FieldLines(context).words(for: comparison.provenance)
        var lines: [Line] = [""]
        lines += wrapped(
            TerminalText.line("Compared with the text that all of them replaced (\(base)):"),
            .bold, 0)
        lines += wrapped("\u{201C}\(comparison.base)\u{201D}", .plain, 2)
        for (number, place) in comparison.words.places.enumerated() {
            lines += self.lines(place, number: number + 1, of: comparison.words.places.count)
        }
        return lines
    }

    private func lines(_ place: WordComparison.Place, number: Int, of count: Int) -> [Line] {
        let before =
            place.before.isEmpty ? "at the beginning" : "after \u{201C}\(place.before)\u{201D}"
        let clash = place.isClash ? ": changed in different ways" : ""
        var lines = wrapped(
            "Place \(number) of \(count), \(before)\(clash)", place.isClash ? .bold : .plain, 2)
        let was = place.base.isEmpty ? "(nothing)" : "\u{201C}\(place.base)\u{201D}"
        lines += Labelled("was", indent: 4, labelWidth: 5).lines(was, width: context.width)
        for (number, text) in place.versions.enumerated() {
            let words =
                text.utf8.elementsEqual(place.base.utf8)
                ? "as it was" : text.isEmpty ? "taken out" : "\u{201C}\(text)\u{201D}"
            lines += Labelled("\(number + 1))", indent: 4, labelWidth: 5)
                .lines(words, width: context.width)
        }
        return lines
    }

    private func wrapped(_ text: String, _ look: Line.Look, _ indent: Int) -> [Line] {
        Wrapping.lines(text, width: context.width - indent).map {
            Line(String(repeating: " ", count: indent)) + Line($0, look)
        }
    }
}
