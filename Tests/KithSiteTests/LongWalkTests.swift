import KithModel
import KithStore
import Testing

@testable import KithSite

/// What people look at, and what a session asks, must cost the same over a long log as over a short one:
/// no statement goes through a table of the log or the state from one end to the other.
///
/// `PageWalkTests` does the same for the web page.
@Suite(.timeLimit(.minutes(10))) struct LongWalkTests {
    private static let edits = 400

    private func scans(at neighbour: Neighbour) async throws -> Set<String> {
        try await neighbour.site.store.walks(ofRows: Self.edits)
    }

    /// A resident with a plan, and a contact that was changed very often; the resident.
    private func fill(_ site: Neighbour, _ partnership: String) async throws -> RecordID {
        let resident = try await site.add("resident", to: partnership, "familyName=Whitfield")
        try await site.add(
            "plan", to: partnership, under: resident, "title=Joint care plan",
            "agreedWith.agreed=yes")
        let contact = try await site.add("contact", to: partnership, "name=Dr Okafor")
        for number in 0..<Self.edits {
            try await site.edit(contact, "phone=020 7946 0\(100 + number)")
        }
        return resident
    }

    private func look(at neighbour: Neighbour, _ resident: String) async throws {
        let desk = Desk(site: neighbour.site)
        for look in [
            ["status"], ["due"], ["peer", "list"], ["partnership", "list"], ["resident", "list"],
            ["resident", "show", resident], ["plan", "list"], ["contact", "list"],
            ["conflict", "list"], ["conflict", "digest"], ["home-round", "list"],
            ["audit", "list"],
            ["retention", "list"],
        ] {
            let (_, _, trouble) = await desk.tried(look)
            #expect(trouble.isEmpty, "\(look): \(trouble)")
            for scan in try await scans(at: neighbour) { Issue.record("\(look): \(scan)") }
        }
    }

    @Test func `nothing that is looked at or synced walks through the whole log`() async throws {
        let village = try Village()
        let (practice, elm, oak) = try await village.star("Riverside plans", rounds: 3)
        let resident = try await fill(practice, "Riverside plans").description
        _ = try await scans(at: practice)
        // First by what the tables were like when there was next to nothing, as in a first sync.
        _ = try await elm.site.store.refreshStatistics()
        try await elm.sync(with: practice)
        try await look(at: elm, resident)
        _ = try await elm.site.store.refreshStatistics()
        _ = try await scans(at: elm)
        try await look(at: elm, resident)
        try await oak.sync(with: practice)
        for site in [practice, oak] {
            for scan in try await scans(at: site) { Issue.record("a session: \(scan)") }
        }
        for site in [practice, elm, oak] { await site.close() }
    }
}
