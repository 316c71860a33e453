import KithModel
import KithProtocol
import KithStore

/// Every feed is a gapless chain of signed entries, and the state equals the replay of the log, after a
/// crash as before it.
final class Prefix: Checker {
    private unowned let simulation: Simulation
    private var restarts = 0
    private static let spoiled = "its signature is not its author's"

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    /// What an entry builds on is there, and came before it: looked at for each that comes, and for all of a
    /// disk that is read anew.
    func committed(_ arrivals: [Chronicle.Arrival], at installation: Installation) throws {
        let chronicle = simulation.chronicle
        for arrival in arrivals {
            guard let place = chronicle.arrival(of: arrival.hash, at: installation) else {
                continue
            }
            func isBefore(_ hash: EntryHash) -> Bool {
                chronicle.arrival(of: hash, at: installation).map { $0 < place } ?? false
            }
            let header = arrival.header
            let last = header.previous.flatMap {
                chronicle.graphs[header.partnership]?.node($0)?.header.sequence
            }
            guard header.sequence == (last ?? 0) + 1,
                header.previous.map(isBefore) ?? true,
                header.knows.allSatisfy({ isBefore($0.hash) })
            else {
                throw violation(
                    "\(installation.name) holds \(arrival.hash.short), and not all that it builds on"
                )
            }
        }
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
