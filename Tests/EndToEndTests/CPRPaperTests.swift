import Foundation
import Testing

/// The CPR disagreement of three sites on every page, print and file that the programs make: both values,
/// each with its date, who wrote it and where; nowhere one alone.
@Suite struct CPRPaperTests {
    private let workspace: Workspace
    private let practice: TestHome
    private let elm: TestHome
    private let trust: TestHome
    private let daemon: TestDaemon
    private let resident: String
    private static let partnership = "Riverside plans"

    /// The practice, and Elm which may not attest, and a trust that reads along; the first has a daemon.
    init() throws {
        workspace = try Workspace()
        practice = try workspace.site("Riverside Surgery", kind: "gp-practice")
        elm = try workspace.site("Elm House")
        trust = try workspace.site("Bay Trust", kind: "acute-trust")
        try practice.must(
            "partnership", "create", Self.partnership, "--purpose", "Joint care plans")
        daemon = try practice.daemon()
        for home in [elm, trust] {
            try home.must(
                "partnership", "join", try practice.invite(Self.partnership), "--yes")
        }
        try elm.must("resident", "add", "familyName=Whitfield", "givenName=Nell")
        resident = try #require(
            elm.list("residents", "resident", "list").first?["short"] as? String)
        try elm.must("sync")
        // Apart: a decision at the practice, and a claim of the home from a letter.
        try practice.must(
            "cpr-decision", "add", "--resident", resident, "decision.value=not-for",
            "decision.date=2026-11-20", "decision.reviewDate=2027-05-01", "--as", "Dr Rao",
            "--role", "GP")
        try elm.must(
            "cpr-decision", "add", "--resident", resident, "decision.value=for",
            "decision.date=2026-11-18", "decision.reviewDate=2027-03-05", "--as", "Sister Bell",
            "--role", "Nurse", "--reason", "hospital letter of 18 November")
        for _ in 0..<2 { for home in [elm, trust] { try home.must("sync") } }
    }

    /// The texts that each value needs beside it, in one place of each page.
    private static let sides: [(value: String, day: String, author: String, site: String)] = [
        ("Not for", "2026-11-20", "Dr Rao", "Riverside Surgery"),
        ("For", "2026-11-18", "Sister Bell", "Elm House"),
    ]

    private func words(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    @Test func `every view and print shows both, and that nobody has decided`() throws {
        for home in [practice, elm, trust] {
            let record = try #require(
                home.list("cprDecisions", "cpr-decision", "list").first?["short"] as? String)
            for command in [
                ["print", "pack", resident], ["print", "summary"], ["resident", "show", resident],
                ["cpr-decision", "show", record], ["record", "get", record],
                ["conflict", "show", "\(record).decision"],
            ] {
                let finished = try Program.kith(["--home", home.path] + command)
                #expect(finished.status == 0, "\(command): \(finished.errors)")
                let page = words(finished.output)
                for side in Self.sides {
                    for word in [side.day, side.author, side.site] {
                        #expect(page.contains(word), "\(command) lacks \(word): \(page)")
                    }
                }
                #expect(page.contains("Not for") || page.contains("NOT FOR"), "\(command): \(page)")
                let isMarked = ["!!", "SAFETY-CRITICAL", "DISAGREE"].contains(where: page.contains)
                #expect(isMarked, "\(command): \(page)")
            }
            let list = try home.run("cpr-decision", "list").output
            #expect(list.contains("2026-11-20") || list.contains("2 values"), "\(list)")
        }
    }

    @Test func `every export shows both, marked`() throws {
        for home in [practice, elm, trust] {
            let bundle = try Program.kith(["--home", home.path, "export", "fhir"])
            #expect(bundle.status == 0, "\(bundle.errors)")
            let entries = try #require(bundle.json()["entry"] as? [[String: Any]])
            let resources = entries.compactMap { $0["resource"] as? [String: Any] }
            let decisions = resources.filter {
                $0["resourceType"] as? String == "Observation"
                    && "\($0["valueCodeableConcept"] ?? "")".contains("resuscitation")
            }
            #expect(decisions.count == 2, "\(resources.map { $0["resourceType"] ?? "" })")
            for side in Self.sides {
                let own = try #require(
                    decisions.first { "\($0["effectiveDateTime"] ?? "")".hasPrefix(side.day) },
                    "\(decisions)")
                #expect("\(own["meta"] ?? "")".contains("undecided"), "\(own)")
            }
            let issues = resources.filter { $0["resourceType"] as? String == "DetectedIssue" }
            #expect(issues.count == 1)
            for side in Self.sides {
                let issue = "\(issues)"
                #expect(
                    issue.contains(side.author) && issue.contains(side.site)
                        && issue.contains(side.day), "\(issue)")
            }
            #expect(words(bundle.errors).contains("nobody has decided between"))
            let calendar = try Program.kith(["--home", home.path, "export", "calendar"]).output
            for (day, number) in [("20270501", 1), ("20270305", 1)] {
                #expect(calendar.contains(day), "\(number): \(calendar)")
            }
            #expect(calendar.components(separatedBy: "UNDECIDED (").count == 3, "\(calendar)")
        }
    }

    @Test func `the home assigns and cannot pick, and what the clinician decides is on every page`()
        throws
    {
        let record = try #require(
            elm.list("cprDecisions", "cpr-decision", "list").first?["short"] as? String)
        let conflict = "\(record).decision"
        try elm.must("conflict", "assign", conflict, "Dr Rao", "--due", "2026-12-01")
        let refused = try elm.run(
            "conflict", "resolve", conflict, "--pick", "1", "--seen", elm.version(of: record),
            "--reason", "x", "--attest", "--performer", "Dr Rao", "--performer-role", "GP")
        #expect(refused.status == 2 && refused.errors.contains("Riverside Surgery"))
        try elm.must("sync")
        let view = try practice.json("conflict", "show", conflict)
        #expect(view["owners"] as? [String] == ["Dr Rao"])
        try practice.must(
            "conflict", "resolve", conflict, "--value", "decision.value=not-for",
            "decision.date=2026-11-25", "--seen", practice.version(of: record), "--reason",
            "talked with her and her son", "--attest", "--performer", "Dr Rao",
            "--performer-role", "GP")
        for home in [elm, trust] {
            try home.must("sync")
            let pack = words(try home.run("print", "pack", resident).output)
            #expect(pack.contains("2026-11-25") && pack.contains("Dr Rao"), "\(pack)")
            #expect(!pack.contains("2026-11-18"), "what was decided is no candidate any more")
            #expect(try home.list("conflicts", "conflict", "list").isEmpty)
        }
    }
}
