/// A telephone number as people write it, with what a device dials.
///
/// The words stay as they were written: an extension, or "ask for the ward", is part of what a
/// night nurse needs. Digits follow ITU-T E.164: three (`999`, `111`) to fifteen.
public struct PhoneNumber: Hashable, Sendable, CustomStringConvertible {
    /// The number as it was written.
    public let description: String
    /// What to dial: digits, after a `+` where the number is international.
    public let dialled: String

    /// Reads a number, perhaps followed by words; nil when it does not begin with 3 to 15 digits.
    public init?(_ text: String) {
        var digits = ""
        var rest = Substring(text)
        let isInternational = rest.first == "+"
        if isInternational { rest = rest.dropFirst() }
        while let next = rest.first, next.isASCII {
            if isInternational, rest.hasPrefix("(0)") {
                // "+44 (0)1642": the zero is for those who call from within the country.
                rest = rest.dropFirst(3)
                continue
            }
            if next.isNumber {
                digits.append(next)
            } else if !" ().-/".contains(next) {
                break
            }
            rest = rest.dropFirst()
        }
        guard (3...15).contains(digits.utf8.count), rest.first?.isNumber != true else { return nil }
        description = text
        dialled = (isInternational ? "+" : "") + digits
    }
}
