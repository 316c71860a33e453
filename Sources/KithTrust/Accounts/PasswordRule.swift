import Foundation

/// What a password has to be: long, and not what a stranger would try first.
///
/// **Source:** OWASP ASVS 5.0, 6.2: length rather than kinds of characters, nothing that is on a list
/// of common ones (6.2.4) or made of words that strangers would expect (6.2.11), no change without cause.
public struct PasswordRule: Sendable {
    /// The fewest and the most characters.
    public static let characters = 12...128
    /// So many letters and digits have to be left when all that strangers would expect is taken out.
    private static let unexpected = 6

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
        return Self.common.contains(plain) ? "is none that many people use" : weakness(plain)
    }

    /// What is wrong with a text of the right length by what it is made of.
    func weakness(_ plain: String) -> String? {
        if Set(plain).count < 5 { return "has at least five different characters" }
        if Self.isRepeated(plain) { return "is more than one part again and again" }
        let rest = Self.without(words, plain)
        if Self.size(rest) < Self.unexpected {
            return "is not made of your name, your login or this site's name"
        }
        if Self.size(KeyRuns.removed(from: Self.without(Self.usual, rest))) < Self.unexpected {
            return "is not made of words that everybody tries, or of keys or numbers in a row"
        }
        return nil
    }

    /// Words that strangers try where people care for others, and wherever there are computers.
    static let usual = [
        "administrator", "carehome", "changeme", "hospital", "passw0rd", "password", "passwort",
        "practice", "resident", "letmein", "nursing", "surgery", "welcome", "clinic", "doctor",
        "matron", "secret", "admin", "login", "nurse", "care", "kith", "nhs",
    ]

    /// The passwords of the list.
    static let common: Set<String> = Set(
        String(decoding: PackageResources.common_passwords_txt, as: UTF8.self)
            .split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init))

    private static func plain(_ text: String) -> String {
        text.folding(options: [.caseInsensitive, .diacriticInsensitive], locale: nil)
    }

    private static func without(_ words: [String], _ text: String) -> String {
        words.reduce(text) { $0.replacingOccurrences(of: $1, with: "") }
    }

    private static func size(_ text: String) -> Int {
        text.count(where: { $0.isLetter || $0.isNumber })
    }

    private static func isRepeated(_ text: String) -> Bool {
        let letters = Array(text)
        return (1...max(1, letters.count / 2)).contains { part in
            letters.count.isMultiple(of: part)
                && zip(letters, letters.dropFirst(part)).allSatisfy(==)
        }
    }
}

/// Characters as fingers and alphabets have them in a row: `qwe`, `1qaz`, `4321`, `aaa`.
enum KeyRuns {
    /// The shortest that counts as one.
    private static let shortest = 3
    private static let rows = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"]
    /// Each row is so far from the next that a step to the side never ends in it.
    private static let row = 100

    /// Where each key lies.
    private static let places: [Unicode.Scalar: Int] = {
        var places: [Unicode.Scalar: Int] = [:]
        for (number, keys) in rows.enumerated() {
            for (column, key) in keys.unicodeScalars.enumerated() {
                places[key] = number * row + column
            }
        }
        return places
    }()

    /// A text without its runs; complexity: linear.
    static func removed(from text: String) -> String {
        let all = Array(text.unicodeScalars)
        var kept = String.UnicodeScalarView()
        var start = 0
        while start < all.count {
            let run = length(all[start...])
            if run < shortest { kept.append(all[start]) }
            start += run < shortest ? 1 : run
        }
        return String(kept)
    }

    /// The length of the longest run that a text begins with.
    private static func length(_ text: ArraySlice<Unicode.Scalar>) -> Int {
        let codes = [0, 1, -1].map { step in
            length(text) { Int($1.value) - Int($0.value) == step }
        }
        let keys = [1, -1, row, -row].map { step in
            length(text) { left, right in
                guard let from = places[left], let to = places[right] else { return false }
                return to - from == step
            }
        }
        return (codes + keys).max() ?? 1
    }

    private static func length(
        _ text: ArraySlice<Unicode.Scalar>,
        _ isStep: (Unicode.Scalar, Unicode.Scalar) -> Bool
    ) -> Int {
        1 + zip(text, text.dropFirst()).prefix { isStep($0, $1) }.count
    }
}
