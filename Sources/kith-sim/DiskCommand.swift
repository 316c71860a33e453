import ArgumentParser
import Foundation
import KithDisk

/// The real programs on a disk that loses power.
struct DiskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disk",
        abstract: "Takes the power away from the real programs' disks, again and again.")

    @Option(help: "How many times.")
    var points = 10_000

    @Option(help: "The seed.")
    var seed: UInt64 = 1

    @Option(help: "At the same time.")
    var jobs = 2

    @Option(help: "What a careless build would not sync: commits or names.")
    var omission: PowerLossTrial.Omission?

    func run() async throws {
        let programs = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent()
        let (points, seed, jobs, omission) = (points, seed, jobs, omission)
        let reports = try await withThrowingTaskGroup(of: PowerLossTrial.Report.self) { group in
            for job in 0..<jobs {
                group.addTask {
                    let trial = try PowerLossTrial(
                        on: Bench(programs: programs), leavingOut: omission)
                    print("job \(job): \(trial.moments.count) moments")
                    return try await trial.run(
                        points: points / jobs, seed: seed &+ UInt64(job),
                        until: { $0.failures.count >= 20 })
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for (point, problems) in reports.flatMap(\.failures) {
            print("FAILED \(point)\n       \(problems.joined(separator: "\n       "))")
        }
        let failed = reports.map(\.failures.count).reduce(0, +)
        print("\(reports.map(\.points).reduce(0, +)) points, \(failed) failed")
        if failed > 0 { throw ExitCode(1) }
    }
}

extension PowerLossTrial.Omission: ExpressibleByArgument {}
