import Foundation

/// What a password has to be: long, and not what a stranger would try first.
///
/// **Source:** OWASP ASVS 5.0, 6.2: length rather than kinds of characters, nothing that is on a list
/// of common ones or made of the account's own names, no change without cause.
public struct PasswordRule: Sendable {
    /// The fewest and the most characters.
    public static let characters = 12...128

    /// Words that belong to the account: login, name, site.
    private let words: [String]

    /// Takes the texts that a password must not be made of.
    public init(words: [String]) {
        self.words = words.flatMap { $0.split(whereSeparator: { !$0.isLetter && !$0.isNumber }) }
            .map { Self.plain(String($0)) }.filter { $0.count > 2 }
    }

    /// Why a text is no password, in words that go on "a password …"; nil when it is one.
    public func problem(_ text: String) -> String? {
        guard Self.characters.contains(text.count) else {
            return "has \(Self.characters.lowerBound) to \(Self.characters.upperBound) characters"
        }
        let plain = Self.plain(text)
        if Self.common.contains(plain) { return "is none that many people use" }
        if Set(plain).count < 5 { return "has at least five different characters" }
        var rest = plain
        for word in words { rest = rest.replacingOccurrences(of: word, with: "") }
        if rest.count(where: { $0.isLetter || $0.isNumber }) < 6 {
            return "is not made of your name, your login or this site's name"
        }
        return nil
    }

    private static func plain(_ text: String) -> String {
        text.folding(options: [.caseInsensitive, .diacriticInsensitive], locale: nil)
    }

    private static let common: Set<String> = Set(
        String(decoding: PackageResources.common_passwords_txt, as: UTF8.self)
            .split(separator: "\n").map(String.init))
}
