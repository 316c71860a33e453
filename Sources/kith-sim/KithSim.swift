import ArgumentParser
import Foundation
import KithSimulator

/// The simulator's command line.
@main
struct KithSim: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kith-sim", abstract: "Lives through years of nights in minutes.",
        subcommands: [Run.self, MakeSites.self])
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

struct Run: ParsableCommand {
    @Option var seed: UInt64
    @Option var sites = 12
    @Option var nights = 30
    @Option var profile = "mixed"
    @Flag var trace = false

    func run() throws {
        let plan = Plan(
            seed: seed, sites: sites, nights: nights,
            profile: FaultProfile(rawValue: profile) ?? .mixed)
        let started = ContinuousClock.now
        let report = Simulation(
            plan, trace: Trace(isKept: true) { if trace { print($0, $1) } }
        ).run()
        for line in report.counts.lines { print(line) }
        print(report.faults.map(\.rawValue).joined(separator: " "))
        print(report.steps, report.traceDigest, ContinuousClock.now - started)
        if let violation = report.violation { print(violation) }
    }
}
