import Foundation
import KithModel
import KithSite
import Testing

/// What belongs to working through conflicts: late candidates, owners, filters, wrong input.
@Suite(.timeLimit(.minutes(10))) struct ConflictWorkTests {
    private let plans = Parish.plans

    private func disagree(
        _ parish: Parish, _ field: String = "language", _ values: [String] = ["Welsh", "English"]
    ) async throws -> RecordID {
        let resident = try await parish.elm.add("resident", to: plans, "familyName=Whitfield")
        try await parish.settle()
        try await parish.elm.edit(resident, "\(field)=\(values[0])")
        try await parish.practice.edit(resident, "\(field)=\(values[1])")
        try await parish.settle()
        return resident
    }

    @Test func `a decision keeps the candidate that came after the view it was made from`()
        async throws
    {
        let parish = try await Parish(3)
        let oak = parish.sites[2]
        let resident = try await parish.elm.add("resident", to: plans, "familyName=Whitfield")
        try await parish.settle()
        try await parish.elm.edit(resident, "language=Welsh")
        try await parish.practice.edit(resident, "language=English")
        try await oak.edit(resident, "language=Urdu")
        try await parish.elm.sync(with: parish.practice)
        let seen = try await parish.elm.conflict(.field)
        try await parish.elm.sync(with: oak)
        let outcome = try await parish.elm.decide(seen, .value([.init("language", "Cymraeg")]))
        #expect(outcome.isOpen && outcome.rest?.values.sorted() == ["Cymraeg", "Urdu"])
        #expect(outcome.rest?.isReopened == true)
        try await parish.settle()
        try await parish.expectSameEverywhere()
        await expectRefusal("not a version") {
            var late = seen
            late.version = 1_000_000
            _ = try await parish.elm.decide(late, .pick(1))
        }
        await parish.close()
    }

    @Test func `a third record, or a late change, keeps a conflict between records open`()
        async throws
    {
        let parish = try await Parish(2)
        try await MadeConflict.activePlans.make(in: parish)
        let seen = try await parish.elm.conflict(.activePlans)
        let resident = try #require(
            try await parish.elm.site.records(RecordQuery(kind: "resident")).first)
        try await parish.practice.add(
            "plan", to: plans, under: resident.id, "title=Third", "status=active")
        try await parish.settle()
        let outcome = try await parish.elm.decide(seen, .word("keep"))
        #expect(outcome.isOpen && outcome.rest?.values.count == 3)
        try await parish.settle()
        try await parish.expectSameEverywhere()
        let whole = try await parish.practice.conflict(.activePlans)
        try await parish.practice.decide(whole, .word("keep"))
        #expect(try await parish.practice.site.conflicts(ConflictQuery()).isEmpty)

        try await MadeConflict.archivedAndEdited.make(in: parish)
        let view = try await parish.elm.conflict(.archivedAndEdited)
        var early = view
        early.version = 1
        await expectRefusal("more change") {
            _ = try await parish.elm.decide(early, .word("archived"))
        }
        await parish.close()
    }

    @Test func `whose it is, until when and what was found out is shared, and never a conflict`()
        async throws
    {
        let parish = try await Parish(3)
        _ = try await disagree(parish)
        let id = try await parish.elm.conflict(.field).id
        for (site, owner) in zip(parish.sites, ["Ann", "Bob", "Cy"]) {
            _ = try await site.site.work(
                on: ConflictWork(conflict: id, owner: owner, note: "from \(owner)"),
                by: site.manager)
        }
        try await parish.settle()
        try await parish.expectSameEverywhere()
        let view = try await parish.elm.conflict(.field)
        #expect(view.owners == ["Ann", "Bob", "Cy"], "nobody's word is lost")
        #expect(Set(view.details?.notes.map(\.text) ?? []) == ["from Ann", "from Bob", "from Cy"])
        #expect(try await parish.elm.site.conflicts(ConflictQuery()).count == 1)
        _ = try await parish.elm.site.work(
            on: ConflictWork(conflict: id, owner: "Bob", due: "2026-12"), by: parish.elm.manager)
        try await parish.settle()
        let settled = try await parish.practice.conflict(.field)
        #expect(settled.owners == ["Bob"] && settled.due == PartialDate("2026-12"))
        _ = try await parish.elm.site.work(
            on: ConflictWork(conflict: id, owner: ""), by: parish.elm.manager)
        #expect(try await parish.elm.conflict(.field).owners.isEmpty)
        await expectRefusal("an owner, a due date or a note") {
            _ = try await parish.elm.site.work(
                on: ConflictWork(conflict: id), by: parish.elm.manager)
        }
        await parish.close()
    }

    @Test func `a reviewer, who writes no records, can take a conflict on`() async throws {
        let parish = try await Parish(2)
        _ = try await disagree(parish)
        try await parish.practice.change(parish.elm, in: plans, role: "reviewer")
        try await parish.settle()
        let seen = try await parish.elm.conflict(.field)
        _ = try await parish.elm.site.work(
            on: ConflictWork(conflict: seen.id, owner: "Ann", note: "I ring them"),
            by: parish.elm.manager)
        try await parish.settle()
        #expect(try await parish.practice.conflict(.field).owners == ["Ann"])
        await expectRefusal("may not write") { _ = try await parish.elm.decide(seen, .pick(1)) }
        await parish.close()
    }

    @Test func `lists are narrowed by kind, severity, partnership, resident, field, owner and age`()
        async throws
    {
        let parish = try await Parish(2)
        let resident = try await disagree(parish)
        try await MadeConflict.duplicateResident.make(in: parish)
        func ids(_ query: ConflictQuery) async throws -> [ConflictKind] {
            try await parish.elm.site.conflicts(query).map(\.kind)
        }
        #expect(try await ids(ConflictQuery()) == [.duplicateResident, .field])
        #expect(try await ids(ConflictQuery(severity: .routine)) == [.field])
        #expect(try await ids(ConflictQuery(kinds: [.field, .fork])) == [.field])
        #expect(try await ids(ConflictQuery(field: "language")) == [.field])
        #expect(try await ids(ConflictQuery(field: "phone")).isEmpty)
        #expect(try await ids(ConflictQuery(partnership: plans)).count == 2)
        #expect(try await ids(ConflictQuery(partnership: "Elm (private)")).isEmpty)
        #expect(try await ids(ConflictQuery(under: resident.description)) == [.field])
        #expect(
            try await ids(ConflictQuery(openedBefore: Instant(milliseconds: 1_000))).isEmpty)
        #expect(try await ids(ConflictQuery(isUnowned: true)).count == 2)
        let id = try await parish.elm.conflict(.field).id
        _ = try await parish.elm.site.work(
            on: ConflictWork(conflict: id, owner: "Ann Other", due: "2020-01-01"),
            by: parish.elm.manager)
        #expect(try await ids(ConflictQuery(owner: "ann")) == [.field])
        #expect(try await ids(ConflictQuery(isUnowned: true)) == [.duplicateResident])
        #expect(try await ids(ConflictQuery(dueBefore: PartialDate("2026-11-25"))) == [.field])
        let status = try await parish.elm.site.status()
        #expect(status.safetyCriticalConflicts == 1 && status.routineConflicts == 1)
        #expect(status.overdueConflicts == 1 && status.unownedConflicts == 1)
        #expect(status.oldestConflict != nil && status.oldestRoutineConflict != nil)
        await parish.close()
    }

    @Test func `what is archived or erased is refused with what to do`() async throws {
        let parish = try await Parish(2)
        let resident = try await disagree(parish)
        let seen = try await parish.elm.conflict(.field)
        try await parish.elm.archive(resident)
        #expect(try await parish.elm.site.conflicts(ConflictQuery()).isEmpty)
        #expect(
            try await parish.elm.site.conflicts(ConflictQuery(includesArchived: true)).count == 1)
        await expectRefusal("archived=no") { _ = try await parish.elm.decide(seen, .pick(1)) }
        try await parish.elm.edit(resident, "archived=no")
        try await parish.settle()

        let versions = try #require(seen.field?.candidates).map {
            $0.provenance[0].version
        }
        let own = try await parish.practice.conflict(.field)
        let first = try #require(own.field?.candidates[0].provenance[0].version)
        _ = try await parish.practice.site.erase(
            ErasureDraft(
                record: resident.description, version: first, reason: "court order",
                isPreview: false), by: parish.practice.manager)
        try await parish.settle()
        let half = try await parish.elm.conflict(.field)
        let gone = try #require(
            half.field?.candidates.first { $0.absence == .erased }?.number)
        await expectRefusal("cannot be read here") {
            _ = try await parish.elm.decide(half, .pick(gone))
        }
        #expect(versions.count == 2)
        // Decided by what is left, and taken back: what was erased does not come back.
        let kept = try #require(
            half.field?.candidates.first { $0.absence == nil })
        try await parish.elm.decide(half, .pick(kept.number))
        let undone = try await parish.elm.undo(half.id)
        #expect(undone.stands == [kept.words] && !undone.isOpen)

        // Of a record that was erased whole nothing is left to decide, whoever looked at it before.
        let other = try await disagree(parish, "religion", ["Chapel", "Church"])
        let view = try await parish.elm.conflict(.field)
        _ = try await parish.practice.site.erase(
            ErasureDraft(
                record: other.description, version: nil, reason: "court order", isPreview: false),
            by: parish.practice.manager)
        try await parish.settle()
        for site in parish.sites {
            await expectRefusal("there is no open conflict") {
                _ = try await site.decide(view, .pick(1))
            }
            await expectRefusal("there is no open conflict") {
                _ = try await site.site.work(
                    on: ConflictWork(conflict: view.id, note: "x"), by: site.manager)
            }
            await expectRefusal("no decision stands") { _ = try await site.undo(view.id) }
        }
        try await parish.expectSameEverywhere()
        await parish.close()
    }

    @Test func `numbers, words and reasons that mean nothing are refused`() async throws {
        let parish = try await Parish(2)
        _ = try await disagree(parish)
        let seen = try await parish.elm.conflict(.field)
        await expectRefusal("no candidate 3") { _ = try await parish.elm.decide(seen, .pick(3)) }
        await expectRefusal("takes the number") {
            _ = try await parish.elm.decide(seen, .word("same"))
        }
        await expectRefusal("and of nothing else") {
            _ = try await parish.elm.decide(seen, .value([.init("phone", "01803 555 001")]))
        }
        await expectRefusal("say why") {
            _ = try await parish.elm.decide(seen, .pick(1), reason: "  \n ")
        }
        await expectRefusal("no decision stands") { _ = try await parish.elm.undo(seen.id) }
        for id in ["x", "7XK.phone", "7XK2M9QF", "!!!!.x", "7XK2M9QF.same-room"] {
            await #expect(throws: SiteError.self) { try await parish.elm.site.conflict(id) }
        }
        // A preview writes nothing.
        let entries = try await parish.elm.site.status().entries
        let preview = try await parish.elm.site.resolve(
            Resolution(
                conflict: seen.id, choice: .pick(1), seen: seen.version, reason: "x",
                isPreview: true), by: parish.elm.manager)
        #expect(!preview.isOpen && preview.stands.count == 1 && preview.replaces.count == 1)
        #expect(try await parish.elm.site.status().entries == entries)
        await parish.close()
    }

    @Test func `narrative is compared with what both replaced, word by word`() async throws {
        let parish = try await Parish(2)
        let resident = try await parish.elm.add(
            "resident", to: plans, "familyName=Whitfield", "address=2 Hill Road, Torquay")
        try await parish.settle()
        try await parish.elm.edit(resident, "address=12 Hill Road, Torquay")
        try await parish.practice.edit(resident, "address=2 Hill Road, Paignton")
        try await parish.settle()
        func expectComparison() async throws {
            let view = try await parish.elm.conflict(.field)
            let comparison = try #require(view.details?.comparison)
            #expect(comparison.base == "2 Hill Road, Torquay")
            #expect(comparison.words.places.map(\.base) == ["2", "Torquay"])
            #expect(
                view.details?.knowledge.map(\.replaced).allSatisfy {
                    $0 == ["2 Hill Road, Torquay"]
                } == true)
        }
        try await expectComparison()
        // It is the same after a decision that was taken back.
        let seen = try await parish.elm.conflict(.field)
        try await parish.elm.decide(seen, .value([.init("address", "12 Hill Road, Paignton")]))
        try await parish.elm.undo(seen.id)
        try await parish.settle()
        try await expectComparison()
        await parish.close()
    }
}
