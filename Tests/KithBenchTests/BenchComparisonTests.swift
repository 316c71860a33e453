import Foundation
import Testing

@testable import KithBench

@Suite struct BenchComparisonTests {
    private func report(_ measures: Measure...) -> BenchReport {
        BenchReport(isQuick: false, machine: Machine(), measures: measures)
    }

    @Test func `each measure shows both runs, the change, and what became of its target`() {
        let old = report(
            Measure("first-sync", 0.5, atLeast: 0.5, "a"), Measure("edits", 900, atMost: 450, "b"),
            Measure("gone-by", 1, atMost: 2, "c"))
        let new = report(
            Measure("first-sync", 0.4, atLeast: 0.5, "a"), Measure("edits", 400, atMost: 450, "b"),
            Measure("fresh", 1, atMost: 2, "d"))
        let comparison = BenchComparison(old: old, new: new)
        let rows = comparison.table.split(separator: "\n").map(String.init)
        func row(_ name: String) -> String { rows.first { $0.hasPrefix(name) } ?? "" }
        #expect(row("first-sync").contains("-20.0%") && row("first-sync").hasSuffix("NO MORE"))
        #expect(row("edits").contains("-55.6%") && row("edits").hasSuffix("yes now"))
        #expect(row("gone-by").hasSuffix("gone"))
        #expect(row("fresh").hasSuffix("yes, new"))
        #expect(rows.allSatisfy { $0.count <= 80 })
        #expect(comparison.lost == ["first-sync"])
    }

    @Test func `what run prints is read again, and a file that is none is named`() throws {
        let folder = FileManager.default.temporaryDirectory.path
        let path = folder + "/kith-compare-\(UInt32.random(in: 0 ... .max)).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try report(Measure("edits", 400, atMost: 450, "b")).json()
            .write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try BenchComparison(oldFile: path, newFile: path).lost.isEmpty)
        try "{}".write(toFile: path, atomically: true, encoding: .utf8)
        let problem = #expect(throws: BenchProblem.self) {
            try BenchComparison(oldFile: path, newFile: path)
        }
        #expect("\(try #require(problem))".contains(path))
        #expect(throws: BenchProblem.self) {
            try BenchComparison(oldFile: "/nowhere.json", newFile: path)
        }
    }
}
