import Foundation
import NIOCore
import Testing

/// A disk that is full for a time, under a daemon that receives.
@Suite struct FullDiskSyncTests {
    @Test(arguments: [1, 2, 5, 9])
    func `a full disk undoes its batch, and sync goes on when there is space`(call: Int) throws {
        let pair = try Pair()
        let file = try pair.workspace.file(
            "people.json", Bundles.people(0..<84, descriptionBytes: 3_000))
        try pair.elm.must("import", "fhir", file)
        let link = try SlowLink(before: pair.daemon.address)
        // Its daemon does not sync by itself, which would come between.
        try pair.riverside.must(
            "peer", "set", "Elm House", "--address", link.address, "--disable")
        link.stall(afterDown: 100_000)
        let full = pair.workspace.path + "/full"
        let script = try pair.workspace.file(
            "script",
            """
            root \(pair.riverside.path)
            trace \(pair.workspace.path)/trace
            fail \(call) ENOSPC on
            during \(full)

            """)
        let daemon = try TestDaemon(
            Program.start(
                Program.kithd, ["--home", pair.riverside.path, "--listen", "127.0.0.1:0"],
                environment: [
                    "LD_PRELOAD": Program.folder.appendingPathComponent("libkith-faulty-disk.so")
                        .path,
                    "KITH_FAULTY_DISK": script,
                ]))
        let session = try Program.start(
            Program.kith, ["--home", pair.riverside.path, "sync", "Elm House", "--json"])
        session.write(nil)
        let end = Date(timeIntervalSinceNow: 30)
        while !link.isStalled, session.isRunning, Date() < end { usleep(2_000) }
        try #require(link.isStalled && session.isRunning)

        try Data().write(to: URL(fileURLWithPath: full))
        link.goOn()
        #expect(session.wait(seconds: 60))
        let finished = session.finished()
        #expect(finished.status == 1)
        let sessions = try finished.json()["sessions"] as? [[String: Any]]
        let report = try #require(sessions?.first)
        let problem = report["problem"] as? String
        #expect(problem?.contains("the disk is full") == true, "\(problem ?? "none")")
        #expect(report["isEqual"] as? Bool == false)
        // Both daemons live, and what is here can be read.
        #expect(daemon.program.isRunning && pair.daemon.program.isRunning)
        // Names come before what is told of the people: what is missing shows in the digests.
        #expect(try pair.riverside.families().count <= 84)
        #expect(try pair.riverside.digests() != pair.elm.digests())
        let log = try pair.riverside.log()
        #expect(log.ok, "\(log)")
        // Another try is told the same, and changes nothing.
        let again = try pair.riverside.run("sync", "Elm House")
        #expect(again.status == 1 && again.errors.contains("the disk is full"), "\(again.errors)")
        #expect(try pair.riverside.log() == log)

        try FileManager.default.removeItem(atPath: full)
        try pair.riverside.must("sync", "Elm House")
        #expect(try pair.riverside.digests() == pair.elm.digests())
        #expect(try pair.riverside.families().count == 84)
        #expect(try pair.riverside.run("rebuild", "--check").status == 0)
        #expect(try daemon.stop().status == 0)
        #expect(try pair.riverside.run("rebuild", "--check").status == 0)
        #expect(try pair.elm.digests() == pair.riverside.digests())
    }
}
