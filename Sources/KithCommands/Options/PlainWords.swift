import Foundation

/// Names and other short texts that people give in options.
enum PlainWords {
    /// The most characters a name may have.
    static let limit = 200

    /// A text as it is kept: NFC, one line, without spaces around it.
    static func checked(_ source: String, for option: String) throws -> String {
        let text = source.precomposedStringWithCanonicalMapping.trimmingSpaces
        guard !text.isEmpty else { throw UsageProblem("\(option) is empty; give some words") }
        guard text.unicodeScalars.count <= limit else {
            throw UsageProblem("\(option) is too long; it takes at most \(limit) characters")
        }
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { throw UsageProblem("\(option) takes a single line without control characters") }
        return text
    }
}
