import KithStore

/// After a crash every feed is a gapless chain of signed entries, and the state equals the replay
/// of the log.
final class Prefix: Checker {
    private unowned let simulation: Simulation
    private var restarts = 0
    private static let spoiled = "its signature is not its author's"

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    func restarted(_ installation: Installation) throws {
        guard installation.beforeDamage == nil else { return }
        restarts += 1
        // Every crash is the same to a whole log; each is looked at while logs are short, then some.
        if restarts <= 4 || restarts % 8 == 0 {
            try checkLog(of: installation)
            try checkState(of: installation)
        }
    }

    func settled() throws {
        for installation in simulation.sites where !installation.isLiar {
            try checkLog(of: installation)
            // All of them are compared with each other and with the oracle; some with a replay.
            if (UInt64(installation.number) + simulation.plan.seed) % 6 == 0 {
                try checkState(of: installation)
            }
        }
    }

    private func checkLog(of installation: Installation) throws {
        // Of a signature that was spoiled on the way, `Authenticity` says what has to become.
        let problems = try simulation.read(at: installation) { try $0.problemsOfLog() }
        if let problem = problems.first(where: { !$0.hasSuffix(Self.spoiled) }) {
            throw violation("the log of \(installation.name): \(problem)")
        }
    }

    private func checkState(of installation: Installation) throws {
        let replay = try installation.store.replayBlocking(keeping: false)
        if let difference = replay.differences.first {
            throw violation("at \(installation.name), after a replay \(difference)")
        }
    }
}
