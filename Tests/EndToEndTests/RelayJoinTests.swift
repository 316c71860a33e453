import Foundation
import Testing

/// Joining through a relay with the real programs: of three sites only the relay's daemon runs.
@Suite struct RelayJoinTests {
    @Test func `a home that nobody reaches takes a partner in through a relay`() throws {
        let workspace = try Workspace()
        let elm = try workspace.site("Elm House")
        let relay = try workspace.site("County Relay", kind: "other")
        let oak = try workspace.site("Oak Lodge")
        try elm.must("partnership", "create", "Plans", "--purpose", "Joint care plans")
        try elm.must("resident", "add", "familyName=Whitfield")
        let relayDaemon = try relay.daemon()
        let elmDaemon = try elm.daemon()
        let joining = try elm.invite("Plans", ["--role", "relay"])
        try relay.must("partnership", "join", joining, "--yes")
        try elmDaemon.stop()
        try elm.must("peer", "set", "County Relay", "--address", relayDaemon.address)

        // Without its daemon the home has no address: the relay is all that the code can name.
        let made = try elm.run("partnership", "invite", "Plans", "--no-qr")
        expectOneLine(made, status: 2, "or name a relay with --through")
        let code = try elm.invite("Plans", ["--role", "contributor", "--through", "County Relay"])
        let left = try oak.run("partnership", "join", code, "--yes")
        #expect(left.status == 0, "\(left)")
        #expect(left.output.contains("Elm House") && left.output.contains("County Relay"))
        #expect(try oak.must("status").output.contains("waits at County Relay"))
        #expect(try relay.must("status").output.contains("1 join request waits"))
        expectOneLine(try oak.run("sync"), status: 1, "waits at County Relay for Elm House")

        // The home calls the relay, and the joiner does; they never meet.
        try elm.must("sync")
        let shown = try elm.json("partnership", "show", "Plans")
        let members = (shown["members"] as? [[String: Any]] ?? []).compactMap { $0["name"] }
        #expect(members.count == 3 && members.contains { $0 as? String == "Oak Lodge" })
        try oak.must("sync")
        #expect(try oak.families() == ["Whitfield"])
        #expect(try oak.digests() == elm.digests())
        #expect(try relay.run("resident", "list").output.contains("Whitfield") == false)
        // A second one with the same code is told, in one line.
        let ash = try workspace.site("Ash Court")
        let late = try ash.run("partnership", "join", code, "--yes")
        expectOneLine(late, status: 1, "does not accept this one")
        try relayDaemon.stop()
    }
}
