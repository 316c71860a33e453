/// A National Health Service number: ten digits of which the last checks the others.
///
/// Source: NHS Data Dictionary, NHS NUMBER (weights ten to two, modulus eleven).
public struct NHSNumber: Hashable, Sendable, CustomStringConvertible {
    /// The identifier system that FHIR uses for it.
    public static let system = "https://fhir.nhs.uk/Id/nhs-number"

    /// Ten digits without spaces.
    public let digits: String

    /// Reads ten ASCII digits, spaces and hyphens allowed between them; nil when the check fails.
    public init?(_ text: String) {
        var values: [Int] = []
        for character in text.utf8 {
            switch character {
            case UInt8(ascii: " "), UInt8(ascii: "-"): continue
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                values.append(Int(character - UInt8(ascii: "0")))
            default: return nil
            }
        }
        guard values.count == 10 else { return nil }
        let sum = zip(values, (2...10).reversed()).reduce(0) { $0 + $1.0 * $1.1 }
        guard (11 - sum % 11) % 11 == values[9], sum % 11 != 1 else { return nil }
        digits = values.map(String.init).joined()
    }

    /// Shown three, three, four.
    public var description: String {
        "\(digits.prefix(3)) \(digits.dropFirst(3).prefix(3)) \(digits.suffix(4))"
    }
}
