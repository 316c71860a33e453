import KithModel
import KithSite
import Testing

/// Deciding conflicts: nobody decides what they did not read.
@Suite struct ResolveTests {
    let id = Samples.conflict().id
    let decision = Samples.conflict(needsAttestation: true).id

    @Test func `from options it decides what was seen`() async throws {
        let play = Play()
        let result = await play(
            "conflict", "resolve", id, "--pick", "2", "--seen", "5", "--reason", "rang the GP")
        #expect(result.status == 0, "\(result)")
        let resolution = try #require(play.site.told.resolutions.first)
        guard case .pick(2) = resolution.choice else {
            Issue.record("\(resolution.choice)")
            return
        }
        #expect(
            resolution.seen == 5 && resolution.reason == "rang the GP" && !resolution.isAttested)
        #expect(result.out.contains("Decided"))
    }

    @Test func `a new value takes one assignment or several`() async throws {
        let play = Play()
        let result = await play(
            "conflict", "resolve", decision, "--value", "decision.value=for",
            "decision.date=2026-11-22",
            "--seen", "5", "--reason", "talked", "--attest", "--performer", "Dr Patel",
            "--performer-role", "GP")
        #expect(result.status == 0, "\(result)")
        let resolution = try #require(play.site.told.resolutions.first)
        guard case .value(let values) = resolution.choice else {
            Issue.record("\(resolution.choice)")
            return
        }
        #expect(values.map(\.field) == ["decision.value", "decision.date"])
        #expect(resolution.isAttested && resolution.performer?.role == "GP")
    }

    @Test func `a decision that needs a clinician says so`() async {
        let play = Play()
        let result = await play(
            "conflict", "resolve", decision, "--pick", "1", "--seen", "5", "--reason", "x")
        #expect(result.status == 2 && result.isOneLine && result.err.contains("--attest"))
        #expect(play.site.told.resolutions.isEmpty)
    }

    @Test func `a number that is not there, or another field, is refused`() async {
        for arguments in [
            ["--pick", "3"], ["--pick", "0"], ["--value", "title=X"], ["--value", "nonsense"],
        ] {
            let play = Play()
            let result = await play.run(
                ["conflict", "resolve", id, "--seen", "5", "--reason", "x"] + arguments)
            #expect(result.status == 2 && result.isOneLine, "\(result)")
            #expect(play.site.told.resolutions.isEmpty)
        }
    }

    @Test func `a conflict that is gone is not found`() async {
        let result = await Play()(
            "conflict", "resolve", "GONE.x", "--pick", "1", "--seen", "5", "--reason", "x")
        #expect(result.status == 1 && result.isOneLine)
    }

    @Test func `on a terminal it shows the values and asks`() async throws {
        let play = Play(answers: ["2", "rang the GP"], isTerminal: true)
        let result = await play("conflict", "resolve", id)
        #expect(result.status == 0)
        #expect(result.err.contains("Active") && result.err.contains("On hold"))
        let resolution = try #require(play.site.told.resolutions.first)
        #expect(resolution.seen == 5 && resolution.reason == "rang the GP")
    }

    @Test func `leaving any question open decides nothing`() async {
        for answers in [[], [""], ["7"], ["x"], ["1"], ["1", ""]] {
            let play = Play(answers: answers, isTerminal: true)
            let result = await play("conflict", "resolve", id)
            #expect(result.status == 1 && result.err.contains("nothing was changed"))
            #expect(play.site.told.resolutions.isEmpty)
        }
    }

    @Test func `a value that arrived later keeps the conflict open`() async {
        let play = Play(site: PlayedSite { $0.afterResolve = Samples.falls })
        let result = await play(
            "conflict", "resolve", id, "--pick", "1", "--seen", "4", "--reason", "x")
        #expect(result.status == 3 && result.out.contains("still open"))
    }
}
