import KithModel

/// A place in a JSON text, for the eyes of whoever has to mend the file.
package struct JSONPlace: Hashable, Sendable {
    /// One step from a value to a value in it.
    package enum Step: Hashable, Sendable {
        case index(Int)
        case name(String)
    }

    /// Bytes before the place.
    package let offset: Int
    /// From 1.
    package let line: Int
    /// From 1, counted in Unicode scalars.
    package let column: Int
    /// The way from the root, for example `entry[3].resource.birthDate`; empty for the root.
    package let path: String

    /// Finds line and column of an offset.
    package init(offset: Int, path steps: [Step], in bytes: [UInt8]) {
        self.offset = offset
        var line = 1
        var column = 1
        let start = bytes.starts(with: JSONScanner.byteOrderMark) ? 3 : 0
        for byte in bytes[min(start, offset)..<min(offset, bytes.count)] {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.line = line
        self.column = column
        path = Self.text(of: steps)
    }

    private static func text(of steps: [Step]) -> String {
        steps.enumerated().map { position, step in
            switch step {
            case .index(let index): "[\(index)]"
            case .name(let name):
                isPlain(name) ? (position == 0 ? name : ".\(name)") : "[\(Self.quoted(name))]"
            }
        }.joined()
    }

    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 64
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// A text in quotes, safe on a terminal and never long.
    static func quoted(_ text: String) -> String {
        let most = 40
        let scalars = text.unicodeScalars
        let head = String(String.UnicodeScalarView(scalars.prefix(most)))
        return "\"\(ShownText(line: head).text)\(scalars.count > most ? "…" : "")\""
    }
}

/// Why a text is not JSON, and where.
package struct JSONProblem: Error, Sendable, CustomStringConvertible {
    package let place: JSONPlace
    /// What would have been right there.
    package let expected: String
    /// What is there instead.
    package let found: String

    /// What was expected and what was found.
    package var message: String { "expected \(expected), found \(found)" }

    /// The place and the message in one line.
    package var description: String {
        "\(place.line):\(place.column)\(place.path.isEmpty ? "" : " \(place.path)"): \(message)"
    }
}
