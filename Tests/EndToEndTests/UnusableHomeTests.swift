import Foundation
import Testing

/// Homes that cannot be used: both programs say why in one line, and leave every file as it was.
@Suite struct UnusableHomeTests {
    let workspace: Workspace
    let home: TestHome

    init() throws {
        workspace = try Workspace()
        home = try workspace.site("Elm House")
    }

    @Test func `a folder that is missing, no site, or open to others is refused`() throws {
        try expectRefused(workspace.path + "/absent", "there is no folder", "init")
        let plain = workspace.path + "/plain"
        try FileManager.default.createDirectory(
            atPath: plain, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700])
        try expectRefused(plain, "is not a site", "init")
        try expectRefused(try workspace.file("file", "x"), "is not a folder")
        #expect(chmod(home.path, 0o750) == 0)
        try expectRefused(home.path, "other users can read", "chmod 700")
        #expect(chmod(home.path, 0o700) == 0)
        #expect(chmod(home.path + "/identity.pem", 0o640) == 0)
        try expectRefused(home.path, "identity.pem", "chmod 600")
    }

    @Test(.enabled(if: geteuid() == 0, "only root gives a folder to somebody else"))
    func `a folder of another account is refused, whatever its mode`() throws {
        #expect(chown(home.path, 65_534, 65_534) == 0)
        try expectRefused(home.path, "belongs to another user", "as its owner")
        #expect(chown(home.path, 0, 0) == 0)
        #expect(try home.run("status").status == 0)
    }

    @Test func `a database that is newer, foreign or damaged is refused`() throws {
        try sqlite("PRAGMA user_version = 99")
        try expectRefused(home.path, "newer version of Kith", "install that version")
        try sqlite("PRAGMA user_version = 1; PRAGMA application_id = 7")
        try expectRefused(home.path, "not one of Kith")
        let database = home.path + "/kith.sqlite"
        for file in [database, database + "-wal", database + "-shm"] {
            try? FileManager.default.removeItem(atPath: file)
        }
        try "This is no database, and never was one.".write(
            toFile: database, atomically: true, encoding: .utf8)
        try expectRefused(home.path, "damaged", "restore the last backup")
    }

    @Test func `a home that is made again keeps its keys`() throws {
        let before = try contents(home.path)
        let finished = try home.run("init", "--name", "Oak House", "--kind", "care-home")
        expectOneLine(finished, status: 1, "is a site already")
        #expect(try contents(home.path) == before)
    }

    @Test func `while another process has the home, the programs say so and wait for nothing`()
        throws
    {
        let daemon = try home.daemon()
        let second = try Program.run(
            Program.kithd, ["--home", home.path, "--listen", "127.0.0.1:0"], limit: 20)
        expectOneLine(second, status: 1, "another process is using", home.path)
        #expect(try home.run("status").status == 0, "the first goes on")
        try daemon.stop()
        let holder = try Program.shell(
            #"exec 9>"$1/lock" && flock 9 && "$0" --home "$1" status"#, [home.path])
        expectOneLine(holder, status: 1, "another process is using", home.path)
    }

    @Test(.enabled(if: Program.mayIsolate, "this account may not make private mounts"))
    func `a read-only home is told, and read-only it stays`() throws {
        let mount = #"mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && "#
        for command in ["status", "resident add familyName=X", "verify --json"] {
            expectOneLine(
                try Program.isolated(mount + #""$0" --home "$1" "# + command, [home.path]),
                status: 1, "cannot be written", "read-only")
        }
        let daemon = try Program.isolated(
            mount + #""${0}d" --home "$1" --listen 127.0.0.1:0"#, [home.path])
        expectOneLine(daemon, status: 1, "cannot be written", "read-only")
        #expect(try home.run("status").status == 0)
    }

    @Test(.enabled(if: Program.mayIsolate, "this account may not make private mounts"))
    func `a full disk is told in one line, and what was saved stays`() throws {
        try home.must("partnership", "create", "Elm", "--purpose", "Joint care plans")
        try home.must("resident", "add", "familyName=Whitfield")
        let file = try workspace.file("people.json", Bundles.people(0..<300))
        // Room for a little more than the home; the rest of what happens there is lost with it.
        let finished = try Program.isolated(
            #"""
            disk="$2/disk" && mkdir "$disk" || exit 90
            mount -t tmpfs -o size=1m,mode=700 none "$disk" && cp -a "$1" "$disk/home" || exit 91
            head -c 1m /dev/zero 2>/dev/null >"$disk/rest"
            "$0" --home "$disk/home" resident add familyName=Late 2>"$2/errors" && exit 92
            rm "$disk/rest"
            "$0" --home "$disk/home" import fhir "$3" 2>>"$2/errors" && exit 93
            "$0" --home "$disk/home" verify >/dev/null || exit 95
            "$0" --home "$disk/home" rebuild --check >/dev/null || exit 96
            "$0" --home "$disk/home" resident list --all
            """#, [home.path, workspace.path, file])
        #expect(finished.status == 0, "\(finished.status) \(finished.errors)")
        #expect(finished.output.contains("Whitfield"))
        #expect(!finished.output.contains("Late"))
        let errors = try String(contentsOfFile: workspace.path + "/errors", encoding: .utf8)
        let told = errors.split(separator: "\n").filter { !$0.hasPrefix("Importing: ") }
        #expect(told.count == 2, "\(errors)")
        for line in told { #expect(line.contains("the disk is full"), "\(line)") }
    }

    // MARK: Pieces

    private func sqlite(_ sql: String) throws {
        let finished = try Program.run("/usr/bin/sqlite3", [home.path + "/kith.sqlite", sql])
        guard finished.status == 0 else { throw TestProblem(finished.errors) }
    }

    /// Every file of a folder with its bytes; the index of the write-ahead log, and files without a
    /// byte, hold nothing of the site.
    private func contents(_ path: String) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
            files[name] = FileManager.default.contents(atPath: path + "/" + name)
        }
        return files.filter { !$0.key.hasSuffix("-shm") && !$0.value.isEmpty }
    }

    private func expectRefused(
        _ path: String, _ words: String..., from location: SourceLocation = #_sourceLocation
    ) throws {
        let before = try contents(path)
        for finished in [
            try Program.kith(["--home", path, "resident", "add", "familyName=X"]),
            try Program.kith(["--home", path, "resident", "list", "--json"]),
            try Program.run(Program.kithd, ["--home", path, "--listen", "127.0.0.1:0"], limit: 20),
        ] {
            expectOneLine(finished, status: 1, at: location)
            for word in words {
                #expect(
                    finished.errors.contains(word), "\(finished.errors)", sourceLocation: location)
            }
            #expect(finished.output.isEmpty, sourceLocation: location)
        }
        #expect(try contents(path) == before, sourceLocation: location)
    }
}
