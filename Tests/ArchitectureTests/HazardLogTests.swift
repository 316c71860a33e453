import Foundation
import Testing

@Suite struct HazardLogTests {
    private let rows: [[String]]

    init() throws {
        let page = try String(
            contentsOf: TestNames.folder.deletingLastPathComponent()
                .appendingPathComponent("SAFETY.md"), encoding: .utf8)
        rows = page.split(separator: "\n").filter { $0.hasPrefix("|") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    private func names(in cell: String) -> [String] {
        cell.matches(of: /`([^`]+)`/).map { String($0.1) }
    }

    @Test func `every hazard has a control, a score that is left open, and tests that exist`()
        throws
    {
        let known = try TestNames.all()
        let hazards = rows.filter { $0[0].wholeMatch(of: /H\d+/) != nil }
        #expect(hazards.map { $0[0] } == (1...14).map { "H\($0)" })
        for row in hazards {
            try #require(row.count == 5, "\(row[0])")
            #expect(!row[1].isEmpty && !row[2].isEmpty, "\(row[0])")
            #expect(row[3] == "for the CSO", "\(row[0])")
            #expect(!names(in: row[4]).isEmpty, "\(row[0])")
            for name in names(in: row[4]) { #expect(known.contains(name), "\(row[0]): \(name)") }
        }
    }

    @Test func `every promise of the page names tests that exist`() throws {
        let known = try TestNames.all()
        let promises = rows.filter { $0.count == 2 && !names(in: $0[1]).isEmpty }
        #expect(promises.count >= 5)
        for row in promises {
            for name in names(in: row[1]) { #expect(known.contains(name), "\(row[0]): \(name)") }
        }
    }

    @Test func `every field of the versioned record and the change log is answered`() {
        let fields = rows.filter {
            $0[0].hasPrefix("Versioned record: ") || $0[0].hasPrefix("Change log: ")
        }
        #expect(
            fields.map { String($0[0].split(separator: ": ")[1]) } == [
                "Record uid", "Version number", "Date", "Change type", "System identifier",
                "Committer", "Record uid", "Record version", "Description",
                "Reason for attestation", "Proof",
            ])
        #expect(fields.allSatisfy { $0.count == 3 && !$0[2].isEmpty })
    }
}
