import Foundation
import KithModel
import KithSite
import Testing

/// Records that are taken out of view, are not there, or have been written many times.
@Suite(.timeLimit(.minutes(10))) struct ArchivingTests {
    private let village: Village
    private let plans = "Riverside plans"
    private static let manager = Author(user: "m", name: "Manager", role: "manager")

    init() throws {
        village = try Village()
    }

    @Test func `what is not here cannot be changed, archived or erased`() async throws {
        let elm = try await village.site("Elm")
        try await elm.found(plans)
        let before = try await elm.site.verify()
        let unknown = RecordID(kind: "x", source: "y", in: try await elm.site.partnership(plans).id)
        for reference in [unknown.description, "ZZZZ", "", "x"] {
            await #expect(throws: SiteError.self) {
                _ = try await elm.site.save(
                    [
                        RecordEdit(
                            target: .existing(reference), values: [.init("archived", "yes")],
                            change: .archive)
                    ], by: Self.manager)
            }
            await #expect(throws: SiteError.self) {
                _ = try await elm.site.erase(
                    ErasureDraft(
                        record: reference, version: nil, reason: "why", isPreview: false),
                    by: Self.manager)
            }
            await #expect(throws: SiteError.self) { _ = try await elm.site.history(reference) }
        }
        let after = try await elm.site.verify()
        #expect(after.ok)
        #expect(
            after.partnerships.flatMap(\.compartments).map(\.stateDigest)
                == before.partnerships.flatMap(\.compartments).map(\.stateDigest))
        await elm.close()
    }

    @Test
    func `what is archived at one site and changed at another keeps the change`()
        async throws
    {
        let elm = try await village.site("Elm")
        let practice = try await village.site("Riverside", kind: "gp-practice")
        try await elm.found(plans)
        try await elm.admit(practice, to: plans)
        let nell = try await elm.add("resident", to: plans, "familyName=Whitfield")
        let allergy = try await elm.add(
            "allergy", to: plans, under: nell, "agent=Penicillin", "severity=mild")
        try await elm.sync(with: practice)
        try await elm.edit(allergy, "archived=yes")
        try await practice.edit(allergy, "severity=severe")
        try await elm.sync(with: practice)
        for site in [elm, practice] {
            let view = try await site.site.record(allergy.description, kind: nil)
            #expect(view.isArchived)
            #expect(view.field("severity")?.candidates.map(\.words) == ["Severe"])
            let listed = try await site.site.records(
                RecordQuery(kind: "allergy", includesArchived: true))
            #expect(listed.map(\.id) == [allergy])
        }
        try await practice.edit(allergy, "archived=no")
        try await elm.sync(with: practice)
        #expect(try await elm.site.records(RecordQuery(kind: "allergy")).map(\.id) == [allergy])
        #expect(try await elm.words(allergy, "severity") == ["Severe"])
        await elm.close()
        await practice.close()
    }

    @Test func `a record's story has every field that the change log asks for`() async throws {
        let elm = try await village.site("Elm")
        let practice = try await village.site("Riverside", kind: "gp-practice")
        try await elm.found(plans)
        try await elm.admit(practice, to: plans, mayAttest: true)
        let nell = try await elm.add("resident", to: plans, "familyName=Whitfield")
        let decision = try await elm.add(
            "cprDecision", to: plans, under: nell, "decision.value=for", "decision.date=2026-01-02")
        try await elm.sync(with: practice)
        let seen = try await practice.site.record(decision.description, kind: nil).version
        let doctor = Author(user: "", name: "Dr Patel", role: "General practitioner")
        _ = try await practice.site.save(
            [
                RecordEdit(
                    target: .existing(decision.description),
                    values: [
                        .init("decision.value", "not-for"), .init("decision.date", "2026-11-20"),
                    ], seen: seen, change: .attest, reason: "Discussed with the family",
                    performer: doctor, event: "2026-11-20", isAttested: true)
            ], by: Author(user: "clerk", name: "Clerk", role: "receptionist"))
        try await elm.sync(with: practice)
        let story = try await elm.site.history(decision.description)
        let last = try #require(story.last)
        #expect(last.field == "decision")
        #expect(last.isCandidate && last.superseded == 1)
        let said = last.provenance
        #expect(said.change == .attest && said.entryClass == .decision)
        #expect(said.site == (try await practice.site.profile().site))
        #expect(said.siteName == "Riverside")
        #expect(said.committer.user == "clerk" && said.committer.role == "receptionist")
        #expect(said.performer == doctor)
        #expect(said.reason == "Discussed with the family")
        #expect(said.event == "2026-11-20")
        #expect(said.recorded <= said.received)
        // The version is the same at the site that wrote it, where it arrived under another number.
        let there = try #require(try await practice.site.history(decision.description).last)
        #expect(there.provenance.entry == said.entry)
        #expect(Set(story.map(\.provenance.entry)).count == 2)
        #expect(try await elm.site.verify().ok, "the signatures are checked")
        await elm.close()
        await practice.close()
    }
}
