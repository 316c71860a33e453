import Foundation
import Testing

/// Two people at two terminals, on the phone.
@Suite struct PhonePairingTests {
    @Test func `two sites pair by six words, and share a partnership without a code`() throws {
        let workspace = try Workspace()
        let elm = try workspace.site("Elm House")
        let surgery = try workspace.site("Riverside Surgery", kind: "gp-practice")
        let daemon = try elm.daemon()
        let waiting = try Program.startInTerminal(["--home", elm.path, "peer", "pair"])
        waiting.write("y\n")
        var dialled: Finished
        let end = Date(timeIntervalSinceNow: 60)
        repeat {
            dialled = try Program.inTerminal(
                ["--home", surgery.path, "peer", "pair", daemon.address], input: "y\n")
        } while dialled.output.contains("nobody waits for a partner") && Date() < end
        #expect(dialled.status == 0, "\(dialled)")
        #expect(waiting.wait(seconds: 60))
        let waited = waiting.finished()
        #expect(waited.status == 0, "\(waited)")
        #expect(waited.output.contains("Waiting. The partner runs: kith peer pair HOST:PORT"))
        #expect(try words(waited) == words(dialled))
        #expect(waited.output.contains("GP practice") && dialled.output.contains("Elm House"))

        try elm.must("partnership", "create", "Elm and Riverside", "--purpose", "Joint care plans")
        try elm.must("partnership", "admit", "Riverside", "--compartments", "relations,clinical")
        try surgery.must("sync")
        let offers = try surgery.list("offers", "partnership", "offers")
        #expect(offers.count == 1 && offers[0]["name"] as? String == "Elm and Riverside")
        let joined = try surgery.json("partnership", "accept", "Elm and Riverside", "--yes")
        #expect((joined["sync"] as? [String: Any])?["isEqual"] as? Bool == true)
        #expect(try surgery.digests() == elm.digests())
        try elm.must("resident", "add", "familyName=Whitfield")
        try surgery.must("sync")
        #expect(try surgery.families().isEmpty, "residents are personal, which it does not hold")
    }

    /// The six words on a page, between blank lines.
    private func words(_ page: Finished) throws -> [Substring] {
        let lines = page.output.split(whereSeparator: \.isNewline)
        let line = lines.first { $0.wholeMatch(of: /[ ]{4}([a-z]+[ ]{2}){5}[a-z]+/) != nil }
        return try #require(line).split(separator: " ")
    }
}
