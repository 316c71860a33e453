/// How many columns of a terminal a text takes.
///
/// The sum over its scalars, as `wcwidth` counts: terminals that join an emoji sequence need
/// less, none needs more, so what fits by this measure fits everywhere. Source: Unicode 15,
/// EastAsianWidth W and F, and `Emoji_Presentation`.
enum DisplayWidth {
    /// The columns of a line.
    static func of(_ text: String) -> Int {
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text.utf8.count }
        var width = 0
        var previous = 0
        for scalar in text.unicodeScalars {
            // A variation selector can turn a narrow sign into a wide emoji.
            let own = scalar.value == 0xFE0F && previous == 1 ? 1 : of(scalar)
            width += own
            previous = own
        }
        return width
    }

    /// The columns of one scalar: 0, 1 or 2.
    static func of(_ scalar: Unicode.Scalar) -> Int {
        if (0x20..<0x7F).contains(scalar.value) { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        switch scalar.value {
        case 0x1160...0x11FF: return 0
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
            0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
            0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF, 0x1F1E6...0x1F1FF, 0x1F200...0x1F2FF,
            0x20000...0x3FFFD:
            return 2
        default: return scalar.properties.isEmojiPresentation ? 2 : 1
        }
    }

    /// A text cut to a width, with `…` in place of what is missing.
    static func cut(_ text: String, to width: Int) -> String {
        guard width > 0 else { return "" }
        // No scalar takes more bytes than this: a text that is long beyond doubt is not measured.
        if text.utf8.count <= width * 64, of(text) <= width { return text }
        return beginning(of: text, width: width - 1) + "…"
    }

    /// As many whole characters as fit in a width; at least none.
    static func beginning(of text: String, width: Int) -> String {
        var result = ""
        var used = 0
        for character in text {
            let own = of(String(character))
            if used + own > width { break }
            used += own
            result.append(character)
        }
        return result
    }

    /// A text filled up with spaces to a width.
    static func padded(_ text: String, to width: Int, right: Bool = false) -> String {
        let filling = String(repeating: " ", count: max(0, width - of(text)))
        return right ? filling + text : text + filling
    }
}
