import Foundation
import KithModel
import KithSite
import Testing

/// Many routine conflicts decided alike: all or none, and never one that is safety-critical.
@Suite(.timeLimit(.minutes(10))) struct BulkResolutionTests {
    private let plans = Parish.plans

    private func scene(_ count: Int) async throws -> (Parish, [RecordID]) {
        let parish = try await Parish(2)
        var residents: [RecordID] = []
        for number in 0..<count {
            residents.append(
                try await parish.elm.add("resident", to: plans, "familyName=Person \(number)"))
        }
        try await parish.settle()
        for resident in residents {
            try await parish.elm.edit(resident, "language=Welsh")
            try await parish.practice.edit(resident, "language=English")
        }
        try await parish.settle()
        return (parish, residents)
    }

    private func run(
        _ site: Neighbour, fields: [String] = ["language"], prefer: String = "Riverside",
        seen: Int64? = nil, limit: Int = 1000, olderThan: Instant? = nil
    ) async throws -> BulkReport {
        try await site.site.resolveMany(
            BulkResolution(
                fields: fields, preferredSite: prefer, openedBefore: olderThan, seen: seen,
                limit: limit, reason: "the practice asked them", isPreview: seen == nil),
            by: site.manager)
    }

    @Test func `a dry run changes nothing, and what it showed is decided`() async throws {
        let (parish, residents) = try await scene(5)
        let entries = try await parish.elm.site.status().entries
        let dry = try await run(parish.elm)
        #expect(dry.items.count == 5 && !dry.isWritten && dry.skipped.isEmpty)
        #expect(dry.items.allSatisfy { $0.stands == "English" && $0.replaces == ["Welsh"] })
        #expect(try await parish.elm.site.status().entries == entries)

        // What comes after the dry run stays undecided.
        try await parish.practice.edit(residents[0], "language=Urdu")
        try await parish.settle()
        let done = try await run(parish.elm, seen: dry.version)
        #expect(done.isWritten)
        try await parish.settle()
        try await parish.expectSameEverywhere()
        for resident in residents.dropFirst() {
            #expect(try await parish.practice.words(resident, "language") == ["English"])
        }
        #expect(try await parish.elm.words(residents[0], "language").contains("Urdu"))
        let history = try await parish.elm.site.history(residents[1].description)
        let last = try #require(history.last)
        #expect(last.provenance.change == .resolve && last.superseded == 2)
        #expect(last.provenance.reason == "the practice asked them")
        // Each can be taken back by itself.
        try await parish.elm.undo("\(residents[2].short).language")
        #expect(try await parish.elm.words(residents[2], "language") == ["English", "Welsh"])
        await parish.close()
    }

    @Test func `one safety-critical field among them refuses all of it`() async throws {
        let (parish, residents) = try await scene(2)
        try await parish.elm.edit(residents[0], "dateOfBirth=1941-11-19")
        try await parish.practice.edit(residents[0], "dateOfBirth=1941-11-20")
        try await parish.settle()
        await expectRefusal("safety-critical") {
            _ = try await run(parish.elm, fields: ["language", "dateOfBirth"])
        }
        await expectRefusal("safety-critical") {
            _ = try await run(parish.elm, fields: ["language", "dateOfBirth"], seen: 1)
        }
        #expect(try await parish.elm.site.conflicts(ConflictQuery()).count == 3)
        await parish.close()
    }

    @Test func `what matches nothing, too much, or names nobody is refused`() async throws {
        let (parish, _) = try await scene(3)
        await expectRefusal("no open conflict matches") {
            _ = try await run(parish.elm, fields: ["phone"])
        }
        await expectRefusal("no open conflict matches") {
            _ = try await run(parish.elm, olderThan: Instant(milliseconds: 0))
        }
        await expectRefusal("--at-most") { _ = try await run(parish.elm, limit: 2) }
        await expectRefusal("no member is called") {
            _ = try await run(parish.elm, prefer: "Nobody")
        }
        await expectRefusal("which fields") { _ = try await run(parish.elm, fields: []) }
        #expect(try await run(parish.elm, fields: ["resident.language"]).items.count == 3)
        await expectRefusal("no open conflict matches") {
            _ = try await run(parish.elm, fields: ["contact.language"])
        }
        await parish.close()
    }
}
