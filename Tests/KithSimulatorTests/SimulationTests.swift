import Testing

@testable import KithSimulator

/// A short life; `kith-sim soak` lives longer.
@Suite struct SimulationTests {
    private func run(_ plan: Plan) -> Simulation.Report {
        Simulation(plan, trace: Trace(isKept: true)).run()
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func `every invariant holds through nights with faults`(seed: UInt64) {
        let report = run(Plan(seed: seed, sites: 6, nights: 4))
        #expect(report.violation == nil, "kith-sim run \(report.plan.arguments)")
        #expect(report.counts[.edits] >= 5 * 4, "an idle run proves nothing")
        #expect(report.counts[.sessionsEqual] > 0)
    }

    @Test func `one seed does the same twice, and another does something else`() {
        let plan = Plan(seed: 11, sites: 5, nights: 3)
        let (first, second) = (run(plan), run(plan))
        #expect(first.traceDigest == second.traceDigest && first.steps == second.steps)
        #expect(first.outcome == second.outcome && !first.outcome.isEmpty)
        var other = plan
        other.seed = 12
        #expect(run(other).traceDigest != first.traceDigest)
    }

    @Test func `signed and sealed for real, a seed comes to the same outcome`() {
        var plan = Plan(seed: 13, sites: 5, nights: 3, without: FaultKind.splitting)
        let quick = run(plan)
        plan.isCryptographyReal = true
        let real = run(plan)
        #expect(real.violation == nil, "kith-sim run \(plan.arguments)")
        #expect(real.outcome == quick.outcome && real.storyDigest == quick.storyDigest)
    }

    /// Hashes of entries are others each time; what people do may not depend on them.
    @Test func `signed and sealed for real, a seed does the same twice`() {
        let plan = Plan(
            seed: 10, sites: 8, nights: 5, without: FaultKind.splitting, isCryptographyReal: true)
        let (first, second) = (run(plan), run(plan))
        #expect(first.violation == nil, "kith-sim run \(plan.arguments)")
        #expect(first.traceDigest != second.traceDigest)
        #expect(first.storyDigest == second.storyDigest && first.steps == second.steps)
        #expect(first.outcome == second.outcome && !first.outcome.isEmpty)
    }

    /// The short ones; `kith-sim regressions` goes through all.
    @Test(arguments: Regression.all.filter { $0.plan.sites * $0.plan.nights <= 36 })
    func `a fault of old stays away`(regression: Regression) {
        #expect(
            run(regression.plan).violation == nil,
            "kith-sim run \(regression.plan.arguments): \(regression.fault)")
        if let broken = regression.broken {
            #expect(run(broken).violation != nil, "kith-sim run \(broken.arguments) holds too")
        }
    }

    @Test func `a run that is stopped at a step says so, and nothing of its end`() {
        let plan = Plan(seed: 11, sites: 5, nights: 3)
        let report = Simulation(plan, trace: Trace(isKept: true), until: 60).run()
        #expect(report.isStopped && report.violation == nil && report.outcome.isEmpty)
        #expect(!run(Plan(.erasureAhead)).isStopped)
    }

    /// Those that a few seeds notice in seconds; `kith-sim prove` goes through all.
    @Test(arguments: [
        Mutant.skipSupersession, .dropCandidate, .orderByClock, .forgetConflict, .resurrect,
        .sendToAnyone, .sendUnsealed, .resendEverything,
    ])
    func `a rule that is broken on purpose is noticed`(mutant: Mutant) {
        let isNoticed = (1...3).contains { seed in
            run(Plan(seed: seed, sites: 6, nights: 5, mutant: mutant)).violation != nil
        }
        #expect(isNoticed, "\(mutant.rawValue): \(mutant.rule)")
    }
}
