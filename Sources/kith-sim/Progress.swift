import ArgumentParser
import Foundation
import KithSimulator
import Synchronization

/// Seeds from one to another.
struct SeedRange: ExpressibleByArgument, Sendable {
    let first: UInt64
    let last: UInt64

    init(first: UInt64, last: UInt64) {
        self.first = first
        self.last = last
    }

    init?(argument: String) {
        let ends = argument.split(separator: "...").map { UInt64($0) }
        guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
            first <= last
        else { return nil }
        self.init(first: first, last: last)
    }

    var defaultValueDescription: String { "\(first)..." }
}

/// For how long: a number of seconds, minutes or hours.
struct RunTime: ExpressibleByArgument {
    let seconds: Double

    init(seconds: Double) { self.seconds = seconds }

    init?(argument: String) {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
        guard let unit = argument.last.flatMap({ units[$0] }),
            let number = Double(argument.dropLast()), number > 0
        else { return nil }
        seconds = number * unit
    }

    var defaultValueDescription: String { "\(Int(seconds / 60))m" }
}

/// What several jobs of a soak share.
final class SoakProgress: Sendable {
    private struct State {
        var next: UInt64?
        var runs = 0
        var failed = 0
        var counts = Counts()
    }

    private let last: UInt64
    private let state: Mutex<State>

    init(_ seeds: SeedRange) {
        last = seeds.last
        state = Mutex(State(next: seeds.first))
    }

    /// The next seed; nil when there is none left.
    func next() -> UInt64? {
        state.withLock { state in
            guard let seed = state.next else { return nil }
            state.next = seed < last ? seed + 1 : nil
            return seed
        }
    }

    func add(_ run: SeparateRun) {
        state.withLock { state in
            state.runs += 1
            state.counts.add(run.counts)
        }
    }

    func fail() { state.withLock { $0.failed += 1 } }

    var result: (runs: Int, failed: Int, counts: Counts) {
        state.withLock { ($0.runs, $0.failed, $0.counts) }
    }
}

/// What several jobs of a proof share.
final class ProofProgress: Sendable {
    private let state: Mutex<(left: [Mutant], caught: Int)>

    init(_ mutants: [Mutant]) {
        state = Mutex((mutants.reversed(), 0))
    }

    /// The next rule to break; nil when there is none left.
    func next() -> Mutant? { state.withLock { $0.left.popLast() } }

    /// One more was noticed.
    func add() { state.withLock { $0.caught += 1 } }

    var caught: Int { state.withLock { $0.caught } }
}

/// Reports as people read them.
enum Words {
    private static func of(_ report: Simulation.Report) -> String {
        var lines = report.counts.lines
        lines.append("faults: \(report.faults.map(\.rawValue).joined(separator: ", "))")
        lines.append("\(report.steps) steps, trace \(report.traceDigest)")
        lines.append(verdict(of: report))
        return lines.joined(separator: "\n")
    }

    private static func verdict(of report: Simulation.Report) -> String {
        if let violation = report.violation { return "FAILED \(violation)" }
        guard report.isStopped else { return "every invariant held" }
        return """
            stopped at step \(report.steps), as asked: \(report.counts[.checks]) looks up to here found \
            nothing wrong; what must hold at the end of a run was not looked at
            """
    }

    /// Prints what a run came to, and ends with the exit status that says so.
    static func finish(_ report: Simulation.Report) throws {
        print(of(report))
        if report.violation != nil { throw ExitCode(1) }
    }

    /// Prints a line at once, into a file or a pipe as well.
    static func tell(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
