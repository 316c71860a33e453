import Foundation

/// Values as JSON for other programs: stable keys, sorted, and safe to look at on a terminal.
enum JSONText {
    /// The text of a value, with a line end.
    static func of(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return escaped(String(decoding: try encoder.encode(value), as: UTF8.self)) + "\n"
    }

    /// JSON lets text hold scalars that turn or hide text on a terminal; as escapes they stay the
    /// same for a program and harmless for a person.
    private static func escaped(_ json: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in json.unicodeScalars {
            switch scalar.value {
            case 0x7F..<0xA0, 0x200B, 0x200E...0x200F, 0x202A...0x202E, 0x2028, 0x2029,
                0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE007F:
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16, uppercase: true)
                    let zeros = String(repeating: "0", count: 4 - digits.count)
                    result.append(contentsOf: "\\u\(zeros)\(digits)".unicodeScalars)
                }
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
