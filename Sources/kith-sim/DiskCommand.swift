import ArgumentParser
import KithDisk

/// The real programs on disks that fail.
struct DiskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disk", abstract: "Runs the real programs on disks that fail.",
        subcommands: [Power.self, Errors.self])

    /// After so many failures there is enough to look at.
    static let enough = 20

    static func finish(_ reports: [TrialReport]) throws {
        let report = reports.reduce(TrialReport(), +)
        for failure in report.failures { print("FAILED \(failure)") }
        print(
            "\(report.points) faults, \(report.compound) with a second one during recovery, \(report.failures.count) failed"
        )
        if !report.failures.isEmpty { throw ExitCode(1) }
    }

    /// Loss of power.
    struct Power: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes the power away at any moment of a scenario, and starts again.")

        @Option(help: "How many times.")
        var points = 10_000

        @Option(help: "The seed.")
        var seed: UInt64 = 1

        @Option(help: "Scenarios at the same time.")
        var jobs = 2

        @Option(help: "What a careless build would not sync: commits or names.")
        var omission: PowerLossTrial.Omission?

        func run() async throws {
            let (points, seed, jobs, omission) = (points, seed, jobs, omission)
            let reports = try await withThrowingTaskGroup(of: TrialReport.self) { group in
                for job in 0..<jobs {
                    group.addTask {
                        let trial = try PowerLossTrial(on: Bench(), leavingOut: omission)
                        Words.tell("scenario \(job + 1): \(trial.moments.count) moments")
                        return try await trial.run(
                            points: points / jobs, seed: seed &+ UInt64(job),
                            until: { $0.failures.count >= enough })
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            try finish(reports)
        }
    }

    /// Calls that fail.
    struct Errors: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets one call after another fail: I/O errors, a full disk, a read-only one.")

        @Option(help: "Every which call fails.")
        var stride = 1

        @Option(help: "The seed: where the first failure is, and the second ones.")
        var seed: UInt64 = 1

        func run() async throws {
            var trial = DiskErrorTrial(on: try Bench(), stride: stride, seed: seed)
            let report = try await trial.run(
                progress: { Words.tell("\($0): \($1) failures") },
                until: { $0.failures.count >= enough })
            try finish([report])
        }
    }
}

extension PowerLossTrial.Omission: ExpressibleByArgument {}
