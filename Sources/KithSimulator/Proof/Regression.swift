/// A run that once found a fault in the product, and what that was. With the fault put back, the run
/// notices it.
package struct Regression: Sendable {
    /// The run.
    package let plan: Plan
    /// What was wrong.
    package let fault: String

    private init(_ seed: UInt64, sites: Int, nights: Int, _ fault: String) {
        plan = Plan(seed: seed, sites: sites, nights: nights)
        self.fault = fault
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
    ]
}
