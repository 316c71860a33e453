/// A run that once found a fault in the product, and what that was.
///
/// What happens in a run changes whenever the simulator does. Where a broken build has the fault, the
/// run is one that notices it, and is to be found again with `kith-sim prove` when it does not.
package struct Regression: Sendable {
    /// The run.
    package let plan: Plan
    /// What was wrong.
    package let fault: String
    /// The run with the fault put back; nil where no broken build has it.
    package let broken: Plan?

    private init(
        _ seed: UInt64, sites: Int, nights: Int, _ fault: String, putBackBy mutant: Mutant? = nil
    ) {
        plan = Plan(seed: seed, sites: sites, nights: nights)
        self.fault = fault
        broken = mutant.map { Plan(seed: seed, sites: sites, nights: nights, mutant: $0) }
    }

    /// All of them, the newest last.
    package static let all = [
        Regression(
            1, sites: 4, nights: 2,
            "entries were sent again that the other side had declared to hold"),
        Regression(
            2, sites: 5, nights: 3,
            "a replay of the log looked at entries that had come after the one it was at"),
        Regression(
            6, sites: 12, nights: 30,
            "a site that had left took it for a failure not to be told of what came after"),
        Regression(
            46, sites: 12, nights: 30,
            "a member that was taken for removed until it spoke was told only a part in that session"
        ),
        Regression(
            4, sites: 12, nights: 30,
            "what had erased a body was lost with the database in whose place a backup came, and the site could send nobody what it had erased",
            putBackBy: .forgetProofs),
        Regression(
            6, sites: 12, nights: 30,
            "a backup could not take the place of a database in which what erased a body was damaged"
        ),
    ]
}
