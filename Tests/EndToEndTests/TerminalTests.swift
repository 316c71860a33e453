import Foundation
import Testing

/// `kith` in a pseudo-terminal of 80 columns, and in pipes, with real plans.
@Suite struct TerminalTests {
    private let colour = "\u{1B}["

    @Test func `every page fits 80 columns, with colour on a terminal only`() throws {
        let made = try Workspace()
        let pair = try Pair(mayAttest: true, importing: try Bundles.real(atMost: 5, in: made))
        let home = pair.elm
        let resident = try pair.resident(
            "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch", "language=Welsh",
            "dateOfBirth=1941-11-19")
        try pair.sync()
        for (site, language) in [(home, "Cymraeg"), (pair.riverside, "English")] {
            try site.must(
                "resident", "edit", resident, "language=\(language)", "--reason",
                String(repeating: "As her daughter told us. ", count: 8))
        }
        try pair.sync()
        let plans = try home.list("plans", "plan", "list").compactMap { $0["short"] as? String }
        var pages = [
            "resident list", "plan list", "allergy list", "action list", "goal list",
            "contact list", "organisation list", "partnership list", "peer list", "conflict list",
            "conflict show \(resident).language", "resident show \(resident)",
            "record get \(resident)", "record history \(resident)", "status", "doctor", "verify",
            "rebuild --check", "--help", "resident --help", "import fhir --help",
        ].map { $0.split(separator: " ").map(String.init) }
        pages += plans.prefix(4).map { ["plan", "show", $0] }
        pages += [
            ["partnership", "show", Pair.partnership], ["partnership", "invite", Pair.partnership],
        ]
        var isColoured = false
        for page in pages {
            let shown = try Program.inTerminal(["--home", home.path] + page)
            #expect(shown.status == 0, "\(page) \(shown.output)")
            isColoured = isColoured || shown.output.contains(colour)
            for line in lines(shown.output) { #expect(line.count <= 80, "\(page): \(line)") }
            let piped = try Program.kith(["--home", home.path] + page)
            #expect(!piped.output.contains("\u{1B}") && piped.errors.isEmpty, "\(page)")
        }
        #expect(isColoured)
    }

    @Test func `progress goes to standard error only`() throws {
        let workspace = try Workspace()
        let home = try workspace.site("Elm House")
        try home.must("partnership", "create", "Elm", "--purpose", "Joint care plans")
        let errors = workspace.path + "/errors"
        let import1 = try workspace.file("1.json", Bundles.people(0..<10))
        let shown = try Program.inTerminal(
            ["--home", home.path, "import", "fhir", import1], errorsTo: errors)
        #expect(shown.status == 0)
        #expect(!shown.output.contains("Importing:"))
        #expect(try String(contentsOfFile: errors, encoding: .utf8).contains("Importing:"))
        let both = try Program.inTerminal(["--home", home.path, "import", "fhir", import1])
        #expect(both.output.contains("\r\(colour)KImporting:"), "it rewrites one line")
        let piped = try home.run("import", "fhir", import1)
        #expect(!piped.output.contains("Importing:") && !piped.errors.contains("\u{1B}"))
    }

    @Test func `a reader that goes away is no error, a full device is`() throws {
        let workspace = try Workspace()
        let home = try workspace.site("Elm House")
        let gone = try Program.shell(
            #""$0" --home "$1" resident list --json | true; echo "${PIPESTATUS[0]}""#, [home.path])
        #expect(gone.output == "0\n" && gone.errors.isEmpty, "\(gone)")
        let full = try Program.shell(#""$0" --home "$1" status >/dev/full"#, [home.path])
        expectOneLine(full, status: 1, "standard output cannot be written")
    }

    /// What a person sees: without colour, and without what was overwritten.
    private func lines(_ text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).map { line in
            let last = line.split(separator: "\r").last.map(String.init) ?? ""
            return last.replacing(/\u{1B}\[[0-9;]*[A-Za-z]/, with: "")
        }
    }
}
