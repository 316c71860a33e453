/// A run in which something that must hold did not.
package struct Violation: Error, Hashable, Codable, Sendable, CustomStringConvertible {
    /// The name of the invariant.
    package let checker: String
    /// What was seen; one line.
    package let detail: String

    /// Reports what was seen.
    package init(_ checker: String, _ detail: String) {
        self.checker = checker
        self.detail = detail
    }

    package var description: String { "\(checker): \(detail)" }
}
