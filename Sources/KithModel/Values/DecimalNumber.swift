/// A decimal number exactly as it was written: "2.50" stays "2.50", because in care the precision
/// that somebody recorded is part of what they said.
///
/// Up to eighteen digits before the point and nine after it, an optional minus sign, no exponent.
public struct DecimalNumber: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The text as written.
    public let description: String

    /// Reads ASCII digits with an optional minus sign and fraction; nil for all else.
    public init?(_ text: String) {
        let unsigned = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let parts = unsigned.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count),
            zip(parts, [18, 9]).allSatisfy({ part, most in
                (1...most).contains(part.utf8.count)
                    && part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            })
        else { return nil }
        description = text
    }

    /// Reads the text form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let number = DecimalNumber(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not a decimal number")
        }
        self = number
    }

    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
