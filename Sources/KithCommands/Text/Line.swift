/// One line for the terminal, made of texts and how they look.
///
/// Texts are made safe here, in the one place that everything printed passes through.
struct Line: ExpressibleByStringInterpolation, Sendable {
    /// How a text looks; never the only carrier of meaning.
    enum Look: Sendable {
        case plain
        case bold
        case dim
        case alarm
        case good
        /// Black on white, whatever the terminal's own colours are.
        case ink

        var code: String? {
            switch self {
            case .plain: nil
            case .bold: "1"
            case .dim: "2"
            case .alarm: "1;31"
            case .good: "32"
            case .ink: "30;107"
            }
        }
    }

    private(set) var spans: [(text: String, look: Look)]

    /// A text in one look.
    init(_ text: String, _ look: Look = .plain) {
        spans = [(TerminalText.line(text), look)]
    }

    /// A plain text.
    init(stringLiteral text: String) {
        self.init(text)
    }

    /// The line with another behind it.
    static func + (left: Line, right: Line) -> Line {
        var sum = left
        sum.spans += right.spans
        return sum
    }

    /// The text without looks.
    var text: String { spans.map(\.text).joined() }

    /// Columns that it takes.
    var width: Int { DisplayWidth.of(text) }

    /// The text as it goes to the terminal, without spaces at its end.
    func rendered(coloured: Bool) -> String {
        guard coloured else {
            var plain = text[...]
            while plain.last == " " { plain.removeLast() }
            return String(plain)
        }
        return spans.map { span in
            guard let code = span.look.code, !span.text.isEmpty else { return span.text }
            return "\u{1B}[\(code)m\(span.text)\u{1B}[0m"
        }.joined()
    }
}
