import KithModel
import KithSite
import Testing

/// What an edit may build upon.
@Suite(.timeLimit(.minutes(10))) struct EditTargetTests {
    private let home: OpenSite
    private var site: any Site { home.site }
    private let nurse = Author(user: "nurse", name: "N Nurse", role: "nurse")

    init() async throws {
        home = try await OpenSite("Elm House")
        for name in ["Riverside", "Harbour"] {
            _ = try await home.site.createPartnership(
                PartnershipDraft(name: name, purpose: "Joint care plans"))
        }
    }

    private func add(
        _ kind: String, in partnership: String? = nil, under parent: RecordID? = nil,
        _ values: (String, String)...
    ) async throws -> RecordView {
        try await site.save(
            [
                RecordEdit(
                    target: .new(
                        kind: kind, partnership: partnership, parent: parent?.description),
                    values: values.map { .init($0.0, $0.1) })
            ], by: nurse)[0]
    }

    private func archive(_ record: RecordView) async throws {
        _ = try await site.save(
            [
                RecordEdit(
                    target: .existing(record.id.description), values: [.init("archived", "yes")],
                    seen: record.version, change: .archive)
            ], by: nurse)
    }

    private func refusal(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "(nothing was refused)"
        } catch let error as SiteError {
            return error.code == .refused ? error.description : "\(error.code)"
        } catch {
            return "\(error)"
        }
    }

    @Test func `what somebody archived is not changed before it is brought back`() async throws {
        let contact = try await add("contact", in: "Riverside", ("name", "Dr Patel"))
        try await archive(contact)
        let edit = RecordEdit(
            target: .existing(contact.id.description), values: [.init("phone", "01642 555 0123")])
        let words = await refusal { _ = try await self.site.save([edit], by: self.nurse) }
        #expect(words.contains("was archived by N Nurse"))
        #expect(words.contains("--restore"))
        let back = RecordEdit(
            target: .existing(contact.id.description),
            values: [.init("archived", "no"), .init("phone", "01642 555 0123")])
        let saved = try await site.save([back], by: nurse)
        #expect(!saved[0].isArchived)
        #expect(saved[0].field("phone")?.candidates.first?.words == "01642 555 0123")
    }

    @Test func `nothing is added to what was archived`() async throws {
        let resident = try await add("resident", in: "Riverside", ("familyName", "Smith"))
        try await archive(resident)
        let words = await refusal {
            _ = try await self.add("note", under: resident.id, ("text", "Slept well"))
        }
        #expect(words.contains("was archived"))
    }

    @Test func `a reference stays within its partnership, and names what stands`() async throws {
        let near = try await add("organisation", in: "Riverside", ("name", "Riverside Surgery"))
        let far = try await add("organisation", in: "Harbour", ("name", "Harbour Practice"))
        let contact = try await add(
            "contact", in: "Riverside", ("name", "Dr Patel"), ("organisation", near.id.description))
        #expect(contact.field("organisation")?.candidates.first?.words == "Riverside Surgery")
        var words = await refusal {
            _ = try await self.add(
                "contact", in: "Riverside", ("name", "Dr Rao"), ("organisation", far.id.description)
            )
        }
        #expect(words.contains("another partnership"))
        try await archive(near)
        words = await refusal {
            _ = try await self.add(
                "contact", in: "Riverside", ("name", "Dr Rao"),
                ("organisation", near.id.description))
        }
        #expect(words.contains("was archived"))
        #expect(try await site.records(RecordQuery(kind: "contact")).count == 1)
    }

    @Test func `one save makes a record and what belongs to it, or nothing`() async throws {
        let resident = try await add("resident", in: "Riverside", ("familyName", "Smith"))
        let made = RecordEdit.made(by: 1)
        func edits(_ outcome: String) -> [RecordEdit] {
            [
                RecordEdit(
                    target: .new(kind: "homeRound", partnership: "Riverside", parent: nil),
                    values: [.init("kind", "home-round"), .init("date", "2026-11-20")]),
                RecordEdit(
                    target: .new(kind: "interaction", partnership: "Riverside", parent: nil),
                    values: [
                        .init("kind", "video"), .init("when", "2026-11-20 10:00"),
                        .init("subject", made), .init("homeRound", made),
                    ]),
                RecordEdit(
                    target: .new(kind: "roundItem", partnership: nil, parent: made),
                    values: [
                        .init("resident", resident.id.description), .init("outcome", outcome),
                    ]),
            ]
        }
        let before = try await site.status().entries
        let long = String(repeating: "x", count: 70_000)
        await #expect(throws: SiteError.self) { _ = try await site.save(edits(long), by: nurse) }
        #expect(try await site.records(RecordQuery(kind: "homeRound")).isEmpty)
        #expect(try await site.status().entries == before)

        let saved = try await site.save(edits("Chest clear"), by: nurse)
        #expect(saved.map(\.kind) == ["homeRound", "interaction", "roundItem"])
        #expect(saved[2].parent == saved[0].id)
        #expect(saved[1].field("homeRound")?.candidates.first?.value == .reference(saved[0].id))
        #expect(saved[1].field("subject")?.candidates.first?.words == made, "a text is a text")
        // What no edit before it makes is named by nothing.
        for number in [0, 1, 2] {
            let edit = RecordEdit(
                target: .new(
                    kind: "roundItem", partnership: nil, parent: RecordEdit.made(by: number)),
                values: [.init("resident", resident.id.description)])
            await #expect(throws: SiteError.self) { _ = try await site.save([edit], by: nurse) }
        }
        #expect(try await site.verify().problems.isEmpty)
        #expect(try await site.rebuild(checkOnly: true).differences.isEmpty)
    }
}
