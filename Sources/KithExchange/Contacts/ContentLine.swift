/// One line of vCard (RFC 6350) or iCalendar (RFC 5545): a name, parameters and a value.
struct ContentLine {
    let name: String
    let parameters: [(name: String, value: String)]
    /// As it stands in the line, still escaped.
    let value: String

    /// A line of text; what separates values and lines is escaped.
    init(_ name: String, _ parameters: [(String, String)] = [], text: String) {
        self.init(name, parameters, raw: Self.escaped(text))
    }

    /// A line with a value that is no text.
    init(_ name: String, _ parameters: [(String, String)] = [], raw value: String) {
        self.name = name
        self.parameters = parameters.map { (name: $0.0, value: $0.1) }
        self.value = value
    }

    /// The text of the value.
    var text: String { Self.unescaped(value) }

    /// A parameter's value.
    func parameter(_ name: String) -> String? {
        parameters.first { $0.name == name }?.value
    }

    /// Escapes a text as RFC 6350, section 3.4, and RFC 5545, section 3.3.11, ask.
    static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\r\n", with: "\n")
            .replacing("\n", with: "\\n").replacing(",", with: "\\,").replacing(";", with: "\\;")
    }

    private static func unescaped(_ value: String) -> String {
        var text = ""
        var isEscaped = false
        for character in value {
            if isEscaped {
                text.append(character == "n" || character == "N" ? "\n" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                text.append(character)
            }
        }
        return text
    }

    /// The line with its end, folded at 75 octets without cutting a letter.
    var folded: String {
        var line = name
        for parameter in parameters {
            let needsQuotes = parameter.value.contains { ":;,".contains($0) }
            let value = parameter.value.filter { $0 != "\"" && !$0.isNewline }
            line += ";\(parameter.name)=" + (needsQuotes ? "\"\(value)\"" : value)
        }
        line += ":\(value)"
        var text = ""
        var octets = 0
        for scalar in line.unicodeScalars {
            let width = UTF8.width(scalar)
            if octets + width > 75 {
                text += "\r\n "
                octets = 1
            }
            text.unicodeScalars.append(scalar)
            octets += width
        }
        return text + "\r\n"
    }

    /// The lines of a text, unfolded, each with its number.
    static func read(
        _ text: String
    ) throws(CSVProblem) -> [(number: Int, line: ContentLine)] {
        var whole: [(number: Int, text: String)] = []
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            if let first = line.first, first == " " || first == "\t", !whole.isEmpty {
                whole[whole.count - 1].text += line.dropFirst()
            } else if !line.isEmpty {
                whole.append((index + 1, String(line)))
            }
        }
        var found: [(number: Int, line: ContentLine)] = []
        for item in whole { found.append((item.number, try parse(item.text, number: item.number))) }
        return found
    }

    private static func parse(_ line: String, number: Int) throws(CSVProblem) -> ContentLine {
        var parts: [String] = [""]
        var isQuoted = false
        var rest = line[...]
        while let character = rest.first {
            rest.removeFirst()
            if character == "\"" { isQuoted.toggle() }
            if character == ":", !isQuoted {
                let names = parts.map { part -> (name: String, value: String) in
                    let pair = part.split(
                        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                    let value = pair.count > 1 ? pair[1].filter { $0 != "\"" } : ""
                    return (pair[0].uppercased(), value)
                }
                // A group stands before the name: `item1.TEL`.
                let name = names[0].name.split(separator: ".").last.map(String.init) ?? ""
                return ContentLine(
                    name, names.dropFirst().map { ($0.name, $0.value) }, raw: String(rest))
            }
            if character == ";", !isQuoted {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        throw CSVProblem(line: number, message: "expected NAME:value")
    }
}
