import Mustache

/// Text as it may stand in a page, between tags and within quoted attributes.
///
/// What is special there is a byte, whatever follows it: a quotation mark under a combining accent is one
/// character of Swift's, and still ends an attribute.
struct PageText: MustacheContentType {
    /// The name by which each template asks for it.
    static let name = "KITH"

    /// The text, with every byte that would mean something put into words.
    static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { replacement(for: $0) != nil }) else { return text }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 32)
        for byte in text.utf8 {
            if let other = replacement(for: byte) {
                other.withUTF8Buffer { bytes.append(contentsOf: $0) }
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func escapeText(_ text: String) -> String { Self.escaped(text) }

    private static func replacement(for byte: UInt8) -> StaticString? {
        switch byte {
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "\""): "&quot;"
        case UInt8(ascii: "'"): "&#39;"
        default: nil
        }
    }
}
