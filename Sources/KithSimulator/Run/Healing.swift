import KithModel
import KithStore
import KithSync

/// The quiet nights at the end: nothing goes wrong any more, and everyone syncs with everyone until
/// nothing moves. How many rounds that may take has a bound.
struct Healing {
    private let simulation: Simulation

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    /// Every round each pair syncs once; news of a membership travels one step a round at worst,
    /// and keys are handed over after it.
    private var boundOfRounds: Int { 2 * simulation.sites.count + 4 }

    func run() throws {
        simulation.faults.stop()
        // Whoever was away for long has been away for more than a year now.
        try simulation.runUntil(simulation.time + 400 * SimulatedClock.day)
        try simulation.weather.clears()
        try simulation.noteStep("the faults are over")
        for installation in simulation.sites where !installation.isLiar {
            try simulation.workload.registrar.pairAgain(installation)
        }
        try simulation.runUntil(simulation.time + SimulatedClock.hour)
        var problems: [String] = []
        for round in 1...boundOfRounds {
            let (isQuiet, found) = try syncAll()
            problems = found
            simulation.counts[.healingRounds] = round
            if isQuiet { return }
        }
        throw Violation(
            Progress.name,
            "after \(boundOfRounds) rounds without faults: \(problems.first ?? "entries still move")"
        )
    }

    /// One session of every pair that may have one; whether nothing moved, and what went wrong.
    private func syncAll() throws -> (isQuiet: Bool, problems: [String]) {
        var isQuiet = true
        var problems: [String] = []
        var met: Set<Set<Int>> = []
        for installation in simulation.sites where !installation.isLiar {
            try Sync.scrub(installation, simulation)
        }
        for installation in simulation.sites where !installation.isLiar {
            let peers = try simulation.read(at: installation) { try $0.peers() }
            // Of a copied home each is met: where chance chose one, it might never choose the other.
            for (peer, callee) in peers.flatMap({ peer in
                simulation.sites.filter { $0.site == peer.site }.map { (peer, $0) }
            }) where !callee.isLiar {
                let pair: Set<Int> = [installation.number, callee.number]
                // Whoever dials, both hold the same after it.
                if met.contains(pair) { continue }
                let before = (simulation.counts[.entries], simulation.network.moved)
                try Sync.run(from: installation, to: peer.site, at: callee, simulation) { outcome in
                    // A peer that only dials is reached when it does.
                    guard let outcome else { return }
                    met.insert(pair)
                    if outcome.reason != .equal {
                        isQuiet = false
                        problems.append(
                            "\(installation.name) with \(peer.name): \(outcome.reason)")
                    }
                }
                try simulation.runUntil(simulation.time + 40 * SimulatedClock.minute)
                if (simulation.counts[.entries], simulation.network.moved) != before {
                    isQuiet = false
                }
            }
        }
        return (isQuiet, problems)
    }
}
