/// The Care Quality Commission's id of a location.
///
/// There is no published grammar: most are `1-` and five to twelve digits, some are the letter-led
/// codes of NHS providers. Source: ids as the commission's own pages show them.
public struct CQCLocation: Hashable, Sendable, CustomStringConvertible {
    /// The id in upper case.
    public let description: String

    /// Reads an id in any case; nil for anything of another shape.
    public init?(_ text: String) {
        let id = text.uppercased()
        let parts = id.split(separator: "-", omittingEmptySubsequences: false)
        let isNumbered =
            parts.count == 2 && parts[0] == "1" && (5...12).contains(parts[1].utf8.count)
            && parts[1].utf8.allSatisfy(Self.isDigit)
        let isLettered =
            parts.count == 1 && (3...10).contains(id.utf8.count)
            && id.utf8.first.map { !Self.isDigit($0) } == true
            && id.utf8.allSatisfy {
                Self.isDigit($0) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
            }
        guard isNumbered || isLettered else { return nil }
        description = id
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
