import KithModel
import KithSite
import Testing

/// How records are found, listed and gathered.
@Suite(.timeLimit(.minutes(10))) struct ReadingTests {
    private let home: OpenSite
    private var site: any Site { home.site }
    private let nurse = Author(user: "nurse", name: "N Nurse", role: "nurse")

    private var today: Day {
        get throws { try Day(earliestOf: #require(PartialDate("2026-11-22"))) }
    }

    init() async throws {
        home = try await OpenSite("Elm House")
        _ = try await home.site.createPartnership(
            PartnershipDraft(name: "Elm and Riverside", purpose: "Joint care plans"))
    }

    @discardableResult
    private func add(
        _ kind: String, under parent: RecordID? = nil, _ values: String...
    ) async throws -> RecordView {
        let assignments = values.map { value in
            let parts = value.split(separator: "=", maxSplits: 1).map(String.init)
            return RecordEdit.Assignment(parts[0], parts.count > 1 ? parts[1] : "")
        }
        let partnership = parent == nil ? "Elm and Riverside" : nil
        return try await site.save(
            [
                RecordEdit(
                    target: .new(
                        kind: kind, partnership: partnership, parent: parent?.description),
                    values: assignments)
            ], by: nurse)[0]
    }

    private func found(_ kind: String, _ words: String) async throws -> [String] {
        try await site.records(RecordQuery(kind: kind, search: words)).map(\.title)
    }

    @Test func `a resident is found by any part of a name, by NHS number and by room`() async throws
    {
        let jane = try await add(
            "resident", "familyName=Ó Briain", "givenName=Jane", "nhsNumber=943 476 5919",
            "preferredName=Ginny")
        try await add("residency", under: jane.id, "home=Elm House", "room=Rowan 12")
        try await add("resident", "familyName=Whitfield", "givenName=Margaret")
        let title = "Ó Briain, Jane"
        for words in ["briain", "JANE", "ginny", "943 476", "4765919", "rowan 12"] {
            #expect(try await found("resident", words) == [title], "\(words)")
        }
        #expect(try await found("resident", "nobody").isEmpty)
        #expect(try await found("residency", "briain") == ["Elm House, Rowan 12"])
    }

    @Test func `a journal begins with the newest, and a limit counts what is shown`() async throws {
        let jane = try await add("resident", "familyName=Smith")
        for number in 1...12 {
            try await add("note", under: jane.id, "text=note \(number)")
        }
        let last = try await site.records(RecordQuery(kind: "note", limit: 3))
        #expect(last.map(\.title) == ["note 12", "note 11", "note 10"])
        for record in last {
            _ = try await site.save(
                [
                    RecordEdit(
                        target: .existing(record.id.description),
                        values: [.init("archived", "yes")], change: .archive)
                ], by: nurse)
        }
        let rest = try await site.records(RecordQuery(kind: "note", limit: 3))
        #expect(rest.map(\.title) == ["note 9", "note 8", "note 7"])
        let tree = try await site.tree(TreeQuery("Smith", kind: "resident", newest: 5))
        #expect(tree.all("note").count == 2, "of the newest five three are archived")
        #expect(tree.more["note"] == 7)
    }

    @Test func `a list goes by title without case and accents, and a limit takes the first`()
        async throws
    {
        for name in ["zander", "Étienne", "Eton", "adams", "Zoë"] {
            try await add("resident", "familyName=\(name)")
        }
        let all = try await site.records(RecordQuery(kind: "resident")).map(\.title)
        #expect(all == ["adams", "Étienne", "Eton", "zander", "Zoë"])
        let two = try await site.records(RecordQuery(kind: "resident", limit: 2)).map(\.title)
        #expect(two == ["adams", "Étienne"])
        #expect(try await found("resident", "ETI") == ["Étienne"])
        #expect(try await found("resident", "zoe") == ["Zoë"])
    }

    @Test func `what is listed by what it refers to is found by that`() async throws {
        let jane = try await add("resident", "familyName=Ó Briain")
        let other = try await add("resident", "familyName=Jones")
        let round = try await add("homeRound", "kind=home-round", "date=2026-11-20")
        for resident in [jane, other] {
            try await add("roundItem", under: round.id, "resident=\(resident.id)")
        }
        let seen = try await site.records(RecordQuery(kind: "roundItem"))
        #expect(seen.map(\.title) == ["Jones", "Ó Briain"])
        #expect(try await found("roundItem", "o briain") == ["Ó Briain"])
        #expect(try await found("roundItem", "nobody").isEmpty)
    }

    @Test func `a tree has all that is under a record, and the journals that name it`() async throws
    {
        let jane = try await add("resident", "familyName=Smith")
        let other = try await add("resident", "familyName=Jones")
        let plan = try await add("plan", under: jane.id, "title=Falls")
        let goal = try await add("goal", under: plan.id, "text=Walk to the garden")
        try await add("stageGoal", under: goal.id, "text=Stand for a minute")
        try await add("plan", under: other.id, "title=Skin")
        let contact = try await add("contact", "name=Dr Patel")
        try await add(
            "interaction", "kind=video", "when=2026-11-20 10:00", "subject=Falls",
            "resident=\(jane.id)", "contact=\(contact.id)")
        let tree = try await site.tree(TreeQuery(jane.short, kind: "resident"))
        #expect(tree.descendants.map(\.kind) == ["plan", "goal", "stageGoal"])
        #expect(tree.mentions.count == 1)
        let spoken = try #require(tree.mentions.first?.field("contact")?.candidates.first)
        #expect(spoken.words == "Dr Patel", "a reference is read by its title")
        #expect(tree.all("goal").first?.parentTitle == "Falls")
        #expect(tree.compartments.contains(.clinical))
        let alone = try await site.tree(
            TreeQuery(jane.short, kind: "resident", includesOthers: false))
        #expect(alone.mentions.isEmpty)
        #expect(alone.descendants.map(\.id) == tree.descendants.map(\.id))
    }

    @Test func `two residents who are found to be one are read together, and apart again`()
        async throws
    {
        let first = try await add("resident", "familyName=Smith", "nhsNumber=9434765919")
        let second = try await add("resident", "familyName=Smyth", "nhsNumber=9434765919")
        try await add("allergy", under: first.id, "agent=Penicillin")
        try await add("allergy", under: second.id, "agent=Latex")
        try await add("allergyAssertion", under: second.id, "assertion=none-known")
        let before = try await site.tree(TreeQuery(first.short, kind: "resident"))
        #expect(before.samePerson.isEmpty && before.all("allergy").count == 1)

        let link = try await add(
            "samePerson", under: first.id, "other=\(second.id)", "verdict=same")
        for one in [first, second] {
            let tree = try await site.tree(TreeQuery(one.short, kind: "resident"))
            #expect(Set(tree.all("allergy").map(\.title)) == ["Penicillin", "Latex"])
            #expect(tree.samePerson.count == 1)
            let sheet = CareSheet(tree, on: try today)
            #expect(sheet.identity.count == 2)
            let allergies = try #require(sheet.sections.first { $0.title == "Allergies" })
            #expect(allergies.warnings.contains { $0.contains("beside a statement") })
        }

        _ = try await site.save(
            [
                RecordEdit(
                    target: .existing(link.id.description), values: [.init("archived", "yes")],
                    seen: link.version, change: .archive, reason: "another person after all")
            ], by: nurse)
        let after = try await site.tree(TreeQuery(first.short, kind: "resident"))
        #expect(after.samePerson.isEmpty)
        #expect(after.all("allergy").map(\.id) == before.all("allergy").map(\.id))
        #expect(
            after.record.fields.map(\.candidates.count)
                == before.record.fields.map(\.candidates.count))
    }

    @Test func `what was written in a note stays, and what was left open can be filled`()
        async throws
    {
        let jane = try await add("resident", "familyName=Smith")
        let note = try await add("note", under: jane.id, "text=Slept well")
        await #expect(throws: SiteError.self) {
            try await self.site.save(
                [
                    RecordEdit(
                        target: .existing(note.id.description), values: [.init("text", "Did not")])
                ], by: self.nurse)
        }
        let filled = try await site.save(
            [RecordEdit(target: .existing(note.id.description), values: [.init("kind", "care")])],
            by: nurse)
        #expect(filled[0].field("text")?.candidates.first?.words == "Slept well")
        #expect(filled[0].field("kind")?.candidates.first?.words == "Care")
    }

    @Test func `an empty place on a sheet says why it is empty`() async throws {
        let jane = try await add("resident", "familyName=Smith")
        let tree = try await site.tree(TreeQuery(jane.short, kind: "resident"))
        var narrow = tree
        narrow.compartments = [.relations, .personal]
        for (tree, absence) in [(tree, Absence.notRecorded), (narrow, .notShared)] {
            let sheet = CareSheet(tree, for: .safety, on: try today)
            #expect(sheet.sections.map(\.title).prefix(3) == ["Alerts", "Allergies", "CPR"])
            #expect(sheet.sections.allSatisfy { $0.absence == absence })
        }
    }

    @Test func `a sheet leaves out what has ended or was withdrawn, and nothing that still holds`()
        async throws
    {
        let jane = try await add("resident", "familyName=Smith")
        try await add(
            "adrt", under: jane.id, "decision.refuses=Ventilation", "decision.lifeSustaining=no",
            "decision.made=2024-05-02")
        try await add("alert", under: jane.id, "text=Isolate", "end=2026-11-21")
        try await add("alert", under: jane.id, "text=Plaster", "end=2026-11-22")
        try await add("alert", under: jane.id, "text=Cast", "end=2026")
        try await add(
            "libertyAuthorisation", under: jane.id, "authorisation.scheme=dols",
            "authorisation.status=refused")
        func titles(_ section: String) async throws -> [String] {
            let tree = try await site.tree(TreeQuery(jane.short, kind: "resident"))
            let sheet = CareSheet(tree, for: .transferPack, on: try today)
            let found = try #require(sheet.sections.first { $0.title == section })
            #expect((found.absence == nil) == !found.records.isEmpty)
            return found.records.map(\.title)
        }
        let refused = "Advance decision to refuse treatment"
        #expect(try await titles(refused).count == 1, "what was refused in law is on the pack")
        #expect(try await Set(titles("Alerts")) == ["Plaster", "Cast"])
        #expect(try await titles("Deprivation of liberty").isEmpty)
        let tree = try await site.tree(TreeQuery(jane.short, kind: "resident"))
        let decision = try #require(tree.all("adrt").first)
        _ = try await site.save(
            [
                RecordEdit(
                    target: .existing(decision.id.description),
                    values: [
                        .init("decision.refuses", "Ventilation"),
                        .init("decision.lifeSustaining", "no"),
                        .init("decision.made", "2024-05-02"),
                        .init("decision.withdrawn", "2026-11-21"),
                    ], seen: decision.version)
            ], by: nurse)
        #expect(try await titles(refused).isEmpty)
    }
}
