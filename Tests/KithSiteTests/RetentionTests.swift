import KithModel
import KithSite
import Testing

/// Retention proposes what is due, and leaves it where it is.
@Suite(.timeLimit(.minutes(10))) struct RetentionTests {
    private let village: Village

    init() throws {
        village = try Village()
    }

    @Test func `what ended longer ago than the rule says is proposed, and nothing is erased`()
        async throws
    {
        let elm = try await village.site("Elm")
        try await elm.found("Plans")
        let died = try await elm.add(
            "resident", to: "Plans", "familyName=Whitfield", "dateOfDeath=2010-05-01")
        let left = try await elm.add("resident", to: "Plans", "familyName=Okafor")
        try await elm.add(
            "residency", to: "Plans", under: left, "home=Elm", "start=2001", "end=2003-02")
        try await elm.add(
            "residency", to: "Plans", under: left, "home=Elm", "start=2005", "end=2012")
        let stays = try await elm.add("resident", to: "Plans", "familyName=Here")
        try await elm.add("residency", to: "Plans", under: stays, "home=Elm", "start=2001")
        try await elm.add("resident", to: "Plans", "familyName=Nothing")
        try await elm.add(
            "resident", to: "Plans", "familyName=Lately", "dateOfDeath=2025-05-01")

        var due = try await elm.site.retention()
        #expect(due.map(\.resident) == [died, left])
        #expect(due.map(\.ended.description) == ["2010-05-01", "2012"])
        #expect(due.map(\.due.description) == ["2018-05-01", "2020-12-31"])
        #expect(try await elm.words(died, "familyName") == ["Whitfield"])

        _ = try await elm.site.setRetention(RetentionChange(partnership: "Plans", years: 12))
        due = try await elm.site.retention()
        #expect(due.map(\.resident) == [died, left], "2010 + 12 and 2012 + 12 are past")
        _ = try await elm.site.setRetention(RetentionChange(partnership: "Plans", years: 15))
        #expect(try await elm.site.retention().map(\.resident) == [died])
        await #expect(throws: SiteError.self) {
            try await elm.site.setRetention(RetentionChange(partnership: "Plans", years: 0))
        }
        _ = try await elm.site.erase(
            ErasureDraft(
                record: died.description, version: nil, reason: "End of retention",
                isPreview: false),
            by: Author(user: "m", name: "Manager", role: "Records manager"))
        #expect(try await elm.site.retention().isEmpty, "what is erased is not due again")
        await elm.close()
    }

    @Test
    func `at three sites what is due is proposed by each one's rule, until a steward erases it`()
        async throws
    {
        let (clock, plans, marker) = (VillageClock(), "Riverside plans", "ZZMARKERZZ")
        let practice = try await village.site("Riverside", kind: "gp-practice", clock: clock.read)
        let elm = try await village.site("Elm", clock: clock.read)
        let oak = try await village.site("Oak", clock: clock.read)
        try await practice.found(plans)
        for site in [elm, oak] { try await practice.admit(site, to: plans) }
        let today = String(clock.read().rfc3339.prefix(10))
        let resident = try await elm.add(
            "resident", to: plans, "familyName=\(marker)", "dateOfDeath=\(today)")
        try await elm.add("allergy", to: plans, under: resident, "agent=\(marker)")
        for site in [elm, oak, elm] { try await site.sync(with: practice) }
        // Oak keeps records for longer.
        _ = try await oak.site.setRetention(RetentionChange(partnership: plans, years: 20))
        func due(_ years: Int64) async throws -> [Int] {
            clock.pass(days: 366 * years)
            var counts: [Int] = []
            for site in [practice, elm, oak] {
                counts.append(try await site.site.retention().count)
            }
            return counts
        }
        #expect(try await due(7) == [0, 0, 0])
        #expect(try await due(2) == [1, 1, 0], "eight years, where nobody said otherwise")
        // Years of proposals erase nothing, and sessions carry on.
        #expect(try await due(12) == [1, 1, 1])
        for site in [elm, oak] { #expect(try await site.sync(with: practice).isEqual) }
        for site in [practice, elm, oak] { #expect(try site.hasInFiles(marker), "\(site.name)") }

        let manager = Author(user: "m", name: "Manager", role: "Records manager")
        let draft = ErasureDraft(
            record: resident.description, version: nil, reason: "End of retention", isPreview: false
        )
        await expectRefusal("ask a steward") { _ = try await elm.site.erase(draft, by: manager) }
        _ = try await practice.site.erase(draft, by: manager)
        for site in [elm, oak] { try await site.sync(with: practice) }
        for site in [practice, elm, oak] {
            #expect(try !site.hasInFiles(marker), "\(site.name)")
            #expect(try await site.site.retention().isEmpty, "what is erased is not due again")
        }
        try await practice.sync(with: elm)
        #expect(
            try await practice.site.erasures().first?.done == ["Elm", "Oak", "Riverside"])
        try await village.expectEqual(plans, practice, elm, oak)
        await village.close(practice, elm, oak)
    }

    @Test func `where people say different dates the latest counts, and a doubt keeps`()
        async throws
    {
        let practice = try await village.site("Riverside", kind: "gp-practice")
        let elm = try await village.site("Elm")
        try await practice.found("Plans")
        try await practice.admit(elm, to: "Plans")
        let resident = try await practice.add("resident", to: "Plans", "familyName=Whitfield")
        try await elm.sync(with: practice)
        try await practice.edit(resident, "dateOfDeath=2010-05-01")
        try await elm.edit(resident, "dateOfDeath=2025-05-01")
        try await elm.sync(with: practice)
        for site in [practice, elm] {
            #expect(try await site.words(resident, "dateOfDeath").count == 2)
            #expect(try await site.site.retention().isEmpty, "\(site.name)")
        }
        await practice.close()
        await elm.close()
    }
}
