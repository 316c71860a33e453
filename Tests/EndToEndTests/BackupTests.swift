import Foundation
import Testing

/// Backup and restore by the real programs, at a site that works with two others.
@Suite struct BackupTests {
    private var trio: Trio
    private let backup: String
    private let passphrase = "four plain words here"

    private var elm: TestHome { trio.pair.elm }
    private var workspace: Workspace { trio.pair.workspace }

    init() throws {
        trio = try Trio()
        backup = trio.pair.workspace.path + "/elm.backup"
    }

    @Test
    mutating func `a backup that is written while people save holds all from before it, whole`()
        throws
    {
        // One after the other is saved, and two partners call all the while.
        let writer = try Program.start(
            "/bin/bash",
            [
                "-c",
                #"n=0; while [ ! -e "$1/stop" ]; do n=$((n + 1)); "#
                    + #""$0" --home "$1" resident add "familyName=Number$n" >/dev/null || exit 1; "#
                    + #"echo "saved $n"; done"#,
                Program.kith, elm.path,
            ])
        #expect(writer.prints("saved", times: 5, within: 120), "\(writer.errorText)")
        let saved = writer.outputText.split(separator: "\n").count
        try trio.sync()
        let written = try elm.must("backup", backup)
        #expect(written.output.contains("and checked them"), "\(written)")
        #expect(writer.prints("saved", times: saved + 5, within: 120), "it was held up by nothing")
        try workspace.stop(writer, at: elm)
        let all = try elm.families()
        try trio.sync()

        // Another program finds one whole file of an account's own, and none beside it.
        let check = try Program.run("/usr/bin/sqlite3", [backup, "PRAGMA integrity_check"])
        #expect(check.output == "ok\n", "\(check)")
        let attributes = try FileManager.default.attributesOfItem(atPath: backup)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let beside = try FileManager.default.contentsOfDirectory(atPath: workspace.path)
        #expect(beside.filter { $0.hasPrefix("elm.backup") } == ["elm.backup"])

        try trio.pair.daemon.stop()
        let restored = try elm.must("restore", backup, "--yes")
        #expect(restored.output.contains("'kith sync' brings back what partners hold"))
        let then = try elm.families()
        #expect(then.isSuperset(of: (1...saved).map { "Number\($0)" }) && then.count < all.count)
        #expect(try elm.log().ok)
        #expect(try elm.run("rebuild", "--check").status == 0)
        // What came after it comes back, and all three are the same.
        trio.pair.daemon = try elm.daemon("--listen", trio.pair.daemon.address)
        try trio.sync()
        #expect(try elm.families() == all)
        for home in trio.homes { #expect(try home.digests() == elm.digests(), "\(home.path)") }
        #expect(try elm.must("doctor").output.contains("a backup was restored"))
    }

    @Test
    mutating func `what would make a bad backup is found when it is read back, and none is left`()
        throws
    {
        _ = try trio.pair.resident("Whitfield")
        let taken = try workspace.file("taken", "something of mine")
        expectOneLine(try elm.run("backup", taken), status: 1, "a file of that name already")
        #expect(try String(contentsOfFile: taken, encoding: .utf8) == "something of mine")
        expectOneLine(
            try elm.run("backup", workspace.path + "/absent/file"), status: 1, "another folder")
        try trio.pair.daemon.stop()
        let damage = """
            UPDATE part SET body = CAST(substr(body, 1, 20) || x'00' || substr(body, 22) AS BLOB)
            WHERE entry = (SELECT max(entry) FROM part WHERE body IS NOT NULL)
            """
        let finished = try Program.run("/usr/bin/sqlite3", [elm.path + "/kith.sqlite", damage])
        #expect(finished.status == 0, "\(finished)")
        let refused = try elm.run("backup", backup)
        expectOneLine(refused, status: 1, "the database is damaged", "keep the last good backup")
        #expect(refused.output.isEmpty)
        let left = try FileManager.default.contentsOfDirectory(atPath: workspace.path)
        #expect(!left.contains { $0.hasPrefix("elm.backup") }, "\(left)")
    }

    @Test mutating func `a file that cannot be restored is told in one line, and leaves no trace`()
        throws
    {
        _ = try trio.pair.resident("Whitfield")
        try trio.sync()
        try elm.must("backup", backup)
        let theirs = workspace.path + "/riverside.backup"
        try trio.pair.riverside.must("backup", theirs)
        expectOneLine(
            try elm.run("restore", backup, "--yes"), status: 1, "stop kithd, then restore")
        try trio.pair.daemon.stop()
        let whole = try Data(contentsOf: URL(fileURLWithPath: backup))
        func file(_ name: String, _ bytes: Data) throws -> String {
            let path = workspace.path + "/" + name
            try bytes.write(to: URL(fileURLWithPath: path))
            return path
        }
        var flipped = whole
        for offset in stride(from: 4096 * 3, to: whole.count, by: 997) { flipped[offset] ^= 0x55 }
        let newer = try file("newer", whole)
        #expect(
            try Program.run("/usr/bin/sqlite3", [newer, "PRAGMA user_version = 99"]).status == 0)
        let before = try contents(elm)
        for (path, status, words) in [
            (theirs, 1, "not of this one"),
            (try file("half", whole.prefix(whole.count / 2)), 1, "damaged"),
            (try file("start", whole.prefix(100)), 1, "damaged"),
            (try file("none", Data()), 1, "not a backup"),
            (try file("flipped", flipped), 1, "damaged"), (newer, 1, "newer version of Kith"),
            (elm.path + "/identity.pem", 1, "not a backup"),
            (elm.path + "/kith.sqlite", 1, "not a backup"),
            (workspace.path + "/absent", 2, "there is no file"),
            (workspace.path, 2, "is not a file"), ("/dev/zero", 2, "is not a file"),
        ] as [(String, Int32, String)] {
            let refused = try elm.run("restore", path, "--yes", limit: 60)
            expectOneLine(refused, status: status, words)
            #expect(refused.output.isEmpty, "\(path)")
            #expect(try contents(elm) == before, "\(path)")
        }
        // Nobody said yes.
        #expect(try elm.run("restore", backup, input: "n\n").status != 0)
        #expect(try contents(elm) == before)
    }

    @Test mutating func `a lost machine comes back from its backup and the kit beside it, alone`()
        throws
    {
        let words = try workspace.file("words", passphrase)
        _ = try trio.pair.resident("Early")
        try trio.sync()
        try elm.must("backup", backup, "--with-identity", "--passphrase-file", words)
        let text = try Data(contentsOf: URL(fileURLWithPath: backup))
        let key = try String(contentsOfFile: elm.path + "/identity.pem", encoding: .utf8)
            .split(separator: "\n")[1]
        #expect(text.range(of: Data(key.utf8)) == nil, "the backup itself holds no key")
        _ = try trio.pair.resident("Late")
        try trio.sync()
        let site = try elm.json("status")["site"] as? [String: Any]
        try trio.pair.daemon.stop()
        try FileManager.default.removeItem(atPath: elm.path)

        let wrong = try workspace.file("wrong", "four plain words there")
        expectOneLine(
            try elm.run("recover", backup + ".kit", "--passphrase-file", wrong), status: 2,
            "the passphrase does not open this recovery kit")
        #expect(!FileManager.default.fileExists(atPath: elm.path))
        // No partner's daemon runs: nobody but the kit and the backup is there to help.
        let made = try elm.run("recover", backup + ".kit", "--passphrase-file", words)
        #expect(FileManager.default.fileExists(atPath: elm.path), "\(made)")
        try elm.must("restore", backup, "--yes")
        #expect(try elm.families() == ["Early"])
        #expect(
            (try elm.json("status")["site"] as? [String: Any])?["site"] as? String
                == site?["site"] as? String)
        trio.pair.daemon = try elm.daemon("--listen", trio.pair.daemon.address)
        _ = try trio.pair.resident("After")
        try trio.sync()
        for home in trio.homes {
            #expect(try home.families() == ["Early", "Late", "After"], "\(home.path)")
            #expect(try home.digests() == elm.digests(), "\(home.path)")
            #expect((try home.json("status")["forks"] as? [Any])?.isEmpty == true)
        }
    }

    /// Every file of a home with its bytes.
    private func contents(_ home: TestHome) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: home.path) {
            files[name] = FileManager.default.contents(atPath: home.path + "/" + name)
        }
        return files.filter { !$0.key.hasSuffix("-shm") && !$0.value.isEmpty }
    }
}

extension Workspace {
    /// Lets a loop that looks for it come to its end.
    fileprivate func stop(_ writer: Running, at home: TestHome) throws {
        let sign = home.path + "/stop"
        try Data().write(to: URL(fileURLWithPath: sign))
        let ended = writer.wait(seconds: 60)
        try FileManager.default.removeItem(atPath: sign)
        guard ended, writer.finished().status == 0 else {
            throw TestProblem("the writer: \(writer.errorText)")
        }
    }
}
