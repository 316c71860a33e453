/// A label in a column of its own, and a text that wraps beside it.
struct Labelled {
    private let label: String
    private let indent: Int
    private let labelWidth: Int
    private let look: Line.Look

    init(_ label: String, indent: Int, labelWidth: Int, look: Line.Look = .plain) {
        self.label = label
        self.indent = indent
        self.labelWidth = labelWidth
        self.look = look
    }

    /// The lines, the label on the first; a label that is too wide has a line of its own.
    func lines(_ text: String, width: Int) -> [Line] {
        let margin = String(repeating: " ", count: indent)
        let hanging = String(repeating: " ", count: indent + labelWidth)
        let label = DisplayWidth.cut(TerminalText.line(self.label), to: width - indent)
        var parts = Wrapping.lines(text, width: width - indent - labelWidth)
        var lines: [Line] = []
        if DisplayWidth.of(label) < labelWidth, !parts.isEmpty {
            lines.append(
                Line(margin) + Line(DisplayWidth.padded(label, to: labelWidth), .dim)
                    + Line(parts.removeFirst(), look))
        } else {
            lines.append(Line(margin) + Line(label, .dim))
        }
        return lines + parts.map { Line(hanging) + Line($0, look) }
    }
}
