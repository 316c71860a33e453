import KithCommands
import KithModel
import KithSite
import Testing

/// Invitations that name a relay, and join requests that wait, as people meet them.
@Suite struct RelayJoinTests {
    @Test func `an invitation says which relay it names, and whether that knows`() async throws {
        let play = Play()
        let result = await play(
            "partnership", "invite", "Elm", "--through", "County Relay", "--no-qr")
        #expect(play.site.told.invitations.map(\.relay) == ["County Relay"])
        #expect(result.status == 0 && result.out.contains("run 'kith sync' before"))
        expectFits(result.out)
        let plain = await play("partnership", "invite", "Elm", "--no-qr")
        #expect(play.site.told.invitations.last?.relay == nil)
        #expect(!plain.out.contains("Through"))
    }

    @Test func `where a relay answers, the request is left and the joiner told what comes next`()
        async throws
    {
        var play = Play()
        play.site = PlayedSite { $0.relay = "County Relay" }
        let result = await play("partnership", "join", "ABC-DEF", "--yes")
        #expect(result.status == 0, "\(result)")
        #expect(play.site.told.joined == ["ABC-DEF"])
        for words in [
            "County Relay, where the join request waits, sealed", "Agreement", "Join request to",
            "c0ffee0123456789", "syncs with County Relay",
        ] {
            #expect(
                result.out.replacing("\n                ", with: " ").contains(words), "\(words)")
        }
        expectFits(result.out + result.err)
        let json = await play("partnership", "join", "ABC-DEF", "--yes", "--json")
        #expect(json.status == 0 && json.out.contains("\"relay\" : \"County Relay\""))
        // A no leaves nothing.
        play.answers = ["n"]
        play.isTerminal = true
        #expect(await play("partnership", "join", "ABC-DEF").status == 1)
        #expect(play.site.told.joined.count == 2)
    }

    @Test func `a request that waits is in status, list and show, and is taken back`() async {
        var waiting = Samples.waitingJoin()
        var play = Play()
        play.site = PlayedSite {
            $0.waitingJoins = [waiting]
            $0.partnerships = []
            $0.status.waitingJoins = [waiting]
        }
        for command in [
            ["status"], ["partnership", "list"], ["partnership", "show", "Elm and H"],
        ] {
            let result = await play.run(command)
            #expect(result.status == 0 && result.out.contains("c0ffee0123456789"), "\(command)")
            #expect(result.out.contains("County Relay"))
            expectFits(result.out)
        }
        #expect(await play("partnership", "show", "Nowhere").status == 1)
        let shown = await play("partnership", "show", "Elm and H", "--json")
        #expect(shown.out.contains("\"inviterName\""))
        let result = await play("partnership", "withdraw", "c0ff")
        #expect(result.status == 0 && play.site.told.withdrawn == ["c0ff"])
        // What the relay said against it stands in the place of what comes next.
        waiting.problem = "County Relay does not know the invitation"
        play.site = PlayedSite { [waiting] in $0.waitingJoins = [waiting] }
        let refused = await play("partnership", "list")
        #expect(refused.out.contains("does not know the invitation"))
        expectFits(refused.out)
    }

    @Test func `a relay shows sizes and counts of what waits there, and no more`() async {
        var partnership = Samples.partnership()
        partnership.letterboxes = [
            LetterboxView(keeper: "Elm House", requests: 2, bytes: 4_100, expires: Samples.now)
        ]
        var play = Play()
        play.site = PlayedSite { [partnership] in
            $0.partnerships = [partnership]
            $0.status.partnerships = [partnership]
        }
        let shown = await play("partnership", "show", "Elm")
        #expect(shown.out.contains("Letterbox of") && shown.out.contains("4.1 kB"))
        let status = await play("status")
        #expect(status.out.contains("1 letterbox: 2 join requests wait, 4.1 kB"))
        expectFits(shown.out + status.out)
        // And at the inviter, what its relay does not know yet.
        partnership.letterboxes = []
        partnership.invitations[0].relay = "County Relay"
        play.site = PlayedSite { [partnership] in
            $0.partnerships = [partnership]
            $0.status.partnerships = [partnership]
        }
        #expect(await play("status").out.contains("County Relay does not know of an invitation"))
        let untold = await play("partnership", "show", "Elm").out
        #expect(untold.contains("Through") && untold.contains("its relay does not know of it"))
    }
}
