import Foundation
import KithModel
import KithSite
import Testing

/// Finding conflicts, working on them, and the pages for others.
@Suite struct ConflictCommandTests {
    private static let old = Instant(milliseconds: Samples.now.milliseconds - 9 * 86_400_000)

    /// A routine one that Ann has and that is overdue, and a new safety-critical one that nobody has.
    private static func two() -> [ConflictView] {
        var routine = Samples.conflict()
        routine.id = "ABCDEFGH.language"
        routine.severity = .routine
        routine.about = "Language"
        routine.fieldName = "language"
        routine.resident = "Adeyemi Grace"
        routine.title = "Adeyemi Grace"
        routine.opened = old
        routine.owners = ["Ann Other"]
        routine.due = PartialDate("2026-11-20")
        routine.isReopened = true
        routine.details = nil
        var critical = Samples.conflict()
        critical.opened = Instant(milliseconds: Samples.now.milliseconds - 3_600_000)
        critical.details = nil
        return [critical, routine]
    }

    private func play() -> Play { Play(site: PlayedSite { $0.conflicts = Self.two() }) }

    @Test func `options become the query, and what they do not know is told`() async throws {
        let play = play()
        let result = await play(
            "conflict", "list", "--severity", "routine", "--kind", "field", "--kind",
            "duplicate-with", "--field", "language", "--owner", "ann", "--overdue", "--older-than",
            "7d", "--archived", "--partnership", "Elm and Patel")
        #expect(result.status == 0, "\(result)")
        let query = try #require(play.site.told.conflictQueries.first)
        #expect(query.severity == .routine && query.kinds == [.field, .duplicateResident])
        #expect(query.field == "language" && query.owner == "ann" && query.includesArchived)
        #expect(query.dueBefore == PartialDate("2026-11-22"))
        #expect(
            query.openedBefore?.milliseconds == Samples.now.milliseconds - 7 * 86_400_000)
        for wrong in [
            ["--kind", "quarrel"], ["--older-than", "soon"], ["--older-than", "-1d"],
            ["--sort", "colour"],
        ] {
            let result = await self.play().run(["conflict", "list"] + wrong)
            #expect(result.status == 2 && result.isOneLine, "\(result.err)")
        }
    }

    @Test(arguments: ["severity", "age", "owner", "due", "resident", "partnership"])
    func `a list fits 80 columns in every order, and says in words what marks mean`(
        order: String
    ) async {
        let result = await play()("conflict", "list", "--sort", order)
        #expect(result.status == 0)
        expectFits(result.out)
        for words in [
            "!!", "marked !!", "1 overdue", "OVERDUE", "(again)", "decided before",
        ] {
            #expect(result.out.contains(words), "\(words) in \(result.out)")
        }
        let first = result.out.split(separator: "\n")[1]
        let isRoutineFirst = ["age", "owner", "due", "resident"].contains(order)
        #expect(first.contains("ABCDEFGH.language") == isRoutineFirst, "\(first)")
    }

    @Test func `monitoring is told by the exit status`() async {
        #expect(await play()("conflict", "list", "--fail-if-any").status == 3)
        let none = Play(site: PlayedSite { $0.conflicts = [] })
        let result = await none(
            "conflict", "list", "--fail-if-any", "--severity", "safety-critical")
        #expect(result.status == 0 && result.out == "No conflicts are open.\n")
    }

    @Test func `the digest is plain text: overdue, then new, then the rest`() async throws {
        let play = Play(site: PlayedSite { $0.conflicts = Self.two() }, isTerminal: true)
        let result = await play("conflict", "digest")
        #expect(result.status == 0)
        expectFits(result.out)
        #expect(
            result.out.contains(
                "2 open, 1 of them safety-critical; 1 overdue; 1 new; 1 without an owner."))
        let overdue = try #require(result.out.range(of: "OVERDUE (1)"))
        let new = try #require(result.out.range(of: "NEW (1)"))
        #expect(overdue.lowerBound < new.lowerBound && !result.out.contains("OPEN ("))
        #expect(result.out.contains("SAFETY-CRITICAL: Status") && result.out.contains("no owner"))
        let older = await play("conflict", "digest", "--new-within", "30m")
        #expect(older.status == 2, "an age has hours, days or weeks")
        let week = await play("conflict", "digest", "--new-within", "0h")
        #expect(week.out.contains("OPEN (1)"))
    }

    @Test func `assigning and noting say who, until when and what`() async throws {
        let play = play()
        let id = Samples.conflict().id
        #expect(
            await play("conflict", "assign", id, "Ann", "--due", "2026-12-01").status == 0)
        #expect(await play("conflict", "note", id, "rang the GP").status == 0)
        let works = play.site.told.works
        #expect(works[0].owner == "Ann" && works[0].due == "2026-12-01" && works[0].note == nil)
        #expect(works[1].note == "rang the GP" && works[1].owner == nil)
        let nothing = await play("conflict", "assign", id)
        #expect(nothing.status == 2 && nothing.isOneLine)
    }

    @Test func `taking back shows what stands again, and asks on a terminal`() async throws {
        let id = Samples.conflict().id
        let script = play()
        let result = await script("conflict", "undo", id, "--reason", "a slip")
        #expect(result.status == 0 && result.out.contains("stands again"))
        #expect(script.site.told.undone.map(\.reason) == ["a slip"])
        let dry = play()
        #expect(await dry("conflict", "undo", id, "--reason", "x", "--dry-run").status == 0)
        #expect(dry.site.told.undone.isEmpty)
        let asked = Play(answers: ["n"], isTerminal: true)
        #expect(await asked("conflict", "undo", id, "--reason", "x").status == 1)
        #expect(asked.site.told.undone.isEmpty)
        let empty = await play()("conflict", "undo", id, "--reason", "  ")
        #expect(empty.status == 2 && empty.isOneLine)
    }

    @Test func `deciding many is a dry run first, and saves only what that showed`() async throws {
        let play = play()
        let arguments = [
            "conflict", "resolve-all", "--field", "phone", "--prefer-site", "Elm House",
            "--reason", "they asked", "--older-than", "1w",
        ]
        let dry = await play.run(arguments)
        #expect(dry.status == 0)
        expectFits(dry.out)
        #expect(dry.out.contains("30 conflicts would be decided; nothing was changed."))
        #expect(dry.out.contains("--yes --seen 5") && dry.out.contains("and 10 more"))
        #expect(play.site.told.bulks[0].isPreview && play.site.told.bulks[0].seen == nil)
        let unseen = await play.run(arguments + ["--yes"])
        #expect(unseen.status == 2 && unseen.isOneLine && unseen.err.contains("--seen"))
        let done = await play.run(arguments + ["--yes", "--seen", "5", "--at-most", "30"])
        #expect(done.status == 0 && done.out.contains("30 conflicts decided."))
        let bulk = try #require(play.site.told.bulks.last)
        #expect(!bulk.isPreview && bulk.seen == 5 && bulk.limit == 30)
        let all = await play(
            "conflict", "resolve-all", "--prefer-site", "Elm House", "--reason", "x")
        #expect(all.status == 2 && all.err.contains("--field"))
    }

    @Test func `a walk needs a terminal, and says what a script does instead`() async {
        let result = await play()("conflict", "resolve")
        #expect(result.status == 2 && result.isOneLine && result.err.contains("resolve-all"))
    }

    @Test func `a walk goes on after each decision and says what is left`() async throws {
        var (first, second) = (Samples.conflict(), Samples.conflict())
        first.id = "AAAA.status"
        second.id = "BBBB.status"
        let conflicts = [first, second]
        let play = Play(
            site: PlayedSite { $0.conflicts = conflicts },
            answers: ["1", "rang them", "y", "b", "1", "", "y"], isTerminal: true)
        let result = await play("conflict", "resolve")
        #expect(result.status == 0, "\(result.err)")
        let made = play.site.told.resolutions
        #expect(made.map(\.conflict) == ["AAAA.status", "BBBB.status"])
        #expect(made.map(\.reason) == ["rang them", "rang them"], "Enter takes the last reason")
        #expect(result.err.contains("is settled already"), "it cannot go back to what is decided")
        #expect(result.out.contains("2 decisions saved; nothing is open any more."))
    }
}
