import Foundation
import Testing

/// Wrong input to the real programs: one line that says what to do, the status, nothing changed.
@Suite struct WrongInputTests {
    let workspace: Workspace
    let home: TestHome

    init() throws {
        workspace = try Workspace()
        home = try workspace.site("Elm House")
        try home.must("partnership", "create", "Elm and Riverside", "--purpose", "Joint care plans")
    }

    @Test func `a wrong command, flag or value is told and changes nothing`() throws {
        let before = try home.log()
        for (arguments, status, words) in [
            ([], 2, "kith --help"),
            (["frobnicate"], 2, "unknown command 'frobnicate'"),
            (["residant", "list"], 2, "did you mean resident"),
            (["status", "--frobnicate"], 2, "unknown option '--frobnicate'"),
            (["resident", "show", "zzzz"], 1, "use an id from a list"),
            (["resident", "add", "familyName=X", "nhsNumber=943 476 5918"], 2, "943 476 5919"),
            (
                ["resident", "add", "familyName=X", "dateOfBirth=1900-02-29"], 2,
                "a date that exists"
            ),
            (["resident", "add", "familyName=X", "dateOfBirth=2026-13"], 2, "a date that exists"),
            (["resident", "add", "familyName=A\u{1B}[2JB"], 2, "control character"),
            (["partnership", "join", "ABCDE", "--yes"], 2, "group 1 of the code is mistyped"),
            (["partnership", "invite", "Elm and Riverside"], 2, "--address HOST:PORT"),
            (["partnership", "create", "", "--purpose", "x"], 2, "NAME is empty"),
            (["sync"], 2, "nobody to sync with"),
            (["sync", "Nobody"], 1, "kith peer list"),
            (["conflict", "show", "ABCD.phone"], 1, "see 'kith record history ABCD'"),
        ] as [([String], Int32, String)] {
            let finished = try Program.kith(["--home", home.path] + arguments)
            expectOneLine(finished, status: status, words)
            #expect(finished.output.isEmpty, "\(arguments)")
            #expect(try home.log() == before, "\(arguments)")
        }
        expectOneLine(try Program.kith(["status"]), status: 2, "--home DIR", "KITH_HOME")
    }

    @Test func `a wrong flag or setting of the daemon is told before anything is opened`() throws {
        let before = try home.log()
        for (arguments, words) in [
            (["--frobnicate"], "--frobnicate"), (["--listen", "nonsense"], "HOST:PORT"),
            (["--listen", "127.0.0.1:99999"], "HOST:PORT"), (["--sync-at", "25:00"], "HH:MM"),
        ] {
            let finished = try Program.run(Program.kithd, ["--home", home.path] + arguments)
            expectOneLine(finished, status: 2, words)
        }
        expectOneLine(try Program.run(Program.kithd, []), status: 2, "--home DIR", "KITH_HOME")
        #expect(try home.log() == before)
    }

    @Test func `a bad file is told with its place, and imports nothing`() throws {
        let bundle = Bundles.people(1..<2)
        let (before, folder) = (try home.log(), workspace.path)
        let pipe = folder + "/pipe.json"
        #expect(mkfifo(pipe, 0o600) == 0)
        try FileManager.default.createDirectory(
            atPath: folder + "/empty", withIntermediateDirectories: false)
        let long = String(repeating: "n", count: 5000)
        let deep = String(repeating: "[", count: 100_000)
        for (path, words) in [
            (
                try workspace.file(
                    "double.json", #"{"resourceType": "Patient", "id": 1, "id": 2}"#),
                "double.json:1:38: expected each name once"
            ),
            (
                try workspace.file("cut.json", String(bundle.dropLast(20))),
                "found the end of the text"
            ),
            (try workspace.file("deep.json", deep), "deep.json:1:101"),
            (try workspace.file("empty.json", ""), "expected a value"),
            (try workspace.file("plain.json", "hello"), "expected a value"),
            (
                try workspace.file("date.json", bundle.replacing("1940-01-02", with: "1900-02-29")),
                "birthDate: expected"
            ),
            (try workspace.file("number.json", patient(nhsNumber: "9434765918")), "943 476 5919"),
            (folder + "/absent.json", "absent.json: does not exist"), (pipe, "a pipe"),
            (folder + "/empty", "holds no .json file"), ("/dev/zero", "a device"),
            (long, "a name that is too long"), ("a\u{1B}[2J.json", "a[U+001B][2J.json"),
        ] {
            let finished = try home.run("import", "fhir", path, limit: 20)
            expectOneLine(finished, status: 1, words)
            #expect(finished.output == "Nothing was imported.\n")
            #expect(try home.log() == before, "\(words)")
        }
    }

    @Test func `the good files beside a bad one are taken over, and the status says so`() throws {
        let finished = try home.run(
            "import", "fhir", try workspace.file("good.json", Bundles.people(1..<3)),
            try workspace.file("bad.json", "{"))
        #expect(finished.status == 1)
        #expect(finished.errors.contains("bad.json:1:2: expected"))
        #expect(try home.families() == ["Person1", "Person2"])
    }

    @Test func `a hostile name in a file cannot steer a terminal`() throws {
        let file = try workspace.file(
            "hostile.json",
            Bundles.people(1..<2).replacing("Person1", with: #"\u001b[2JPer\u202Eson\u0007"#))
        let finished = try home.run("import", "fhir", file)
        // Refused or shown as code points: either is safe.
        let shown = try home.must("resident", "list").output + finished.errors + finished.output
        #expect(shown.contains("U+001B") || finished.status == 1)
        let harmful = shown.unicodeScalars.filter {
            ($0.value < 0x20 && $0 != "\n") || $0.value == 0x202E || $0.value == 0x9B
        }
        #expect(harmful.isEmpty)
    }

    private func patient(nhsNumber: String) -> String {
        """
        {"resourceType": "Patient", "id": "p", "name": [{"family": "Person"}], "identifier": [
          {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "\(nhsNumber)"}]}
        """
    }
}
