/// What a trial found.
package struct TrialReport: Sendable {
    /// Something that was not as it must be, and how to come to it again.
    package struct Failure: CustomStringConvertible, Sendable {
        package let place: String
        package let problems: [String]

        package var description: String {
            "\(place)\n       \(problems.joined(separator: "\n       "))"
        }
    }

    /// Faults that were tried.
    package var points = 0
    /// Of them, those with a second fault while the site recovered from the first.
    package var compound = 0
    package var failures: [Failure] = []

    package init() {}

    package static func + (one: TrialReport, other: TrialReport) -> TrialReport {
        var both = one
        both.points += other.points
        both.compound += other.compound
        both.failures += other.failures
        return both
    }
}
