/// Base32 text in groups, with a check digit after every run of digits.
///
/// The check digit is Luhn's, modulo 32: any one wrong character and nearly every swap of
/// neighbours is noticed, and the message can say in which run. Where runs are numbered, the number
/// goes into the digit, and runs that changed places are noticed too.
public struct CheckedGroups: Sendable {
    /// How many digits of content stand before each check digit.
    let run: Int
    /// How many characters a printed group has.
    let group: Int
    /// Whether a check digit also says which run it ends.
    var isNumbered = false

    /// Site ids: fifty-two digits, a check digit after every thirteen, in groups of seven.
    public static let siteID = CheckedGroups(run: 13, group: 7)
    /// Invitation codes: a check digit after every five, in groups of six.
    public static let invitation = CheckedGroups(run: 5, group: 6)
    /// Recovery kits: a check digit after every five, numbered, in groups of six.
    public static let recoveryKit = CheckedGroups(run: 5, group: 6, isNumbered: true)

    /// Why a text is not a checked code.
    public enum Problem: Error, Equatable, Sendable {
        /// A character that base32 does not have.
        case character
        /// The check digit of a run (from 1) does not match.
        case run(Int)
        /// Too short, too long, or cut in the middle of a run.
        case length
    }

    /// The text of some bytes.
    public func encode(_ bytes: [UInt8]) -> String {
        let digits = CrockfordBase32.digits(of: bytes)
        var checked: [UInt8] = []
        for (number, start) in stride(from: 0, to: digits.count, by: run).enumerated() {
            let content = digits[start..<min(start + run, digits.count)]
            checked += content
            checked.append(checkDigit(of: content, inRun: number))
        }
        let characters = checked.map { CrockfordBase32.alphabet[Int($0)] }
        return stride(from: 0, to: characters.count, by: group).map {
            String(
                decoding: characters[$0..<min($0 + group, characters.count)], as: UTF8.self)
        }.joined(separator: "-")
    }

    /// The bytes of a text, or where it is mistyped. Without a count, as many as the text holds.
    public func decode(_ text: String, byteCount: Int? = nil) -> Result<[UInt8], Problem> {
        guard let checked = CrockfordBase32.digits(in: text) else { return .failure(.character) }
        var digits: [UInt8] = []
        for (number, start) in stride(from: 0, to: checked.count, by: run + 1).enumerated() {
            let part = checked[start..<min(start + run + 1, checked.count)]
            guard part.count > 1, let check = part.last else { return .failure(.length) }
            guard checkDigit(of: part.dropLast(), inRun: number) == check else {
                return .failure(.run(number + 1))
            }
            digits += part.dropLast()
        }
        let count = byteCount ?? digits.count * 5 / 8
        guard count > 0, let bytes = CrockfordBase32.bytes(of: digits, count: count) else {
            return .failure(.length)
        }
        return .success(bytes)
    }

    private func checkDigit(
        of digits: some BidirectionalCollection<UInt8>, inRun number: Int
    ) -> UInt8 {
        var sum = 0
        var factor = 2
        for digit in digits.reversed() {
            let product = Int(digit) * factor
            sum += product / 32 + product % 32
            factor = 3 - factor
        }
        return UInt8((32 - sum % 32 + (isNumbered ? number : 0)) % 32)
    }
}
