import KithStore

/// After a crash every feed is a gapless chain of signed entries, and the state equals the replay
/// of the log.
final class Prefix: Checker {
    private unowned let simulation: Simulation
    private var restarts = 0

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    func restarted(_ installation: Installation) throws {
        guard installation.beforeDamage == nil else { return }
        restarts += 1
        // Every crash is the same to a whole log; each is looked at while logs are short, then some.
        if restarts <= 4 || restarts % 8 == 0 { try check(installation) }
    }

    func settled() throws {
        for installation in simulation.sites where !installation.isLiar { try check(installation) }
    }

    private func check(_ installation: Installation) throws {
        let problems = try simulation.read(at: installation) { try $0.problemsOfLog() }
        if let problem = problems.first {
            throw violation("the log of \(installation.name): \(problem)")
        }
        let replay = try installation.store.replayBlocking(keeping: false)
        if let difference = replay.differences.first {
            throw violation("at \(installation.name), after a replay \(difference)")
        }
    }
}
