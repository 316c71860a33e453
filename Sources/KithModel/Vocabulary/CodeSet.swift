import Foundation

/// The codes that a coded field may hold, from a data file with its source and version.
public struct CodeSet: Sendable, Codable {
    /// Name in the vocabulary.
    public let name: String
    /// URI of the code system; sets of our own say so in `source`.
    public let system: String
    /// Where the codes come from.
    public let source: String
    /// Version or date of that source.
    public let version: String
    /// Whether a concept from elsewhere may be used as well.
    public let isOpen: Bool
    /// The concepts, in the order in which people choose.
    public let concepts: [Concept]

    /// One concept of a set.
    public struct Concept: Sendable, Codable {
        /// The code.
        public let code: String
        /// What it means.
        public let display: String
        /// A word for it that is easy to type.
        public let word: String
    }

    /// The concept that a person means by a word, a code or its meaning; nil for none of them.
    public func concept(for text: String) -> Code? {
        let wanted = text.lowercased()
        let match = concepts.first {
            $0.word == wanted || $0.code == text || $0.display.lowercased() == wanted
        }
        return match.map { Code(system: system, code: $0.code, display: $0.display) }
    }

    /// Whether a value's system and code are in the set.
    public func contains(_ code: Code) -> Bool {
        isOpen || (code.system == system && concepts.contains { $0.code == code.code })
    }

    /// Every set of the vocabulary, by name.
    public static let all: [String: CodeSet] = {
        do {
            let sets = try JSONDecoder().decode(
                [CodeSet].self, from: Data(PackageResources.codesets_json))
            return Dictionary(uniqueKeysWithValues: sets.map { ($0.name, $0) })
        } catch {
            preconditionFailure("the code sets built into the program do not parse: \(error)")
        }
    }()
}
