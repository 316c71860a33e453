/// Crockford's base32: no letters that look like digits, any case, hyphens and spaces ignored.
///
/// Source: Douglas Crockford, "Base 32". Bits are taken from the most significant end; the last
/// character is filled up with zero bits.
public enum CrockfordBase32 {
    static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// The text of some bytes, upper case, without hyphens.
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        let characters = alphabet
        return String(unsafeUninitializedCapacity: (bytes.count * 8 + 4) / 5) { text in
            var place = 0
            eachDigit(of: bytes) { digit in
                text[place] = characters[Int(digit)]
                place += 1
            }
            return place
        }
    }

    /// The bytes of a text; nil for a character outside the alphabet or another length.
    public static func decode(_ text: String, byteCount: Int) -> [UInt8]? {
        guard let digits = digits(in: text) else { return nil }
        return bytes(of: digits, count: byteCount)
    }

    static func digits(of bytes: some Collection<UInt8>) -> [UInt8] {
        var digits: [UInt8] = []
        eachDigit(of: bytes) { digits.append($0) }
        return digits
    }

    private static func eachDigit(of bytes: some Collection<UInt8>, _ body: (UInt8) -> Void) {
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = (buffer << 8 | UInt32(byte)) & 0xFFFF
            bits += 8
            while bits >= 5 {
                bits -= 5
                body(UInt8(buffer >> UInt32(bits) & 31))
            }
        }
        if bits > 0 { body(UInt8(buffer << UInt32(5 - bits) & 31)) }
    }

    /// The bytes of five-bit digits; nil unless they are exactly `count` bytes with zero filling.
    static func bytes(of digits: [UInt8], count: Int) -> [UInt8]? {
        guard digits.count == (count * 8 + 4) / 5 else { return nil }
        var bytes: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for digit in digits {
            buffer = (buffer << 5 | UInt32(digit)) & 0xFFFF
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(buffer >> UInt32(bits) & 255))
            }
        }
        guard buffer & (1 << UInt32(bits) - 1) == 0 else { return nil }
        return bytes
    }

    /// The digits that a person typed; nil for a character outside the alphabet.
    static func digits(in text: String) -> [UInt8]? {
        var digits: [UInt8] = []
        for character in text.utf8 {
            switch character {
            case UInt8(ascii: "-"), UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\t"),
                UInt8(ascii: "\r"):
                continue
            default:
                guard let digit = digit(of: character) else { return nil }
                digits.append(digit)
            }
        }
        return digits
    }

    private static func digit(of character: UInt8) -> UInt8? {
        let upper =
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(character)
            ? character - 32 : character
        switch upper {
        case UInt8(ascii: "O"): return 0
        case UInt8(ascii: "I"), UInt8(ascii: "L"): return 1
        default: return alphabet.firstIndex(of: upper).map(UInt8.init)
        }
    }
}
