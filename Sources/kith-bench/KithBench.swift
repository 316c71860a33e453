import ArgumentParser
import Foundation
import KithModel
import KithSample
import KithSite

/// The command line of measurements.
@main
struct KithBenchProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kith-bench", abstract: "Measures Kith, and makes homes to measure.",
        subcommands: [
            Run.self, Compare.self, Make.self, CommandTimes.self, FixedPage.self,
        ],
        defaultSubcommand: Run.self)
}

/// Makes a home with years of records.
struct Make: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a site with years of records of a care home, all of them invented.",
        usage: "kith-bench make HOME [--residents N] [--years Y] [--conflicts M] [--seed S]",
        discussion:
            "What is written follows from the seed and the last day; keys are new each time.")

    @Argument(help: "The folder, which must not exist yet.")
    var home: String

    @Option(help: "How many people live there, from 2.")
    var residents = 60

    @Option(help: "For how many years; parts of a year count.")
    var years = 8.0

    @Option(help: "Routine fields left with two values.")
    var conflicts = 0

    @Option(help: "Safety-critical fields left with two values.")
    var criticalConflicts = 0

    @Option(help: "What the contents follow from.")
    var seed: UInt64 = 1

    @Option(help: "The last day, as YYYY-MM-DD; today unless said.")
    var until: String?

    func run() async throws {
        let start = ContinuousClock.now
        let sample = SampleHome(
            residents: residents, years: years, seed: seed, routineConflicts: conflicts,
            criticalConflicts: criticalConflicts, end: try end())
        do {
            let report = try await sample.make(at: home) { day, of in
                FileHandle.standardError.write(Data("\rday \(day) of \(of)".utf8))
            }
            FileHandle.standardError.write(Data("\n".utf8))
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
            let seconds = (ContinuousClock.now - start) / .milliseconds(1) / 1000
            FileHandle.standardError.write(Data("made in \(seconds.rounded()) s\n".utf8))
        } catch let error as SiteError {
            FileHandle.standardError.write(Data("kith-bench: \(error.description)\n".utf8))
            throw ExitCode(error.exitStatus)
        }
    }

    private func end() throws -> Day {
        guard let until else { return Day(Instant(Date()), in: .current) }
        guard let date = PartialDate(until), date.day != nil else {
            throw ValidationError("--until takes a day, for example 2026-11-22")
        }
        return Day(earliestOf: date)
    }
}
