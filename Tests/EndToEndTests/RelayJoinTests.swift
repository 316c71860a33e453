import Foundation
import Testing

/// Joining through a relay with the real programs: of three sites only the relay's daemon runs.
@Suite struct RelayJoinTests {
    private let marker = "ZQMARKERXJ"

    @Test func `a home that nobody reaches takes a partner in through a relay`() throws {
        let workspace = try Workspace()
        let elm = try workspace.site("Elm House")
        let relay = try workspace.site("County Relay", kind: "other")
        let oak = try workspace.site("Oak Lodge")
        try elm.must("partnership", "create", "Plans", "--purpose", "Joint care plans")
        try elm.must("resident", "add", "familyName=Whitfield")
        try elm.must("allergy", "add", "--for", "Whitfield", "agent=\(marker)")
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
        try expectSizesOnly(relay, entitled: [elm, oak])
        // A second one with the same code is told, in one line.
        let ash = try workspace.site("Ash Court")
        let late = try ash.run("partnership", "join", code, "--yes")
        expectOneLine(late, status: 1, "does not accept this one")
        let logged = try relayDaemon.stop()
        #expect(!(logged.errors + logged.output).contains(marker))
        for home in [elm, oak] { #expect(try home.holds(marker), "the search can see") }
        #expect(try !relay.holds(marker))
    }

    /// What a relay says of what it passes on: how much, and how far everybody is. Nothing else.
    private func expectSizesOnly(_ relay: TestHome, entitled: [TestHome]) throws {
        let status = try relay.must("status").output
        #expect(status.contains(/Plans +3 +- +relays [0-9.]+ kB/), "\(status)")
        #expect(status.contains("Elm House") && status.contains("To send"), "\(status)")
        #expect(!status.contains("cannot be read yet"), "nothing waits to be read there: \(status)")
        #expect(try !relay.must("doctor").output.contains("waiting"))
        let shown = try relay.must("partnership", "show", "Plans").output
        #expect(shown.contains("and reads none of it") && !shown.contains("Residents"), "\(shown)")
        for arguments in [
            ["status"], ["status", "--json"], ["partnership", "show", "Plans", "--json"],
            ["doctor"],
            ["verify"], ["peer", "list"], ["audit", "list"], ["resident", "list", "--all"],
            ["allergy", "list"], ["conflict", "list"], ["due"],
        ] {
            let said = try Program.kith(["--home", relay.path] + arguments)
            for word in [marker, "Whitfield"] {
                #expect(!(said.output + said.errors).contains(word), "\(arguments): \(said)")
            }
        }
        for home in entitled {
            #expect(try home.must("allergy", "list").output.contains(marker), "the search can see")
        }
    }
}
