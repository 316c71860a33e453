import ArgumentParser
import Foundation
import KithBench

/// Takes the measures that `Protocol` and the documents promise.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures, each with its baseline in the same run.",
        usage: "kith-bench run [NAME…] [--quick] [--json] [--folder DIR]",
        discussion: "Measures: \(Bench.names.joined(separator: ", ")). Build with -c release.")

    @Argument(help: "What to measure; everything unless said.")
    var names: [String] = []

    @Flag(help: "At a tenth of the sizes.")
    var quick = false

    @Flag(help: "Print JSON for other programs.")
    var json = false

    @Option(help: "Where homes are made; on the disk that is to be measured.")
    var folder: String?

    func validate() throws {
        for name in names where !Bench.names.contains(name) {
            throw ValidationError(
                "no measure is called \(name); there are \(Bench.names.joined(separator: ", "))")
        }
    }

    func run() async throws {
        let bench = Bench(quick ? .quick : .full, in: folder) { line in
            FileHandle.standardError.write(Data("\(line)\n".utf8))
        }
        do {
            let measures = try await bench.run(Set(names.isEmpty ? Bench.names : names))
            let report = BenchReport(isQuick: quick, machine: Machine(), measures: measures)
            print(json ? try report.json() : report.table)
        } catch let problem as BenchProblem {
            FileHandle.standardError.write(Data("kith-bench: \(problem)\n".utf8))
            throw ExitCode(1)
        }
    }
}
