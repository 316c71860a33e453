import KithCommands
import KithModel
import KithSite
import Testing

/// Pairing by phone, offers and addresses, as people meet them.
@Suite struct PairingTests {
    @Test func `the one who waits gets three tries, and trusts nobody before the words agree`()
        async throws
    {
        let play = Play(answers: ["n", "", "yes"], isTerminal: true)
        let result = await play("peer", "pair")
        let told = play.site.told
        #expect(told.pairings.map(\.address) == [nil, nil, nil])
        #expect(told.pairings.map(\.isAnotherTry) == [false, true, true])
        #expect(told.decisions.map(\.isSame) == [false, false, true])
        #expect(told.decisions.map(\.id) == ["c1", "c2", "c3"])
        #expect(result.status == 0, "\(result)")
        #expect(result.err.contains("apple  tiger  velvet  lemon  island  dragon"))
        #expect(result.err.contains("2 tries left") && result.err.contains("1 try left"))
        #expect(result.out.contains("partnership admit"))
        expectFits(result.out + result.err.replacing("[y/N] ", with: "[y/N]\n"))
    }

    @Test func `words that differ, or the end of input, pair nothing`() async throws {
        let play = Play(answers: ["n"], isTerminal: true)
        let result = await play("peer", "pair", "gp.example.org:7443")
        #expect(result.status == 1 && result.out.isEmpty)
        #expect(result.err.contains("nothing was changed"))
        #expect(play.site.told.pairings.map(\.address) == ["gp.example.org:7443"])
        #expect(play.site.told.decisions.map(\.isSame) == [false])
        let silent = Play(answers: [], isTerminal: true)
        #expect(await silent("peer", "pair").status == 1)
        #expect(silent.site.told.decisions.allSatisfy { !$0.isSame })
        #expect(silent.site.told.decisions.count == 3)
    }

    @Test func `no script can say that the words agree`() async throws {
        let play = Play(answers: ["y"])
        let result = await play("peer", "pair", "gp.example.org:7443")
        #expect(result.status == 2 && result.isOneLine && result.err.contains("on a terminal"))
        #expect(play.site.told.pairings.isEmpty)
    }

    @Test func `a pairing that was a mistake is forgotten once somebody agrees`() async throws {
        let play = Play(answers: ["n"], isTerminal: true)
        #expect(await play("peer", "remove", "Patel").status == 1)
        let script = Play()
        #expect(await script("peer", "remove", "Patel").status == 2)
        let result = await script("peer", "remove", "Patel", "--yes")
        #expect(result.status == 0 && result.out.contains("Patel Practice"))
        #expect(play.site.told.removedPeers.isEmpty)
        #expect(script.site.told.removedPeers == ["Patel"])
    }

    @Test func `an admission carries what the options say`() async throws {
        let play = Play()
        let result = await play(
            "partnership", "admit", "Patel", "--role", "reviewer", "--compartments", "clinical",
            "--may-attest", "--partnership", "Elm")
        #expect(result.status == 0, "\(result)")
        let change = try #require(play.site.told.membershipChanges.first)
        #expect(change.member == "Patel" && change.partnership == "Elm")
        guard case .admit(let draft) = change.act else { return #expect(Bool(false)) }
        #expect(draft.role == "reviewer" && draft.compartments == [.clinical] && draft.mayAttest)
        expectFits(result.out)
    }

    @Test func `an offer is shown whole before it is accepted`() async throws {
        let listed = await Play()("partnership", "offers")
        #expect(listed.out.contains("Elm and Harbour") && listed.out.contains("reviewer"))
        expectFits(listed.out)
        let play = Play(answers: ["n"], isTerminal: true)
        let asked = await play("partnership", "accept", "elm")
        #expect(asked.status == 1 && play.site.told.accepted.isEmpty)
        for words in ["Elm and Harbour", "Falls clinic", "reviewer", "clinical", "Agreement"] {
            #expect(asked.err.contains(words), "\(words)")
        }
        expectFits(asked.err)
        let script = Play()
        #expect(await script("partnership", "accept", "elm").status == 2)
        #expect(await script("partnership", "accept", "elm", "--yes").status == 0)
        #expect(script.site.told.accepted == [Samples.partnershipID.description])
    }

    @Test func `addresses are set, shown and forgotten`() async throws {
        let play = Play()
        let set = await play("address", "elm.example.org:7443", "[::1]:7443")
        #expect(set.status == 0 && set.out.contains("elm.example.org:7443, [::1]:7443"))
        #expect(await play("address").status == 0)
        #expect(await play("address", "--none").out.contains("No address was set"))
        #expect(play.site.told.addresses == [["elm.example.org:7443", "[::1]:7443"], []])
        let both = await play("address", "a.example:1", "--none")
        #expect(both.status == 2 && both.isOneLine)
        #expect(await play("address", "nowhere").status == 2)
        #expect(play.site.told.addresses.count == 2)
    }
}
