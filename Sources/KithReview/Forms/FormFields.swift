import Foundation

/// The fields of a submitted form, in order; a name may appear more than once.
struct FormFields: Sendable {
    /// Names and values as they came.
    private(set) var all: [(name: String, value: String)]

    /// Holds fields.
    init(_ all: [(name: String, value: String)] = []) {
        self.all = all
    }

    /// Reads `application/x-www-form-urlencoded`; nil for what is not UTF-8, or too many fields.
    init?(encoded text: String) {
        all = []
        guard !text.isEmpty else { return }
        let pairs = text.split(separator: "&", omittingEmptySubsequences: true)
        guard pairs.count <= ReviewLimits.formFields else { return nil }
        for pair in pairs {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(parts[0]),
                let value = Self.decoded(parts.count > 1 ? parts[1] : "")
            else { return nil }
            all.append((name, value))
        }
    }

    private static func decoded(_ text: Substring) -> String? {
        String(text).replacingOccurrences(of: "+", with: " ").removingPercentEncoding
    }

    /// The first value of a name; empty where there is none.
    subscript(_ name: String) -> String {
        all.first { $0.name == name }?.value ?? ""
    }

    /// Every value of a name.
    func values(_ name: String) -> [String] {
        all.filter { $0.name == name }.map(\.value)
    }

    /// Whether a name is there.
    func has(_ name: String) -> Bool { all.contains { $0.name == name } }

    /// A text as a query or form writes it.
    static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
    }

    private static let unreserved: CharacterSet = {
        var set = CharacterSet()
        set.insert(
            charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
        return set
    }()
}
