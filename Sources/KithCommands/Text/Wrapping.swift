/// Breaks text into lines of a width, between words where it can and inside them where it must.
enum Wrapping {
    /// The lines of a text, without line ends; at least one, perhaps empty.
    static func lines(_ source: String, width: Int) -> [String] {
        let width = max(width, 8)
        return TerminalText.lines(source).split(separator: "\n", omittingEmptySubsequences: false)
            .flatMap { paragraph(String($0), width: width) }
    }

    private static func paragraph(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        var used = 0
        for word in text.split(separator: " ") {
            var rest = String(word)
            var own = DisplayWidth.of(rest)
            if used > 0, used + 1 + own <= width {
                line += " " + rest
                used += 1 + own
                continue
            }
            if used > 0 { lines.append(line) }
            while own > width {
                let head = DisplayWidth.beginning(of: rest, width: width)
                // A single character wider than the line cannot be broken.
                if head.isEmpty { break }
                lines.append(head)
                rest = String(rest.dropFirst(head.count))
                own = DisplayWidth.of(rest)
            }
            line = rest
            used = own
        }
        lines.append(line)
        return lines
    }
}
