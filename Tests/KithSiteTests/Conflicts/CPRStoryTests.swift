import Foundation
import KithModel
import KithSite
import Testing

/// Story 2 of the care domain: a CPR disagreement between sites that were apart.
@Suite(.timeLimit(.minutes(10))) struct CPRStoryTests {
    private static let fortnight: Int64 = 14 * 86_400_000
    private let plans = Parish.plans

    private func decide(
        _ site: Neighbour, _ resident: RecordID, _ values: [String], source: String? = nil
    ) async throws {
        _ = try await site.site.save(
            [
                RecordEdit(
                    target: .new(
                        kind: "cprDecision", partnership: plans, parent: resident.description),
                    values: values.map {
                        let half = $0.split(separator: "=", maxSplits: 1).map(String.init)
                        return RecordEdit.Assignment(half[0], half[1])
                    }, reason: source)
            ], by: site.manager)
    }

    @Test func `neither is chosen, the clinician decides, and a late third value reopens the case`()
        async throws
    {
        let clock = WrongClock()
        let parish = try await Parish(3) { clock.now }
        let (practice, elm, oak) = (parish.practice, parish.elm, parish.sites[2])
        let resident = try await elm.add("resident", to: plans, "familyName=Whitfield")
        try await parish.settle()
        // The trust stays away from now on, for a fortnight; the home may not attest.
        _ = try await practice.site.changeMembership(
            MembershipChange(
                partnership: plans, member: elm.name,
                act: .grant(role: nil, compartments: nil, mayAttest: false, ends: nil)))
        try await elm.sync(with: practice)

        try await decide(
            practice, resident,
            [
                "decision.value=not-for", "decision.date=2026-11-20",
                "decision.reviewDate=2027-05-01",
            ])
        try await decide(
            elm, resident, ["decision.value=for", "decision.date=2026-11-18"],
            source: "hospital letter of 18 November")
        try await elm.sync(with: practice)

        for site in [practice, elm] {
            let view = try await site.conflict(.field)
            #expect(view.severity == .safetyCritical && view.needsAttestation)
            let candidates = try #require(view.field?.candidates)
            #expect(candidates.count == 2)
            #expect(
                Set(candidates.flatMap(\.provenance).map(\.committer.name))
                    == ["Manager of Riverside", "Manager of Elm"])
            #expect(candidates.allSatisfy { $0.words.contains("2026-11-") })
            #expect(view.details?.knowledge.allSatisfy { $0.unknown.count == 1 } == true)
            // No view chooses.
            let record = try await site.site.record(
                try #require(view.record).description, kind: nil)
            #expect(record.field("decision")?.candidates.count == 2)
        }

        // The administrator of the home can pass it on, and cannot pick.
        let seen = try await elm.conflict(.field)
        _ = try await elm.site.work(
            on: ConflictWork(
                conflict: seen.id, owner: "Dr Rao", due: "2026-12-01", note: "letter is in her file"
            ),
            by: elm.manager)
        await expectRefusal("Riverside") { _ = try await elm.decide(seen, .pick(1)) }
        await expectRefusal("may not sign") {
            _ = try await elm.decide(seen, .pick(1), clinician: "Dr Rao")
        }
        try await elm.sync(with: practice)
        let passed = try await practice.conflict(.field)
        #expect(passed.owners == ["Dr Rao"] && passed.due?.description == "2026-12-01")
        #expect(passed.details?.notes.map(\.text) == ["letter is in her file"])

        // The clinician attests.
        let number = try #require(
            passed.field?.candidates.first { $0.words.hasPrefix("Not for") }?.number)
        let outcome = try await practice.decide(
            passed, .pick(number), reason: "talked with her and her son", clinician: "Dr Rao")
        #expect(!outcome.isOpen)
        try await elm.sync(with: practice)
        #expect(try await elm.site.conflicts(ConflictQuery()).isEmpty)

        // A third value, written on the first day at a site that hears of all this a fortnight later.
        try await decide(
            oak, resident, ["decision.value=for", "decision.date=2026-11-10"],
            source: "what she told the ward")
        let written = clock.now
        clock.set(ahead: Double(Self.fortnight) / 1000)
        #expect(try await elm.site.conflicts(ConflictQuery()).isEmpty, "nothing happens by itself")
        try await parish.settle()
        try await parish.expectSameEverywhere()
        for site in parish.sites {
            let view = try await site.conflict(.field)
            #expect(view.id == seen.id && view.isReopened && view.owners == ["Dr Rao"])
            let decision = try #require(view.details?.decisions.first)
            #expect(decision.stands && decision.words.hasPrefix("Not for"))
            #expect(decision.provenance.performer?.name == "Dr Rao")
            #expect(decision.provenance.reason == "talked with her and her son")
            let candidates = try #require(view.field?.candidates)
            #expect(candidates.count == 2)
            // Days passed between writing and hearing, and both days are told.
            let late = try #require(
                candidates.first { $0.words.contains("2026-11-10") }?.provenance.first)
            #expect(late.siteName == "Oak" && late.reason == "what she told the ward")
            #expect(late.recorded.milliseconds <= written.milliseconds)
            let waited = late.received.milliseconds - late.recorded.milliseconds
            #expect(site.name == oak.name ? waited < 1000 : waited >= Self.fortnight)
            #expect(site.name == oak.name || view.opened.milliseconds - written.milliseconds >= 0)
        }
        // It is told to be new: by the day that it came, not by the day that it was written.
        let open = try await elm.site.conflicts(
            ConflictQuery(openedBefore: Instant(milliseconds: written.milliseconds + 1000)))
        #expect(open.isEmpty)
        await parish.close()
    }

    @Test
    func `taking an attested decision back needs a clinician, and no claim becomes a decision`()
        async throws
    {
        let parish = try await Parish(2)
        let (practice, elm) = (parish.practice, parish.elm)
        let resident = try await elm.add("resident", to: plans, "familyName=Whitfield")
        try await parish.settle()
        for (site, value) in [(practice, "not-for"), (elm, "for")] {
            try await decide(
                site, resident, ["decision.value=\(value)", "decision.date=2026-11-20"])
        }
        try await parish.settle()
        let seen = try await practice.conflict(.field)
        try await practice.decide(seen, .pick(1), clinician: "Dr Rao")
        try await parish.settle()
        await expectRefusal("--attest") { _ = try await elm.undo(seen.id) }
        try await elm.undo(seen.id, clinician: "Dr Lane")
        try await parish.settle()
        try await parish.expectSameEverywhere()
        let again = try await practice.conflict(.field)
        let candidates = try #require(again.field?.candidates)
        #expect(candidates.count == 2)
        for said in candidates.flatMap(\.provenance) {
            // As it was first said, and by whom it was brought back.
            #expect(said.entryClass == .record)
            #expect(said.carried?.isRecalled == true && said.carried?.by.name == "Manager of Elm")
        }
        #expect(Set(candidates.flatMap(\.provenance).map(\.siteName)) == ["Riverside", "Elm"])
        // And an administrator cannot settle it now either.
        await expectRefusal("only a clinical decision") {
            _ = try await practice.decide(again, .pick(1))
        }
        await parish.close()
    }
}
