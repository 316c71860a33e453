import ArgumentParser
import Foundation
import KithSimulator
import Synchronization

/// The simulator's command line.
@main
struct KithSim: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kith-sim", abstract: "Lives through years of nights in minutes.",
        discussion: """
            One seed decides everything that happens in a run. Exit status: 0 when every invariant \
            held, 1 when one did not.
            """,
        subcommands: [
            Run.self, Replay.self, Soak.self, Shrink.self, Regressions.self, Prove.self,
            DiskCommand.self, ConflictsCommand.self,
            MakeSites.self,
        ])
}

/// Makes the data file of simulated sites.
struct MakeSites: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints a new data file of simulated sites.")

    @Argument(help: "How many.")
    var count = 48

    func run() throws {
        FileHandle.standardOutput.write(try SiteCard.fresh(count))
    }
}

/// What a run is like, but for its seed.
struct PlanOptions: ParsableArguments {
    @Option(help: "Sites, from 3 to 40.")
    var sites = 12

    @Option(help: "Nights with faults, before the quiet ones.")
    var nights = 30

    @Option(help: "calm, mixed or stormy.")
    var profile = FaultProfile.mixed

    @Option(help: "A kind of fault that is switched off; may be given more than once.")
    var without: [FaultKind] = []

    @Flag(help: "Sign and seal for real.")
    var realCryptography = false

    @Option(help: "The rule that is broken on purpose.")
    var mutant: Mutant?

    @Option(help: "A story that is told step by step, in place of nights.")
    var scenario: Scenario?

    func plan(seed: UInt64) -> Plan {
        if let scenario { return Plan(scenario, mutant: mutant) }
        return Plan(
            seed: seed, sites: sites, nights: nights, profile: profile, without: Set(without),
            isCryptographyReal: realCryptography, mutant: mutant)
    }
}

extension FaultProfile: ExpressibleByArgument {}
extension FaultKind: ExpressibleByArgument {}
extension Mutant: ExpressibleByArgument {}
extension Scenario: ExpressibleByArgument {}

/// One run.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs one seed and prints what it did; the same seed does the same everywhere.")

    @OptionGroup var options: PlanOptions

    @Option(help: "The seed; a scenario has none.")
    var seed: UInt64 = 1

    @Flag(help: "Print what stands at the end too.")
    var standing = false

    @Flag(help: .hidden)
    var outcome = false

    func run() throws {
        let plan = options.plan(seed: seed)
        Simulation.isAlone()
        if outcome {
            // What is compared is told too.
            let report = Simulation(plan, trace: Trace(isKept: plan.isComparable)).run()
            return FileHandle.standardOutput.write(try JSONEncoder().encode(SeparateRun(report)))
        }
        let report = Simulation(plan, trace: Trace(isKept: true)).run()
        if standing { for line in report.outcome { print(line) } }
        try Words.finish(report)
    }
}

/// One run, told step by step.
struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs one seed and prints every step.")

    @OptionGroup var options: PlanOptions

    @Argument(help: "The seed.")
    var seed: UInt64

    @Option(help: "The step to end at.")
    var until = Int.max

    func run() throws {
        Simulation.isAlone()
        let trace = Trace(isKept: true) { step, line in print(step, line) }
        try Words.finish(Simulation(options.plan(seed: seed), trace: trace, until: until).run())
    }
}

/// Many runs.
struct Soak: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs seed after seed until the time is over, and prints those that failed.")

    @OptionGroup var options: PlanOptions

    @Option(help: "The first and the last seed, as 1...1000.")
    var seeds = SeedRange(first: 1, last: .max)

    @Option(help: "Runs at the same time.")
    var jobs = 2

    @Option(help: "For how long: 90s, 10m or 2h.")
    var time = RunTime(seconds: 600)

    func run() throws {
        let (options, end) = (options, Date().addingTimeInterval(time.seconds))
        let soak = SoakProgress(seeds)
        try inParallel(jobs) {
            while Date() < end, let seed = soak.next() {
                // Every tenth seed runs on the real cryptography, and comes to the same outcome.
                var plan = options.plan(seed: seed)
                if seed.isMultiple(of: 10) {
                    plan.isCryptographyReal = true
                    plan.without.formUnion(FaultKind.splitting)
                }
                let run = try SeparateRun(plan)
                if let violation = try run.violation ?? Self.difference(run, from: plan) {
                    Words.tell("FAILED kith-sim run \(plan.arguments)\n       \(violation)")
                    soak.fail()
                }
                soak.add(run)
            }
        }
        let (runs, failed, counts) = soak.result
        print("\(runs) seeds, \(failed) failed")
        for line in counts.lines { print(line) }
        if failed > 0 { throw ExitCode(1) }
    }

    /// What a run on the real cryptography comes to, the same comes to without.
    private static func difference(_ run: SeparateRun, from plan: Plan) throws -> Violation? {
        guard plan.isCryptographyReal else { return nil }
        var quick = plan
        quick.isCryptographyReal = false
        let other = try SeparateRun(quick)
        if let violation = other.violation { return violation }
        if other.outcome != run.outcome {
            return Violation("SameOutcome", "the quick cryptography comes to another outcome")
        }
        return other.story == run.story
            ? nil : Violation("SameStory", "with the quick cryptography other things happen")
    }
}

/// The smallest run that still fails.
struct Shrink: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks for the smallest run that still fails, and prints how to repeat it.")

    @OptionGroup var options: PlanOptions

    @Argument(help: "The seed.")
    var seed: UInt64

    func run() throws {
        var smallest = options.plan(seed: seed)
        guard var violation = try Self.violation(of: smallest) else {
            print("This run does not fail.")
            return
        }
        var isSmaller = true
        while isSmaller {
            isSmaller = false
            for plan in Self.smaller(than: smallest) {
                guard let found = try Self.violation(of: plan),
                    found.checker == violation.checker
                else { continue }
                (smallest, violation, isSmaller) = (plan, found, true)
                print("kith-sim run \(plan.arguments)")
                break
            }
        }
        print("kith-sim run \(smallest.arguments)\n\(violation)")
        throw ExitCode(1)
    }

    /// In a process of its own: a run may end in a trap.
    private static func violation(of plan: Plan) throws -> Violation? {
        try SeparateRun(plan).violation
    }

    /// Runs that are a little less, the boldest first.
    private static func smaller(than plan: Plan) -> [Plan] {
        var plans: [Plan] = []
        for nights in [plan.nights / 2, plan.nights - 1] where (1..<plan.nights).contains(nights) {
            var fewer = plan
            fewer.nights = nights
            plans.append(fewer)
        }
        for sites in [plan.sites / 2, plan.sites - 1] where (3..<plan.sites).contains(sites) {
            var fewer = plan
            fewer.sites = sites
            plans.append(fewer)
        }
        for kind in FaultKind.allCases where !plan.without.contains(kind) {
            var calmer = plan
            calmer.without.insert(kind)
            plans.append(calmer)
        }
        return plans
    }
}

/// Whether the simulator notices when a rule is broken.
struct Prove: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Breaks one rule after another and prints which seed noticed, and by what.")

    @Option(help: "Seeds that each broken build may take.")
    var seeds: UInt64 = 20

    @Option(help: "Sites of each run.")
    var sites = 12

    @Option(help: "Nights of each run.")
    var nights = 30

    @Option(help: "Runs at the same time.")
    var jobs = 2

    @Argument(help: "The broken rules; all where none is named.")
    var mutants: [Mutant] = Mutant.allCases

    func run() throws {
        let (seeds, sites, nights) = (seeds, sites, nights)
        let work = ProofProgress(mutants)
        try inParallel(jobs) {
            while let mutant = work.next() {
                var outcome: String?
                if let scenario = mutant.scenario {
                    outcome = try Self.noticed(Plan(scenario, mutant: mutant)).map {
                        "told       \($0.checker)"
                    }
                }
                for seed in 1...max(1, seeds) where outcome == nil {
                    let plan = Plan(seed: seed, sites: sites, nights: nights, mutant: mutant)
                    outcome = try Self.noticed(plan).map { "seed \(seed)  \($0.checker)" }
                }
                if outcome != nil { work.add() }
                Words.tell(
                    Words.padded(mutant.rawValue, 24) + Words.padded(outcome ?? "NOT NOTICED", 34)
                        + mutant.rule)
            }
        }
        print("\(work.caught) of \(mutants.count) noticed")
        if work.caught < mutants.count { throw ExitCode(1) }
    }

    /// What the broken build does wrong; nil where it does nothing wrong, or where the whole build
    /// fails as well, which proves nothing.
    private static func noticed(_ broken: Plan) throws -> Violation? {
        guard let violation = try SeparateRun(broken).violation else { return nil }
        var whole = broken
        whole.mutant = nil
        if let own = try SeparateRun(whole).violation {
            Words.tell("left out: kith-sim run \(whole.arguments) fails by itself: \(own)")
            return nil
        }
        return violation
    }
}

/// Whether faults of old are still noticed to be gone.
struct Regressions: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: """
            Repeats the runs that once found a fault, where possible with the fault put back too, and \
            prints what that was.
            """)

    @Option(help: "Runs at the same time.")
    var jobs = 2

    func run() throws {
        let left = Mutex(Array(Regression.all.reversed()))
        let failed = Mutex(0)
        try inParallel(jobs) {
            while let regression = left.withLock({ $0.popLast() }) {
                var violation = try SeparateRun(regression.plan).violation
                if let broken = regression.broken, try SeparateRun(broken).violation == nil {
                    violation = Violation("NoSurprise", "with the fault put back it holds too")
                }
                if violation != nil { failed.withLock { $0 += 1 } }
                let word =
                    violation != nil ? "FAILED" : regression.isMet ? "ok    " : "unmet "
                Words.tell(
                    "\(word) kith-sim run \(regression.plan.arguments)\n       \(violation?.description ?? regression.fault)"
                )
            }
        }
        if failed.withLock({ $0 }) > 0 { throw ExitCode(1) }
    }
}

/// Does the same so many times at once; throws what the first that failed threw.
private func inParallel(_ jobs: Int, _ body: @Sendable () throws -> Void) throws {
    let failure = Mutex<(any Error)?>(nil)
    DispatchQueue.concurrentPerform(iterations: max(1, jobs)) { _ in
        do {
            try body()
        } catch {
            failure.withLock { $0 = $0 ?? error }
        }
    }
    if let error = failure.withLock({ $0 }) { throw error }
}
