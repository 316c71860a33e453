import Foundation
import Testing

/// The recovery kit with the real programs, from the page to a new machine.
@Suite struct RecoveryTests {
    private let passphrase = "four plain words here"

    @Test func `a home that is gone comes back from the page and its partner`() throws {
        let pair = try Pair()
        let resident = try pair.resident("Whitfield")
        try pair.sync()
        let words = try pair.workspace.file("words", passphrase)
        let page = pair.workspace.path + "/kit.txt"
        try pair.riverside.must("recovery-kit", page, "--passphrase-file", words)
        let id = try pair.riverside.json("status")["site"] as? [String: Any]
        try FileManager.default.removeItem(atPath: pair.riverside.path)

        let home = TestHome(path: pair.workspace.path + "/again")
        let wrong = try pair.workspace.file("wrong", "four plain words there")
        let refused = try home.run("recover", page, "--passphrase-file", wrong)
        expectOneLine(refused, status: 2, "the passphrase does not open this recovery kit")
        var typed = try String(contentsOfFile: page, encoding: .utf8)
        let line = try #require(typed.firstMatch(of: /[ ]2: ....../)).range
        typed.replaceSubrange(line, with: " 2: 000000")
        let mistyped = try home.run(
            "recover", pair.workspace.file("typed", typed), "--passphrase-file", words)
        expectOneLine(mistyped, status: 2, "line 2 of the recovery kit is mistyped in its group 1")
        #expect(!FileManager.default.fileExists(atPath: home.path))

        let recovered = try home.must("recover", page, "--passphrase-file", words)
        #expect(recovered.output.contains("in Elm and Riverside"), "\(recovered)")
        let again = try home.json("status")["site"] as? [String: Any]
        #expect(again?["site"] as? String == id?["site"] as? String)
        #expect(try home.families() == ["Whitfield"])
        #expect(try home.digests() == pair.elm.digests())
        try home.must("resident", "edit", resident, "phone=01803 555123")
        try home.must("sync")
        #expect(try home.digests() == pair.elm.digests())
    }

    @Test func `a passphrase is not shown, and an interruption leaves the terminal as it was`()
        throws
    {
        let workspace = try Workspace()
        let home = try workspace.site("Elm House")
        let page = workspace.path + "/kit.txt"
        let made = try typing(
            "four plain words hex\u{7F}re\n\(passphrase)\n", "--home", home.path, "recovery-kit",
            page)
        #expect(made.status == 0, "\(made)")
        #expect(!made.output.contains("plain") && made.output.contains("once more"))
        let words = try workspace.file("words", passphrase)
        let recovered = try Program.kith([
            "--home", workspace.path + "/new", "recover", page, "--passphrase-file", words,
        ])
        #expect(recovered.status == 0, "\(recovered)")
        let stopped = try typing("four\u{3}", "--home", home.path, "recovery-kit")
        #expect(stopped.status == 2 && stopped.output.contains("no passphrase was given"))
        #expect(stopped.output.contains(" echo "), "stty says so afterwards: \(stopped)")
    }

    /// Types at a terminal once it has asked; afterwards `stty` says how the terminal is.
    private func typing(_ keys: String, _ arguments: String...) throws -> Finished {
        let words = ([Program.kith] + arguments).map { "'\($0)'" }.joined(separator: " ")
        let script = "\(words); status=$?; stty -a; exit $status"
        let program = try Program.start(
            "/usr/bin/script", ["-qec", script, "/dev/null"],
            environment: ["TERM": "xterm", "SHELL": "/bin/sh"])
        let end = Date(timeIntervalSinceNow: 60)
        while program.outputBytes == 0, program.isRunning, Date() < end { usleep(20_000) }
        program.write(keys)
        if !program.wait(seconds: 120) { program.kill() }
        return program.finished()
    }
}
