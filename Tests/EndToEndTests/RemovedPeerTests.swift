import Foundation
import Testing

/// A member that is removed from a partnership of three while its connections are open.
@Suite struct RemovedPeerTests {
    private let trio: Trio
    private let door: DoorKnocker

    init() throws {
        trio = try Trio()
        door = DoorKnocker(workspace: trio.pair.workspace)
    }

    private func connect(_ options: [String]) throws -> Running {
        try door.connect(to: trio.pair.daemon.address, options)
    }

    @Test func `its open connections are closed, its tickets are worth nothing, and it is told`()
        throws
    {
        let (elm, riverside, oak) = (trio.pair.elm, trio.pair.riverside, trio.oak)
        let resident = try trio.pair.resident("Whitfield")
        try trio.sync()
        let ticket = door.newPath()
        let peer = try door.certificate(signedBy: riverside)
        #expect(door.answers(try connect(peer + ["-sess_out", ticket])))
        #expect(
            door.answers(try connect(["-sess_in", ticket])),
            "while it is a peer the ticket alone lets it in, or the refusal below means nothing")
        let open = try connect(peer)
        let others = try connect(door.certificate(signedBy: oak))
        #expect(door.isAnswered(open) && door.isAnswered(others))

        try elm.must("partnership", "remove", "Riverside", "--yes")
        #expect(open.wait(seconds: 20), "what it held open is closed")
        #expect(others.isRunning, "and nothing of others")
        // It may come to be told, with its key; the ticket does not stand for that.
        #expect(!door.answers(try connect(["-sess_in", ticket])))
        _ = try trio.pair.resident("Later")
        try oak.must("sync")
        #expect(try oak.families() == ["Whitfield", "Later"])

        try expectTold(riverside, resident)
        // And then it is a stranger, with its key as well.
        for options in [["-sess_in", ticket], ["-sess_in", ticket] + peer, peer] {
            #expect(!door.answers(try connect(options)), "\(options)")
        }
        #expect(others.isRunning)
        others.kill()
        expectOneLine(
            try riverside.run("sync", "Elm House"), status: 1,
            "no member of this site's partnerships")
        let members = try oak.json("partnership", "show", Pair.partnership)["members"]
        #expect((members as? [[String: Any]])?.count == 2)
        #expect(try oak.digests() == elm.digests())
    }

    /// Its next session tells it; what it shows from then on says so.
    private func expectTold(_ home: TestHome, _ resident: String) throws {
        let told = try home.run("sync")
        #expect((told.output + told.errors).contains("share no partnership any more"), "\(told)")
        let shown = try home.must("partnership", "show", Pair.partnership).output
        #expect(shown.contains("Removed") && shown.contains("by Elm House"), "\(shown)")
        #expect(shown.contains("no longer updated"), "\(shown)")
        for command in [["partnership", "list"], ["status"]] {
            let listed = try Program.kith(["--home", home.path] + command).output
            #expect(listed.contains("removed, no longer updated"), "\(listed)")
        }
        for arguments in [["resident", "show", resident], ["record", "get", resident]] {
            let finished = try Program.kith(["--home", home.path] + arguments)
            #expect(finished.output.contains("no longer updated"), "\(finished)")
        }
        #expect(try home.families() == ["Whitfield"], "what it had it keeps, and gets nothing new")
        // It writes nothing there any more.
        let entries = try home.log()
        let refused = try home.run("resident", "edit", resident, "preferredName=Nell")
        expectOneLine(refused, status: 1, "not a member")
        #expect(try home.log() == entries)
    }
}
