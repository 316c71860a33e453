import Foundation

/// What changed between two runs.
package struct BenchComparison {
    private let old: BenchReport
    private let new: BenchReport

    /// Compares two runs.
    package init(old: BenchReport, new: BenchReport) {
        self.old = old
        self.new = new
    }

    /// Reads two files that `kith-bench run --json` printed.
    ///
    /// Errors: `BenchProblem` with one line that names the file that is none.
    package init(oldFile: String, newFile: String) throws {
        self.init(old: try Self.report(oldFile), new: try Self.report(newFile))
    }

    private static func report(_ path: String) throws -> BenchReport {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw BenchProblem("\(path) cannot be read; give a file of 'kith-bench run --json'")
        }
        do {
            return try JSONDecoder().decode(BenchReport.self, from: bytes)
        } catch {
            throw BenchProblem("\(path) is not what 'kith-bench run --json' prints")
        }
    }

    /// The names of measures that reached their target before and do not any more.
    package var lost: [String] {
        new.measures.filter { measure in
            !measure.reached && old.measures.contains { $0.name == measure.name && $0.reached }
        }.map(\.name)
    }

    /// The comparison as people read it, at most 80 columns wide.
    ///
    /// A measure in one run only says so. What makes the two hard to compare is said first.
    package var table: String {
        var lines = differences
        if !lines.isEmpty { lines.append("") }
        let title = "Measure".padding(toLength: 24, withPad: " ", startingAt: 0)
        lines.append("\(title)     old       new    change    target  reached")
        let names = old.measures.map(\.name)
        let added = new.measures.map(\.name).filter { !names.contains($0) }
        for name in names + added { lines.append(row(name)) }
        return lines.joined(separator: "\n")
    }

    private func row(_ name: String) -> String {
        let before = old.measures.first { $0.name == name }
        let after = new.measures.first { $0.name == name }
        let title = String(name.prefix(24)).padding(toLength: 24, withPad: " ", startingAt: 0)
        let numbers =
            Self.number(before?.ratio) + "  " + Self.number(after?.ratio) + "  "
            + Self.change(before?.ratio, after?.ratio) + "  "
            + Self.number(after?.target ?? before?.target)
        return title + numbers + "  " + Self.verdict(before?.reached, after?.reached)
    }

    private static func verdict(_ before: Bool?, _ after: Bool?) -> String {
        switch (before, after) {
        case (true, true): "yes"
        case (false, false): "no"
        case (true, false): "NO MORE"
        case (false, true): "yes now"
        case (nil, let after?): after ? "yes, new" : "no, new"
        case (_, nil): "gone"
        }
    }

    private static func change(_ before: Double?, _ after: Double?) -> String {
        guard let before, let after, before != 0 else { return pad("-", to: 8) }
        return pad(String(format: "%+.1f%%", (after / before - 1) * 100), to: 8)
    }

    private static func number(_ value: Double?) -> String {
        guard let value else { return pad("-", to: 8) }
        return pad(String(format: value < 10 ? "%.3f" : "%.0f", value), to: 8)
    }

    private static func pad(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(width - text.count, 0)) + text
    }

    /// What else differed than the program.
    private var differences: [String] {
        var lines: [String] = []
        if old.isQuick != new.isQuick {
            lines.append("One run was at a tenth of the sizes: the two do not compare.")
        }
        if !old.machine.isOptimised || !new.machine.isOptimised {
            lines.append("NOT an optimised build, in one of the runs at least.")
        }
        if old.machine.processor != new.machine.processor || old.machine.cores != new.machine.cores
        {
            lines.append("The machines differ: ratios compare, numbers without a baseline do not.")
        }
        return lines
    }
}
