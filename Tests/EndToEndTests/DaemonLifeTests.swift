import Foundation
import Testing

/// The daemon from start to stop, and its nights.
@Suite struct DaemonLifeTests {
    @Test func `SIGTERM ends it within seconds, with status 0 and without its socket`() throws {
        let workspace = try Workspace()
        let home = try workspace.site("Elm House")
        let socket = home.path + "/control.sock"
        for signals in 1...2 {
            let daemon = try home.daemon()
            #expect(FileManager.default.fileExists(atPath: socket))
            let begun = Date()
            for _ in 0..<signals { daemon.program.terminate() }
            let finished = try daemon.stop()
            #expect(finished.status == 0, "\(finished.errors)")
            #expect(Date().timeIntervalSince(begun) < 10)
            #expect(!FileManager.default.fileExists(atPath: socket))
        }
        #expect(try home.log().ok)
        let log = home.path + "/kith.sqlite-wal"
        #expect(
            FileManager.default.contents(atPath: log)?.isEmpty != false,
            "all is in the database file, which is what people copy")
    }

    @Test func `SIGTERM in the middle of an import is told to whoever waits for it`() throws {
        let pair = try Pair()
        let file = try pair.workspace.file("people.json", Bundles.people(0..<1200))
        let program = try Program.start(
            Program.kith, ["--home", pair.elm.path, "import", "fhir", file])
        program.write(nil)
        #expect(program.says("Importing: 500", within: 60))
        #expect(try pair.daemon.stop().status == 0)
        let finished = program.finished()
        #expect(finished.status == 1)
        let told = finished.errors.split(separator: "\n").filter { $0.hasPrefix("kith: ") }
        #expect(told.count == 1 && told.first?.contains("then repeat it") == true)
        #expect(try pair.elm.log().ok)
        #expect(try pair.elm.run("rebuild", "--check").status == 0)
        let kept = try pair.elm.families().count
        #expect((1..<1200).contains(kept), "\(kept) of 1200 residents")
    }

    @Test func `a suspended daemon is given up with one line, and serves again when resumed`()
        throws
    {
        let workspace = try Workspace()
        let home = try workspace.site("Elm House")
        let daemon = try home.daemon()
        daemon.program.signal(SIGSTOP)
        let finished = try home.run("status", limit: 60)
        daemon.program.signal(SIGCONT)
        expectOneLine(finished, status: 1, "does not answer", "resume or restart it")
        #expect(try home.run("status").status == 0)
    }

    @Test func `with its port in use it ends with one line, before any sync`() throws {
        let pair = try Pair()
        let before = try pair.riverside.json("peer", "list")
        let finished = try Program.run(
            Program.kithd, ["--home", pair.riverside.path, "--listen", pair.daemon.address])
        expectOneLine(finished, status: 1, pair.daemon.address, "--listen HOST:PORT")
        let after = try pair.riverside.json("peer", "list")
        #expect(NSDictionary(dictionary: before) == NSDictionary(dictionary: after))
    }

    @Test func `a peer that is down fails the sync with one line that says what to look at`() throws
    {
        let pair = try Pair()
        let before = try pair.riverside.log()
        try pair.daemon.stop()
        for arguments in [["sync"], ["sync", "Elm House"], ["sync", "--json"]] {
            let finished = try Program.kith(["--home", pair.riverside.path] + arguments)
            expectOneLine(
                finished, status: 1, "Elm House", pair.daemon.address, "that kithd runs there")
        }
        #expect(try pair.riverside.log() == before)
    }

    @Test func `at the configured time a change reaches the partner, and nobody asked for it`()
        throws
    {
        let pair = try Pair()
        // The next full minute, unless it is too near for what comes before.
        let time = Date(timeIntervalSinceNow: 75)
        let clock = DateFormatter()
        clock.locale = Locale(identifier: "en_GB")
        clock.timeZone = TimeZone(identifier: "Europe/London")
        clock.dateFormat = "HH:mm"
        let settings = "sync:\n  at: \"\(clock.string(from: time))\"\n  jitter: 0\n"
        try settings.write(
            toFile: pair.riverside.path + "/kith.yaml", atomically: true, encoding: .utf8)
        let daemon = try pair.riverside.daemon()
        // A site that never kept a night catches up at once.
        let ended = "the nightly sync has ended"
        #expect(daemon.program.says(ended, within: 60))
        try pair.elm.must("resident", "add", "familyName=Whitfield")
        #expect(try !pair.riverside.families().contains("Whitfield"))
        #expect(daemon.program.says(ended, times: 2, within: 120), "\(daemon.program.errorText)")
        #expect(try pair.riverside.families().contains("Whitfield"))
        try daemon.stop()
        #expect(try pair.elm.digests() == pair.riverside.digests())
    }
}
