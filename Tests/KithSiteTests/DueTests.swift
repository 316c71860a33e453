import Foundation
import KithModel
import KithSite
import Synchronization
import Testing

/// What is due, at one site and, where people disagree, at two.
@Suite(.timeLimit(.minutes(10))) struct DueTests {
    private let village: Village
    private let plans = "Riverside plans"
    /// A Sunday, by which every site goes.
    private static let now = Instant(rfc3339: "2026-11-22T12:00:00Z")

    init() throws {
        village = try Village()
    }

    private func home(_ name: String = "Elm") async throws -> Neighbour {
        let now = try #require(Self.now)
        let home = try await village.site(name, clock: { now })
        if name == "Elm" { try await home.found(plans) }
        return home
    }

    /// What is due, each as `WHAT DATE DAYS`.
    private func due(
        at site: Neighbour, within: Int = 14, resident: RecordID? = nil
    ) async throws -> [String] {
        try await site.site.due(DueQuery(within: within, resident: resident?.description)).map {
            "\($0.what) \($0.date) \($0.overdueDays)"
        }
    }

    /// A resident who was assessed and has an agreed plan, so that only what a test adds is due.
    private func settled(
        at site: Neighbour, _ name: String
    ) async throws -> (
        resident: RecordID, plan: RecordID
    ) {
        let resident = try await site.add("resident", to: plans, "familyName=\(name)")
        let plan = try await site.add(
            "plan", to: plans, under: resident, "title=Joint plan", "status=active",
            "agreedWith.agreed=yes")
        return (resident, plan)
    }

    @Test func `late things come first, and what is done, closed, archived or far off not at all`()
        async throws
    {
        let elm = try await home()
        let (nell, plan) = try await settled(at: elm, "Whitfield")
        try await elm.edit(plan, "nextReview=2026-11-30", "responsible=Dr Patel")
        let goal = try await elm.add(
            "goal", to: plans, under: plan, "text=Walk", "due=2026-11-01", "status=active")
        let done = try await elm.add(
            "goal", to: plans, under: plan, "text=Eat", "due=2026-11-02", "status=completed")
        let stage = try await elm.add(
            "stageGoal", to: plans, under: done, "text=Soup", "due=2026-11-03")
        let task = try await elm.add("task", to: plans, "what=Ring", "due=2026-11-22", "who=Ben")
        let call = try await elm.add(
            "interaction", to: plans, "kind=phone", "when=2026-11-10 09:00", "nextDue=2026-11-12",
            "resident=\(nell)")
        let far = try await elm.add("task", to: plans, "what=Paint", "due=2027-06-01")
        let items = try await elm.site.due(DueQuery())
        #expect(items.map(\.record) == [goal, call, task, plan])
        #expect(items.map(\.overdueDays) == [21, 10, 0, -8])
        #expect(items.map(\.who) == [nil, nil, "Ben", "Dr Patel"])
        #expect(items.map(\.resident) == [nell, nell, nil, nell])
        #expect(items.map(\.residentTitle) == ["Whitfield", "Whitfield", nil, "Whitfield"])
        #expect(!items.map(\.record).contains(stage), "what it is part of is done")
        #expect(try await elm.site.due(DueQuery(within: 365)).map(\.record).contains(far))
        #expect(
            try await elm.site.due(DueQuery(resident: nell.description)).map(\.record)
                == [goal, call, plan])
        let status = try await elm.site.status()
        #expect(status.overdue == 2)
        #expect(status.overdueSince?.description == "2026-11-01")

        try await elm.edit(call, "followedUp=2026-11-13")
        try await elm.edit(goal, "archived=yes")
        #expect(try await elm.site.due(DueQuery()).map(\.record) == [task, plan])
        try await elm.edit(plan, "status=completed")
        #expect(try await elm.site.due(DueQuery()).map(\.record) == [task])
        #expect(try await elm.site.status().overdue == 0)
        await elm.close()
    }

    @Test func `the clock of seven working days runs from coming, and from coming back`()
        async throws
    {
        let elm = try await home()
        let ada = try await elm.add("resident", to: plans, "familyName=Ashworth")
        #expect(try await due(at: elm).isEmpty, "nobody who does not live here is counted")
        let stay = try await elm.add(
            "residency", to: plans, under: ada, "home=Elm House", "start=2026-11-11")
        #expect(
            try await due(at: elm) == [
                "comprehensive assessment after admission 2026-11-20 2",
                "plan agreed with the person after admission 2026-11-20 2",
            ])
        try await elm.add(
            "plan", to: plans, under: ada, "title=Joint plan", "status=active",
            "agreedWith.agreed=representative")
        try await elm.add(
            "assessment", to: plans, under: ada, "kind=comprehensive", "done=2026-11-12")
        #expect(try await due(at: elm).isEmpty)

        let transfer = try await elm.add(
            "transfer", to: plans, under: ada, "reason=Fall", "to=James Cook",
            "returnExpected=2026-11-14")
        #expect(try await due(at: elm) == ["return from hospital 2026-11-14 8"])
        try await elm.edit(transfer, "returned=2026-11-16")
        #expect(
            try await due(at: elm) == [
                "comprehensive assessment after return from hospital 2026-11-25 -3"
            ])
        // Seen in the emergency department and sent home: not an admission.
        try await elm.add(
            "hospitalContact", to: plans, under: ada, "kind=emergency", "stage=completed",
            "start=2026-11-18 10:00", "end=2026-11-18 15:00")
        try await elm.add(
            "assessment", to: plans, under: ada, "kind=comprehensive", "done=2026-11-17")
        #expect(try await due(at: elm).isEmpty)
        try await elm.add(
            "hospitalContact", to: plans, under: ada, "kind=inpatient", "stage=completed",
            "start=2026-11-18 10:00", "end=2026-11-19 15:00")
        #expect(
            try await due(at: elm) == [
                "comprehensive assessment after return from hospital 2026-11-30 -8"
            ])
        try await elm.edit(stay, "end=2026-11-21")
        #expect(try await due(at: elm).isEmpty, "she has left")
        await elm.close()
    }

    @Test func `of days that two sites disagree on, the earliest is due and is marked`()
        async throws
    {
        let elm = try await home()
        let practice = try await home("Riverside")
        try await elm.admit(practice, to: plans)
        let (_, plan) = try await settled(at: elm, "Whitfield")
        try await elm.sync(with: practice)
        try await elm.edit(plan, "nextReview=2026-12-20")
        try await practice.edit(plan, "nextReview=2026-11-25")
        try await elm.sync(with: practice)
        for site in [elm, practice] {
            let items = try await site.site.due(DueQuery())
            #expect(items.map(\.date.description) == ["2026-11-25"])
            #expect(items.map(\.isContested) == [true])
            #expect(items.map { $0.dates.map(\.description) } == [["2026-11-25", "2026-12-20"]])
        }
        await elm.close()
        await practice.close()
    }

    @Test func `a site that may not read what is clinical is not told that it is missing`()
        async throws
    {
        let elm = try await home()
        let housing = try await home("Housing")
        try await elm.admit(housing, to: plans, compartments: [.relations, .personal])
        let ada = try await elm.add("resident", to: plans, "familyName=Ashworth")
        try await elm.add(
            "residency", to: plans, under: ada, "home=Elm House", "start=2026-11-02",
            "expectedEnd=2026-11-20")
        try await elm.sync(with: housing)
        #expect(try await due(at: elm).count == 3)
        #expect(try await due(at: housing) == ["stay ends 2026-11-20 2"])
        try await elm.edit(ada, "dateOfDeath=2026-11-21")
        #expect(try await due(at: elm).isEmpty, "nothing is due any more of who has died")
        try await elm.add("allergy", to: plans, under: ada, "agent=ZZMARKERZZ")
        let practice = try await home("Riverside")
        try await elm.admit(practice, to: plans)
        try await elm.sync(with: housing)
        _ = try await village.expectSecret("ZZMARKERZZ", from: housing, knownTo: practice)
        try await elm.remove(housing, from: plans)
        await village.close(elm, housing, practice)
    }

    @Test func `a contact that nobody has spoken to for ninety days is named`() async throws {
        let elm = try await home()
        let recent = try await elm.add("contact", to: plans, "name=Recent")
        let quiet = try await elm.add("contact", to: plans, "name=Quiet")
        let never = try await elm.add("contact", to: plans, "name=Never", "start=2026-01-01")
        let gone = try await elm.add(
            "contact", to: plans, "name=Gone", "start=2026-01-01", "end=2026-02-01")
        let mistaken = try await elm.add(
            "contact", to: plans, "name=Mistaken", "start=2026-02-01")
        for (contact, when) in [
            (recent, "2026-11-01 09:00"), (quiet, "2026-08-01 09:00"),
            (quiet, "2025-08-01 09:00"),
        ] {
            try await elm.add(
                "interaction", to: plans, "kind=phone", "when=\(when)", "contact=\(contact)")
        }
        let wrong = try await elm.add(
            "interaction", to: plans, "kind=phone", "when=2026-11-02 09:00",
            "contact=\(mistaken)")
        try await elm.edit(wrong, "archived=yes")
        let items = try await elm.site.due(DueQuery())
        #expect(items.map(\.record) == [never, mistaken, quiet])
        #expect(
            items.map(\.what) == [
                "contact never spoken to", "contact never spoken to", "no interaction for 90 days",
            ])
        #expect(items.map(\.date.description) == ["2026-04-01", "2026-05-02", "2026-10-30"])
        #expect(!items.map(\.record).contains(gone))
        await elm.close()
    }

    @Test func `what cannot be looked ahead to, and who is not here, is told`() async throws {
        let elm = try await home()
        for days in [-1, 3661] {
            await expectRefusal("0 to 3660") { _ = try await elm.site.due(DueQuery(within: days)) }
        }
        await expectRefusal("no resident") {
            _ = try await elm.site.due(DueQuery(resident: "Nobody"))
        }
        await elm.close()
    }

    @Test func `an erased day is not due, and a replay finds what there was`() async throws {
        let elm = try await home()
        let (_, plan) = try await settled(at: elm, "Whitfield")
        try await elm.edit(plan, "nextReview=2026-11-20")
        try await elm.add("task", to: plans, "what=Ring", "due=2026-11-21")
        #expect(try await due(at: elm).count == 2)
        let rebuilt = try await elm.site.rebuild(checkOnly: false)
        #expect(rebuilt.isEqual)
        #expect(try await due(at: elm).count == 2)
        _ = try await elm.site.erase(
            ErasureDraft(
                record: plan.description, version: nil, reason: "Court order", isPreview: false),
            by: Author(user: "m", name: "Manager", role: "manager"))
        #expect(try await due(at: elm) == ["task 2026-11-21 1"])
        #expect(try await elm.site.rebuild(checkOnly: true).isEqual)
        await elm.close()
    }

    @Test func `a role is told of nothing due that it may not read`() async throws {
        let elm = try await home()
        let ada = try await elm.add("resident", to: plans, "familyName=Ashworth")
        try await elm.add(
            "residency", to: plans, under: ada, "home=Elm House", "start=2026-11-02",
            "expectedEnd=2026-11-20")
        try await elm.add("task", to: plans, "what=Ring", "due=2026-11-21", "resident=\(ada)")
        try await elm.add(
            "medication", to: plans, under: ada, "medicine=Ramipril", "review=2026-11-19")
        func seen(_ compartments: [Compartment]) async throws -> [String] {
            let mine = elm.site.acting(
                for: Author(user: "c", name: "Cara", role: "carer"), through: .webPage,
                within: AccessScope(compartments))
            let items = try await mine.due(DueQuery())
            #expect(try await mine.status().overdue == items.count)
            return items.map { "\($0.what) \($0.residentTitle ?? "-")" }
        }
        #expect(try await seen(Compartment.granted).count == 5)
        #expect(
            try await seen([.relations, .personal]) == ["stay ends Ashworth", "task Ashworth"])
        #expect(try await seen([.relations]) == ["task -"])
        await elm.close()
    }
}
