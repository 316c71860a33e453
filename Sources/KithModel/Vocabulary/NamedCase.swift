/// A case that has a number in the log and a word in commands and JSON.
public protocol NamedCase: CaseIterable, Codable, Equatable {
    /// The word.
    var name: String { get }
}

extension NamedCase {
    /// The case of that name; nil when there is none.
    public init?(name: String) {
        guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }

    /// Reads the word.
    ///
    /// Each type's `init(from:)` calls this: a default for `Codable` would compete with the one for
    /// raw values, and neither would win.
    package static func named(in decoder: any Decoder) throws -> Self {
        let container = try decoder.singleValueContainer()
        guard let value = Self(name: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "no such \(Self.self)")
        }
        return value
    }

    /// Writes the word.
    package func encodeName(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
