import Foundation
import KithModel
import KithTrust
import Testing

/// Codes that let nobody in: one line at the joiner, and nothing changed on either side.
@Suite struct InvitationTests {
    let pair: Pair
    let stranger: TestHome

    init() throws {
        pair = try Pair()
        stranger = try pair.workspace.site("Torbay Trust", kind: "acute-trust")
    }

    @Test func `a mistyped, cut, foreign, expired or guessed code is refused`() throws {
        let code = try pair.elm.invite(Pair.partnership)
        let read = try InvitationCode(text: code)
        var mistyped = Array(code)
        mistyped[9] = mistyped[9] == "7" ? "8" : "7"
        let another = SiteKey().siteID
        for (text, status, words) in [
            (String(mistyped), 2, "group 2 of the code is mistyped"),
            (code.split(separator: "-").dropLast().joined(separator: "-"), 2, "not complete"),
            ("!!!!!!", 2, "a character that codes do not have"),
            (changed(read, secret: Data(repeating: 7, count: 16)), 1, "ask for a new code"),
            (changed(read, expires: Instant(milliseconds: 0)), 2, "the code ended at 1970-01-01"),
            (changed(read, addresses: ["127.0.0.1:1"]), 1, "Check the port"),
            (changed(read, inviter: another), 1, ", not \(another.short). Check the address"),
            (changed(read, partnership: read.partnership.other), 1, "ask for a new code"),
        ] as [(String, Int32, String)] {
            try expectRefused(text, status: status, words)
        }
        try expectRefused(code, at: pair.elm, status: 2, "this site made that code")
    }

    @Test func `a code is good for one site`() throws {
        let code = try pair.elm.invite(Pair.partnership)
        let other = try pair.workspace.site("Harbour Surgery", kind: "gp-practice")
        try other.must("partnership", "join", code, "--yes")
        try expectRefused(code, status: 1, "the invitation is over. Ask")
    }

    @Test func `a code that its inviter's clock has ended lets nobody in`() throws {
        let read = try InvitationCode(text: try pair.elm.invite(Pair.partnership))
        try pair.daemon.stop()
        let sql = "UPDATE invitation SET expires_ms = 1"
        let finished = try Program.run(
            "/usr/bin/sqlite3", [pair.elm.path + "/kith.sqlite", sql])
        #expect(finished.status == 0, "\(finished.errors)")
        let daemon = try pair.elm.daemon("--listen", pair.daemon.address)
        try expectRefused(read.text, status: 1, "the invitation is over. Ask")
        try daemon.stop()
    }

    @Test func `standing invitations are listed, and a revoked one lets nobody in`() throws {
        let code = try pair.elm.invite(Pair.partnership, ["--role", "reviewer"])
        let other = try InvitationCode(text: try pair.elm.invite(Pair.partnership))
        let listed = try pair.elm.json("partnership", "show", Pair.partnership)
        let invitations = try #require(listed["invitations"] as? [[String: Any]])
        #expect(invitations.count == 2)
        let read = try InvitationCode(text: code)
        let days = (read.expires.date.timeIntervalSinceNow / 86_400).rounded()
        #expect(days == 7, "unless told otherwise a code is good for a week")
        let id = read.id.map { String(format: "%02x", $0) }.joined()
        let entry = try #require(invitations.first { $0["id"] as? String == id })
        #expect(entry["role"] as? String == "reviewer")
        #expect(entry["code"] == nil, "the code is shown once, when it is made")
        try pair.elm.must("partnership", "revoke", String(id.prefix(6)))
        // Another still stands, so the door is open: it is this code that is refused.
        try expectRefused(code, status: 1, "is not known here, was used, or has ended")
        let again = try pair.elm.run("partnership", "revoke", id)
        expectOneLine(again, status: 1, "no standing invitation has an id that begins with")
        try stranger.must("partnership", "join", other.text, "--yes")
    }

    @Test func `a joiner sees who invites, to what and with what, and may still say no`() throws {
        let code = try pair.elm.invite(
            Pair.partnership, ["--role", "reviewer", "--compartments", "relations,clinical"])
        let before = try pair.elm.log()
        let asked = try Program.inTerminal(
            ["--home", stranger.path, "partnership", "join", code], input: "n\n")
        #expect(asked.status == 1, "\(asked)")
        for words in [
            "Elm House", Pair.partnership, "Joint care plans", "reviewer", "relations, clinical",
            "Agreement", "Join? [y/N]", "nothing was changed",
        ] { #expect(asked.output.contains(words), "\(words)") }
        #expect(try pair.elm.log() == before)
        let joined = try Program.inTerminal(
            ["--home", stranger.path, "partnership", "join", code], input: "y\n")
        #expect(joined.status == 0, "\(joined)")
    }

    private func changed(
        _ code: InvitationCode, inviter: SiteID? = nil, partnership: PartnershipID? = nil,
        secret: Data? = nil, expires: Instant? = nil, addresses: [String]? = nil
    ) -> String {
        InvitationCode(
            inviter: inviter ?? code.inviter, partnership: partnership ?? code.partnership,
            secret: secret ?? code.secret, expires: expires ?? code.expires,
            addresses: addresses ?? code.addresses
        ).text
    }

    private func expectRefused(
        _ code: String, at home: TestHome? = nil, status: Int32, _ words: String,
        from location: SourceLocation = #_sourceLocation
    ) throws {
        let home = home ?? stranger
        let (here, there) = (try home.log(), try pair.elm.log())
        let finished = try home.run("partnership", "join", code, "--yes")
        expectOneLine(finished, status: status, words, at: location)
        #expect(finished.output.isEmpty, sourceLocation: location)
        #expect(try home.log() == here, sourceLocation: location)
        #expect(try pair.elm.log() == there, sourceLocation: location)
    }
}

extension PartnershipID {
    /// Some other partnership.
    fileprivate var other: PartnershipID {
        PartnershipID(founder: SiteKey().siteID, nonce: bytes)
    }
}
