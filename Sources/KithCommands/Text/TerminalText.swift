import KithModel

/// Text from records and peers, made fit for a terminal: `ShownText`, and no mountain of
/// combining marks on one letter. Everything that is printed goes through here, in `Line`.
enum TerminalText {
    /// More marks than any written language puts on one letter.
    static let marksPerCharacter = 12

    /// One line.
    static func line(_ source: String) -> String {
        thinned(ShownText(line: source).text)
    }

    /// Keeps line breaks.
    static func lines(_ source: String) -> String {
        thinned(ShownText(lines: source).text)
    }

    private static func thinned(_ text: String) -> String {
        // ASCII has no marks, and a CRLF cannot be left in by `ShownText`.
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
        var result = String.UnicodeScalarView()
        for character in text {
            let scalars = character.unicodeScalars
            if scalars.count > marksPerCharacter {
                result.append(contentsOf: scalars.prefix(marksPerCharacter))
                let rest = scalars.count - marksPerCharacter
                result.append(contentsOf: "[+\(rest) marks]".unicodeScalars)
            } else {
                result.append(contentsOf: scalars)
            }
        }
        return String(result)
    }
}
