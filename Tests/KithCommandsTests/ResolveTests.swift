import Foundation
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

    @Test func `another field, or what is no assignment, is refused`() async {
        for arguments in [
            ["--value", "title=X"], ["--value", "nonsense"],
            ["--pick", "1", "--value", "status=active"], ["--pick", "1", "--combine"],
        ] {
            let play = Play()
            let result = await play.run(
                ["conflict", "resolve", id, "--seen", "5", "--reason", "x"] + arguments)
            #expect(result.status == 2 && result.isOneLine, "\(result)")
            #expect(play.site.told.resolutions.isEmpty)
        }
    }

    @Test func `an empty reason is refused, by option and on a terminal`() async {
        let play = Play()
        let result = await play(
            "conflict", "resolve", id, "--pick", "1", "--seen", "5", "--reason", " \n ")
        #expect(result.status == 2 && result.isOneLine && result.err.contains("--reason is empty"))
        #expect(play.site.told.resolutions.isEmpty)
        let asked = Play(answers: ["1", "", "q"], isTerminal: true)
        #expect(await asked("conflict", "resolve", id).status == 1)
        #expect(asked.site.told.resolutions.isEmpty)
    }

    @Test func `a conflict that is gone is not found`() async {
        let result = await Play()(
            "conflict", "resolve", "GONE.x", "--pick", "1", "--seen", "5", "--reason", "x")
        #expect(result.status == 1 && result.isOneLine)
    }

    @Test func `on a terminal it shows the values, asks, and shows what would be saved`()
        async throws
    {
        let play = Play(answers: ["2", "rang the GP", "y"], isTerminal: true)
        let result = await play("conflict", "resolve", id)
        #expect(result.status == 0, "\(result)")
        #expect(result.err.contains("Active") && result.err.contains("On hold"))
        #expect(result.err.contains("This would be saved"))
        let resolution = try #require(play.site.told.resolutions.first)
        #expect(resolution.seen == 5 && resolution.reason == "rang the GP")
        expectFits(result.err)
    }

    @Test func `leaving any question open decides nothing`() async {
        for answers in [
            [], ["s"], ["q"], ["7", "q"], ["x", "q"], ["1"], ["1", "", "q"],
            ["1", "why", "n", "q"],
        ] {
            let play = Play(answers: answers, isTerminal: true)
            let result = await play("conflict", "resolve", id)
            #expect(result.status == 1 && result.err.contains("nothing was changed"), "\(answers)")
            #expect(play.site.told.resolutions.isEmpty)
        }
    }

    @Test func `from options on a terminal it shows what would be saved and asks`() async {
        let arguments = [
            "conflict", "resolve", id, "--pick", "1", "--seen", "5", "--reason", "x",
        ]
        let asked = Play(answers: ["n"], isTerminal: true)
        #expect(await asked.run(arguments).status == 1)
        #expect(asked.site.told.resolutions.isEmpty)
        let sure = Play(answers: [], isTerminal: true)
        #expect(await sure.run(arguments + ["--yes"]).status == 0)
        #expect(sure.site.told.resolutions.count == 1)
        let dry = Play()
        let result = await dry.run(arguments + ["--dry-run"])
        #expect(result.status == 0 && result.out.contains("This would be saved"))
        #expect(dry.site.told.resolutions.isEmpty)
    }

    @Test func `a clinical decision asks who decided`() async throws {
        let play = Play(answers: ["1", "Dr Patel", "GP", "talked", "y"], isTerminal: true)
        let result = await play("conflict", "resolve", decision)
        #expect(result.status == 0, "\(result)")
        let resolution = try #require(play.site.told.resolutions.first)
        #expect(resolution.isAttested && resolution.performer?.name == "Dr Patel")
        #expect(result.err.contains("Patel Practice"), "it says where one may be written")
    }

    @Test func `a value that arrived later keeps the conflict open`() async {
        let play = Play(site: PlayedSite { $0.afterResolve = Samples.conflict() })
        let result = await play(
            "conflict", "resolve", id, "--pick", "1", "--seen", "4", "--reason", "x")
        #expect(result.status == 3 && result.out.contains("still open"))
    }

    @Test func `what was typed and cannot be saved is left in a file that the error names`()
        async throws
    {
        let full = SiteError(.store, "the disk is full; make room, then try again")
        let play = Play(
            site: PlayedSite { $0.failureToSave = full },
            answers: ["1", "rang the GP for an hour", "y"], isTerminal: true)
        let result = await play("conflict", "resolve", id)
        #expect(result.status == 1)
        let path = try #require(result.err.split(separator: "what you typed is in ").last)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(
            try String(contentsOfFile: path, encoding: .utf8).contains("rang the GP for an hour"))
        try FileManager.default.removeItem(atPath: path)
    }
}
