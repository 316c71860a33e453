/// A run that once found a fault in the product, and what that was.
///
/// What happens in a life changes whenever the simulator does; a scenario always tells the same. Where a
/// broken build has the fault, the run is one that notices it. Every scenario was seen to fail with the
/// mending taken out of the product; of the other lives it is only shown that what once went wrong there
/// does not.
package struct Regression: Sendable {
    /// The run.
    package let plan: Plan
    /// What was wrong.
    package let fault: String
    /// The run with the fault put back; nil where no broken build has it.
    package let broken: Plan?

    /// Whether the run meets the fault, were it there.
    package var isMet: Bool { plan.scenario != nil || broken != nil }

    private init(
        _ seed: UInt64, sites: Int, nights: Int, profile: FaultProfile = .mixed,
        _ fault: String, putBackBy mutant: Mutant? = nil
    ) {
        plan = Plan(seed: seed, sites: sites, nights: nights, profile: profile)
        self.fault = fault
        broken = mutant.map {
            Plan(seed: seed, sites: sites, nights: nights, profile: profile, mutant: $0)
        }
    }

    private init(_ scenario: Scenario, _ fault: String, putBackBy mutant: Mutant? = nil) {
        plan = Plan(scenario)
        self.fault = fault
        broken = mutant.map { Plan(scenario, mutant: $0) }
    }

    /// All of them, the newest last.
    package static let all = [
        Regression(
            1, sites: 5, nights: 4,
            "entries were sent again that the other side had declared to hold",
            putBackBy: .resendEverything),
        Regression(
            .lateAfterRemoval,
            "a replay of the log looked at entries that had come after the one it was at"),
        Regression(
            .wordOfLeaving,
            "a site that had left took it for a failure not to be told of what came after"),
        Regression(
            .backUnheard,
            "a member that was taken for removed until it spoke was told only a part in that session"
        ),
        Regression(
            .erasureAhead,
            "what had erased a body was lost with the database in whose place a backup came, and the site could send nobody what it had erased",
            putBackBy: .forgetProofs),
        Regression(
            .damagedErasure,
            "a backup could not take the place of a database in which what erased a body was damaged"
        ),
        Regression(
            .spoiledTwice,
            "an entry whose signature a forwarder had spoiled was asked for again of a partner that had it from the same forwarder, and every session with that broke off"
        ),
        Regression(
            .demotedMinter,
            "the key of a steward who had been made a reviewer was handed to nobody who was let in after it, or whose removal was void"
        ),
        Regression(
            .keyWithoutSteward,
            "a key whose minter had been put out, and that no steward had, was handed to nobody by the members that had it"
        ),
        Regression(
            .removedMinter,
            "who removed the minter of a key handed it to nobody who had been let in without the minter's knowledge"
        ),
        Regression(
            .copyOfLeaver,
            "a member that had left was handed entries that a copy of it had written on acts that it is not told"
        ),
        Regression(
            .wordOfRemoved,
            "who had removed a member did not state to hold what that had written on acts that came after the removal, and every session with it broke off"
        ),
        Regression(
            .bothFormer,
            "of two sites that take each other for former members one did not state to hold what the other had declared, and every session broke off"
        ),
        Regression(
            .restoredAdmission,
            "what a member wrote stayed without effect where its admission had been void for a while",
            putBackBy: .stayRevoked),
    ]
}
