import Foundation
import Testing

/// What a machine, its operator or its disk does to a home behind the programs' back.
@Suite struct HostTests {
    /// The files of the database, by suffix.
    private func database(of home: TestHome) -> [String] {
        ["", "-wal", "-shm"].map { home.path + "/kith.sqlite" + $0 }
    }

    @Test func `a database without its newest write-ahead log goes on, and gets back what it lost`()
        throws
    {
        var pair = try Pair()
        let early = try pair.resident("Early")
        try pair.sync()
        try pair.daemon.stop()
        // Shared with the partner, and still in the write-ahead log alone when the machine dies.
        pair.daemon = try pair.elm.daemon("--listen", pair.daemon.address)
        let late = try pair.resident("Late")
        try pair.sync()
        pair.daemon.program.kill()
        _ = pair.daemon.program.finished()
        let log = database(of: pair.elm)[1]
        let size = try FileManager.default.attributesOfItem(atPath: log)[.size] as? Int ?? 0
        try #require(size > 0, "or there is nothing to lose")
        for file in database(of: pair.elm).dropFirst() {
            try FileManager.default.removeItem(atPath: file)
        }

        #expect(try pair.elm.log().ok)
        #expect(try pair.elm.values(early, "familyName") == ["Early"])
        #expect(try pair.elm.run("record", "get", late).status == 1)
        pair.daemon = try pair.elm.daemon("--listen", pair.daemon.address)
        // It writes at once, under no sequence that it has used before.
        let after = try pair.resident("After")
        try pair.sync()
        #expect(try pair.elm.digests() == pair.riverside.digests())
        #expect(try pair.elm.values(late, "familyName") == ["Late"])
        #expect(try pair.riverside.values(after, "familyName") == ["After"])
        #expect(try pair.riverside.json("status")["forks"] as? [Any] != nil)
        #expect((try pair.riverside.json("status")["forks"] as? [Any])?.isEmpty == true)
    }

    @Test func `another site's write-ahead log beside the database is told or left alone`() throws {
        let workspace = try Workspace()
        let (elm, oak) = (try workspace.site("Elm House"), try workspace.site("Oak House"))
        for home in [elm, oak] {
            try home.must("partnership", "create", "Plans", "--purpose", "Joint care plans")
        }
        try elm.must("resident", "add", "familyName=Whitfield")
        let daemon = try oak.daemon()
        try oak.must("resident", "add", "familyName=Foreign")
        daemon.program.kill()
        _ = daemon.program.finished()
        try? FileManager.default.removeItem(atPath: database(of: elm)[1])
        try FileManager.default.copyItem(
            atPath: database(of: oak)[1], toPath: database(of: elm)[1])
        let finished = try elm.run("resident", "list")
        #expect(!finished.output.contains("Foreign"))
        if finished.status == 0 {
            #expect(try elm.families() == ["Whitfield"])
            #expect(try elm.log().ok)
        } else {
            expectOneLine(finished, status: 1, "restore the last backup")
        }
    }

    @Test func `with few file descriptors the daemon serves, and both ends stay whole`() throws {
        let pair = try Pair()
        try pair.daemon.stop()
        let limited = try Program.start(
            "/bin/sh",
            [
                "-c", #"ulimit -n 64; exec "$0" --home "$1" --listen "$2""#, Program.kithd,
                pair.elm.path, pair.daemon.address,
            ])
        let daemon = try TestDaemon(limited)
        for number in 0..<10 {
            try pair.riverside.must("resident", "add", "familyName=Number\(number)")
            try pair.sync()
        }
        #expect(try pair.elm.digests() == pair.riverside.digests())
        #expect(try daemon.stop().status == 0)
    }

    /// Starts a program that may use so many MiB of its own; what the libraries map is not counted.
    private func start(
        _ program: String, _ arguments: [String], withMemory mebibytes: Int
    ) throws -> Running {
        let script = "ulimit -c 0; ulimit -d \(mebibytes * 1024); exec \"$0\" \"$@\""
        return try Program.start("/bin/sh", ["-c", script, program] + arguments)
    }

    @Test func `with little memory the daemon serves, and with too little nothing is lost`() throws
    {
        let pair = try Pair()
        try pair.daemon.stop()
        let people = try pair.workspace.file("people.json", Bundles.people(0..<150))
        try pair.riverside.must("import", "fhir", people)
        let daemon = try TestDaemon(
            start(
                Program.kithd, ["--home", pair.elm.path, "--listen", pair.daemon.address],
                withMemory: 128))
        try pair.sync()
        #expect(try pair.elm.digests() == pair.riverside.digests())
        #expect(try daemon.stop().status == 0)

        var families = try pair.elm.families()
        for (number, mebibytes) in [56, 48, 40].enumerated() {
            let numbers = (1_000 * (number + 1))..<(1_000 * (number + 1) + 100)
            let more = try pair.workspace.file("more.json", Bundles.people(numbers))
            let program = try start(
                Program.kith, ["--home", pair.elm.path, "import", "fhir", more],
                withMemory: mebibytes)
            program.write(nil)
            // Where no thread can be made it may wait for ever.
            if !program.wait(seconds: 5) { program.kill() }
            if program.finished().status == 0 {
                families.formUnion(numbers.map { "Person\($0)" })
            }
            let log = try pair.elm.log()
            #expect(log.ok, "\(mebibytes) MiB: \(log)")
            #expect(try pair.elm.run("rebuild", "--check").status == 0, "\(mebibytes) MiB")
            #expect(try pair.elm.families().isSuperset(of: families), "\(mebibytes) MiB")
        }
    }

    @Test func `signals that mean nothing to it do not end the daemon`() throws {
        let pair = try Pair()
        for _ in 0..<200 {
            pair.daemon.program.signal(SIGHUP)
            pair.daemon.program.signal(SIGPIPE)
        }
        try pair.riverside.must("resident", "add", "familyName=Whitfield")
        try pair.sync()
        #expect(try pair.elm.digests() == pair.riverside.digests())
        #expect(try pair.daemon.stop().status == 0)
    }

    @Test func `a kill during backup, restore or pairing leaves a home that works`() throws {
        let pair = try Pair(importing: [])
        let file = try pair.workspace.file("people.json", Bundles.people(0..<300))
        try pair.riverside.must("import", "fhir", file)
        try pair.sync()
        let good = pair.workspace.path + "/good.backup"
        try pair.riverside.must("backup", good)
        var random = SeededRandom(seed: 7)
        for round in 0..<6 {
            let backup = pair.workspace.path + "/backup\(round)"
            let (oak, code) = (
                try pair.workspace.site("Oak \(round)"), try pair.elm.invite(Pair.partnership)
            )
            let homes: [(TestHome, [String])] = [
                (pair.riverside, ["backup", backup]),
                (pair.riverside, ["restore", good, "--yes"]),
                (oak, ["partnership", "join", code, "--yes"]),
            ]
            for (home, arguments) in homes {
                let program = try Program.start(
                    Program.kith, ["--home", home.path] + arguments)
                program.write(nil)
                usleep(UInt32.random(in: 0..<600_000, using: &random))
                program.kill()
                _ = program.finished()
                #expect(try home.log().ok, "\(arguments) round \(round)")
                #expect(try home.run("rebuild", "--check").status == 0, "\(arguments)")
            }
            // A part of a backup is never taken for one.
            let restored = try Program.kith(
                ["--home", pair.riverside.path, "restore", backup, "--yes"])
            #expect(
                restored.status == 0
                    || (restored.errors.hasPrefix("kith: ")
                        && restored.errors.split(separator: "\n").count == 1),
                "\(restored)")
            try pair.sync()
            #expect(try pair.elm.digests() == pair.riverside.digests(), "round \(round)")
        }
    }
}
