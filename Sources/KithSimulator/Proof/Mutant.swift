/// One rule that a broken build breaks.
package enum Mutant: String, CaseIterable, Sendable {
    /// What supersedes does not.
    case skipSupersession
}
