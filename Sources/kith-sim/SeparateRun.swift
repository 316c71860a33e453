import Foundation
import KithSimulator

/// What a run in a process of its own came to.
///
/// Runs in one process wait for each other's memory: SQLite counts every allocation under one lock.
struct SeparateRun: Codable {
    let violation: Violation?
    let counts: Counts
    /// What stood at the end, as one number of many digits.
    let outcome: String
    /// What happened, as far as it is compared, as another.
    let story: String

    /// Runs a plan in a process of its own. A process that ends in any other way is a violation too.
    init(_ plan: Plan) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments =
            ["run", "--outcome"] + plan.arguments.split(separator: " ").map(String.init)
        // One thread makes and frees small things by the million: it keeps more of them at hand.
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["GLIBC_TUNABLES": "glibc.malloc.tcache_count=8000"]) { own, _ in own }
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard let outcome = try? JSONDecoder().decode(Self.self, from: bytes) else {
            violation = Violation(
                "NoSurprise", "the process of the run ended with \(process.terminationStatus)")
            counts = Counts()
            outcome = ""
            story = ""
            return
        }
        self = outcome
    }

    /// What a run in this process came to.
    init(_ report: Simulation.Report) {
        violation = report.violation
        counts = report.counts
        outcome = report.outcomeDigest
        story = report.storyDigest
    }
}
