/// Text made safe to show on a terminal or in a log: what could move the cursor, hide, or reorder
/// other text is replaced by its code point in brackets.
public struct ShownText: Sendable {
    /// The safe text.
    public let text: String

    /// Makes one line: line breaks become spaces.
    public init(line source: String) {
        text = Self.safe(source, keepingLines: false)
    }

    /// Keeps line breaks and tabs.
    public init(lines source: String) {
        text = Self.safe(source, keepingLines: true)
    }

    private static func safe(_ source: String, keepingLines: Bool) -> String {
        // Nearly all text is of letters that need no look at what they mean.
        guard source.utf8.contains(where: { $0 < 0x20 || $0 >= 0x7F }) else { return source }
        var shown = String.UnicodeScalarView()
        for scalar in source.unicodeScalars {
            switch scalar.value {
            case 0x0A where keepingLines: shown.append(scalar)
            case 0x09, 0x0A, 0x0D: shown.append(" ")
            case 0..<0x20, 0x7F..<0xA0, 0x200B, 0x200E...0x200F, 0x202A...0x202E, 0x2028, 0x2029,
                0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE007F:
                shown.append(contentsOf: "[U+\(hex(scalar.value))]".unicodeScalars)
            default: shown.append(scalar)
            }
        }
        return String(shown)
    }

    private static func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
