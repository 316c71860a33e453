import Foundation
import Testing

/// The audit of three sites that work together, as the real programs note and print it.
@Suite struct AuditTests {
    private let trio: Trio

    init() throws {
        trio = try Trio()
    }

    private func audit(_ home: TestHome, _ filters: String...) throws -> [[String: Any]] {
        let finished = try Program.kith(["--home", home.path, "audit", "list", "--json"] + filters)
        return try #require(try finished.json()["audit"] as? [[String: Any]], "\(finished)")
    }

    private func act(_ home: TestHome, as name: String, _ arguments: String...) throws {
        let finished = try Program.kith(
            ["--home", home.path] + arguments, environment: ["KITH_USER_NAME": name])
        #expect(finished.status == 0, "\(finished)")
    }

    private func names(_ items: [[String: Any]]) -> Set<String> {
        Set(items.compactMap { ($0["actor"] as? [String: Any])?["name"] as? String })
    }

    @Test
    func `each site notes its own people and what went to which partner, and filters find it`()
        throws
    {
        let (elm, riverside, oak) = (trio.pair.elm, trio.pair.riverside, trio.oak)
        let resident = try trio.pair.resident("Whitfield")
        try trio.sync()
        let other = try trio.pair.resident("Okafor")
        try act(elm, as: "Nora \"Night\", RN", "resident", "show", resident)
        try act(elm, as: "=Anil", "resident", "show", other)
        try act(riverside, as: "Dr Rao", "resident", "edit", resident, "phone=01803 555123")
        try act(elm, as: "Manager", "backup", trio.pair.workspace.path + "/b")
        try trio.sync()

        // Who it was, and at which site: nobody's reading is noted elsewhere.
        #expect(names(try audit(elm, "--user", "nora")) == ["Nora \"Night\", RN"])
        #expect(names(try audit(elm, "--action", "administer")).contains("Manager"))
        #expect(names(try audit(riverside, "--action", "write")) == ["Dr Rao"])
        for home in [riverside, oak] { #expect(try audit(home, "--user", "Nora").isEmpty) }
        let exchanges = try audit(elm, "--action", "exchange")
        #expect(names(exchanges) == ["Riverside Surgery", "Oak Lodge"])
        #expect(names(try audit(oak, "--action", "exchange")) == ["Elm House"])
        // About whom, since when, until when, how many.
        let about = try audit(elm, "--record", resident)
        #expect(names(about).contains("Nora \"Night\", RN") && !names(about).contains("=Anil"))
        #expect(try audit(elm, "--since", "2999-01-01").isEmpty)
        #expect(try audit(elm, "--until", "2001-01-01").isEmpty)
        #expect(try audit(elm, "--since", "2001-01-01", "--until", "2999-01-01").count > 5)
        #expect(try audit(elm, "--limit", "2").compactMap { $0["number"] as? Int }.count == 2)
        for filters in [["--action", "look"], ["--since", "yesterday"], ["--limit", "0"]] {
            let refused = try Program.kith(["--home", elm.path, "audit", "list"] + filters)
            expectOneLine(refused, status: 2)
        }
        for home in trio.homes { #expect(try home.log().ok, "the chain of \(home.path)") }
    }

    @Test func `another program reads the comma-separated values, row for row`() throws {
        let elm = trio.pair.elm
        for name in ["Nora \"Night\", RN", "=HYPERLINK(1)", "Plain"] {
            try act(elm, as: name, "resident", "list", "--search", "a,b \"c\"")
        }
        try trio.sync()
        let items = try audit(elm, "--limit", "1000")
        let csv = try elm.must("audit", "list", "--csv", "--limit", "1000").output
        let file = try trio.pair.workspace.file("audit.csv", csv)
        let read = try Program.run(
            "/usr/bin/sqlite3",
            [
                "-csv", "-cmd", ".import --csv '\(file)' audit", ":memory:",
                "SELECT number, name, what FROM audit ORDER BY CAST(number AS INTEGER) DESC",
            ])
        #expect(read.status == 0 && read.errors.isEmpty, "\(read)")
        let count = try Program.run(
            "/usr/bin/sqlite3",
            ["-cmd", ".import --csv '\(file)' audit", ":memory:", "SELECT count(*) FROM audit"])
        // Reading the audit was noted as well, once between the two.
        #expect(count.output == "\(items.count + 1)\n", "\(count)")
        #expect(read.output.contains("\"Nora \"\"Night\"\", RN\""), "\(read.output)")
        #expect(read.output.contains("'=HYPERLINK(1)"), "no formula for a spreadsheet")
        #expect(!read.output.contains(",=HYPERLINK"))
        #expect(read.output.contains("searched for a,b"), "\(read.output)")
    }
}
