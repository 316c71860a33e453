import ArgumentParser
import Foundation
import KithBench

/// Shows what changed between two runs.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what changed between two runs of 'run --json'.",
        usage: "kith-bench compare OLD NEW",
        discussion: "Exit status 3 when a target was reached in OLD and is not in NEW.")

    @Argument(help: "The file of the earlier run.")
    var old: String

    @Argument(help: "The file of the later run.")
    var new: String

    func run() throws {
        do {
            let comparison = try BenchComparison(oldFile: old, newFile: new)
            print(comparison.table)
            if !comparison.lost.isEmpty { throw ExitCode(3) }
        } catch let problem as BenchProblem {
            FileHandle.standardError.write(Data("kith-bench: \(problem)\n".utf8))
            throw ExitCode(1)
        }
    }
}
