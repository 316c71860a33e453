import Foundation
import Testing

/// Deciding conflicts where nothing can be saved: the programs say why in one line and leave what was
/// typed in a file that they name; what stood before stands.
@Suite struct ConflictTroubleTests {
    private let pair: Pair
    private let resident: String
    /// Where what was typed is kept.
    private let folder: String

    /// Two sites that disagree about a date of birth and a language; an address was decided.
    init() throws {
        pair = try Pair(mayAttest: true)
        resident = try pair.resident("Whitfield")
        try pair.sync()
        for (home, day, language, address) in [
            (pair.elm, "20", "Welsh", "12 Hill Road"),
            (pair.riverside, "21", "English", "2 Hill Road"),
        ] {
            try home.must(
                "resident", "edit", resident, "dateOfBirth=1941-11-\(day)", "language=\(language)",
                "address=\(address)", "--seen", home.version(of: resident))
        }
        try pair.sync()
        folder = pair.workspace.path + "/kept"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false)
        try pair.elm.must(
            "conflict", "resolve", "\(resident).address", "--pick", "1", "--seen",
            pair.elm.version(of: resident), "--reason", "the rent book")
        try pair.daemon.stop()
    }

    /// Every command that writes, and words in it that would be missed.
    private func commands() throws -> [(arguments: [String], typed: String)] {
        let seen = try pair.elm.version(of: resident)
        return [
            (
                [
                    "resolve", "\(resident).dateOfBirth", "--pick", "1", "--seen", seen, "--reason",
                    "rang the family twice",
                ], "rang the family twice"
            ),
            (
                [
                    "resolve", "\(resident).language", "--value", "language=Cymraeg", "--seen",
                    seen,
                    "--reason", "asked her",
                ], "language=Cymraeg"
            ),
            (
                [
                    "resolve-all", "--field", "language", "--prefer-site", "Riverside Surgery",
                    "--reason", "the practice asked", "--yes", "--seen", seen,
                ], "the practice asked"
            ),
            (
                [
                    "assign", "\(resident).language", "Ann", "--due", "2026-12-01", "--note",
                    "ask the son",
                ], "ask the son"
            ),
            (["note", "\(resident).language", "the ward has her card"], "the ward has her card"),
            (
                ["undo", "\(resident).address", "--reason", "a slip of the pen"],
                "a slip of the pen"
            ),
        ]
    }

    /// Expects a command to have failed, and its words in the file that it names.
    private func expectKept(
        _ finished: Finished, _ typed: String, _ words: String...,
        at location: SourceLocation = #_sourceLocation
    ) throws {
        expectOneLine(finished, status: 1, at: location)
        for word in words {
            #expect(finished.errors.contains(word), "\(finished.errors)", sourceLocation: location)
        }
        #expect(finished.output.isEmpty, sourceLocation: location)
        let parts = finished.errors.components(separatedBy: "what you typed is in ")
        guard parts.count == 2 else {
            Issue.record("no one file is named: \(finished.errors)", sourceLocation: location)
            return
        }
        let path = parts[1].trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(path.hasPrefix(folder), "\(path)", sourceLocation: location)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains(typed), "\(text)", sourceLocation: location)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600, sourceLocation: location)
    }

    /// What stands at Elm, in words that a failed command may not change.
    private func standing() throws -> [String] {
        [
            try pair.elm.digests(), "\(try pair.elm.log().entries)",
            try pair.elm.run("conflict", "show", "\(resident).dateOfBirth").output,
            try pair.elm.run("conflict", "show", "\(resident).language").output,
        ]
    }

    @Test(arguments: [("2 ENOSPC", "the disk is full"), ("1 EROFS", "cannot be written")])
    func `a disk that takes nothing is told, whatever was to be decided`(
        error: String, words: String
    ) throws {
        let before = try standing()
        let script = try pair.workspace.file(
            "script",
            "root \(pair.elm.path)\ntrace \(pair.workspace.path)/trace\nfail \(error) on\n")
        for (arguments, typed) in try commands() {
            let finished = try Program.kith(
                ["--home", pair.elm.path, "conflict"] + arguments,
                environment: [
                    "LD_PRELOAD": Program.folder.appendingPathComponent("libkith-faulty-disk.so")
                        .path,
                    "KITH_FAULTY_DISK": script, "TMPDIR": folder,
                ])
            try expectKept(finished, typed, words)
        }
        #expect(try standing() == before)
        #expect(try pair.elm.run("rebuild", "--check").status == 0)
    }

    /// Runs each command in a mount of its own, and gives what it printed and how it ended.
    private func isolated(_ setup: String, _ arguments: [String]) throws -> Finished {
        try Program.isolated(
            setup + #"; shift 3; TMPDIR="$kept" "$0" --home "$home" conflict "$@""#,
            [pair.elm.path, pair.workspace.path, folder] + arguments)
    }

    @Test(.enabled(if: Program.mayIsolate, "this account may not make private mounts"))
    func `a home on a read-only mount is told, and what was typed is kept`() throws {
        let before = try standing()
        for (arguments, typed) in try commands() {
            let finished = try isolated(
                #"home="$1" kept="$3"; mount --bind "$1" "$1" && mount -o remount,bind,ro "$1""#,
                arguments)
            try expectKept(finished, typed, "cannot be written", "read-only")
        }
        #expect(try standing() == before)
    }

    /// A copy of the home on a small disk, filled to the last page.
    private static let full = #"""
        home="$2/disk/home" kept="$3"; mkdir -p "$2/disk"
        mount -t tmpfs -o size=8m,mode=700 none "$2/disk" && cp -a "$1" "$home" || exit 91
        fill() { head -c 8m /dev/zero 2>/dev/null >"$home/../rest"; }
        """#

    @Test(
        .enabled(if: Program.mayIsolate, "this account may not make private mounts"),
        arguments: [false, true])
    func `a disk that is full while it is written to is told, and what stood stands`(
        throughDaemon: Bool
    ) throws {
        // The daemon opened the home while there was room; what it needs to write comes later.
        let daemon = #"""
            ; "${0}d" --home "$home" --listen 127.0.0.1:0 >"$2/daemon" 2>&1 & daemon=$!
            for wait in $(seq 400); do
                grep -q "ready, listening" "$2/daemon" && break; sleep 0.05
            done
            """#
        let run = #"""
            ; shift 3; status=0
            list() { "$0" --home "$home" conflict list --json | grep -v '"version"'; }
            list >"$kept/before"; fill
            TMPDIR="$kept" "$0" --home "$home" conflict "$@" || status=$?
            rm -f "$home/../rest"
            list >"$kept/after"
            [ -s "$kept/before" ] && cmp -s "$kept/before" "$kept/after" || exit 92
            [ -z "$daemon" ] || { kill $daemon; wait $daemon; }
            "$0" --home "$home" verify >/dev/null || exit 95
            "$0" --home "$home" rebuild --check >/dev/null || exit 96
            exit $status
            """#
        for (arguments, typed) in try commands() {
            let finished = try Program.isolated(
                Self.full + (throughDaemon ? daemon : "; daemon=") + run,
                [pair.elm.path, pair.workspace.path, folder] + arguments)
            try expectKept(finished, typed, "the disk is full")
        }
    }

    @Test(.enabled(if: Program.mayIsolate, "this account may not make private mounts"))
    func `a disk that fills up in the middle of a walk keeps what was decided and what was typed`()
        throws
    {
        // The disk is filled when this test asks for it, from within the mount.
        let script = try pair.workspace.file(
            "walk.sh",
            "kith=$0\n" + Self.full + #"""
                ; (until [ -e "$2/ask" ]; do sleep 0.02; done; fill; mv "$2/ask" "$2/done") &
                TMPDIR="$kept" "$kith" --home "$home" conflict resolve; status=$?
                rm -f "$home/../rest"
                "$kith" --home "$home" conflict list --json >"$2/left"
                "$kith" --home "$home" rebuild --check >/dev/null || exit 96
                exit $status
                """#)
        let command =
            "stty cols 80 rows 24; exec unshare --mount bash -c '. \(script)' '\(Program.kith)' "
            + "'\(pair.elm.path)' '\(pair.workspace.path)' '\(folder)'"
        let walk = try Program.start(
            "/usr/bin/script", ["-qec", command, "/dev/null"],
            environment: ["TERM": "xterm-256color", "SHELL": "/bin/sh"])
        defer { walk.kill() }
        let prompt = "Key (? for help) > "
        #expect(walk.prints(prompt))
        walk.type("1")
        #expect(walk.prints("Why?"))
        walk.type("birth certificate\n")
        #expect(walk.prints("Save it?"))
        walk.type("y")
        #expect(walk.prints(prompt, times: 2))
        try "".write(
            toFile: pair.workspace.path + "/ask", atomically: true, encoding: .utf8)
        let filled = pair.workspace.path + "/done"
        let end = Date().addingTimeInterval(30)
        while !FileManager.default.fileExists(atPath: filled), Date() < end { usleep(5_000) }
        walk.type("v")
        #expect(walk.prints("Which value?"))
        walk.type("Cymraeg, and English with strangers\n")
        #expect(walk.prints("Why?", times: 2))
        walk.type("asked her at tea\n")
        #expect(walk.prints("Save it?", times: 2))
        walk.type("y")
        #expect(walk.wait(seconds: 60))
        let finished = walk.finished()
        #expect(finished.status == 1, "\(finished.output)")
        #expect(finished.output.contains("the disk is full"))
        let kept = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(kept.count == 1)
        let text = try String(
            contentsOfFile: folder + "/" + (kept.first ?? ""), encoding: .utf8)
        #expect(text.contains("language=Cymraeg, and English with strangers"))
        #expect(text.contains("asked her at tea"))
        let left = try String(
            contentsOfFile: pair.workspace.path + "/left", encoding: .utf8)
        #expect(left.contains("\(resident).language") && !left.contains("\(resident).dateOfBirth"))
    }
}
