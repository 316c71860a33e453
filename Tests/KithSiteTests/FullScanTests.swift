import GRDB
import GRDBSQLite
import KithModel
import KithProtocol
import Testing

@testable import KithSite
@testable import KithStore

/// What people look at, and what a session asks, must cost the same over a long log as over a short one:
/// no statement goes through a table of the log or the state from one end to the other.
///
/// SQLite's planner chooses by statistics, and for a table that is empty it may begin at the other end of a
/// join. It counts for each statement how many rows such a walk had.
@Suite(.timeLimit(.minutes(10))) struct FullScanTests {
    private static let edits = 400

    /// The texts of the statements that went through `edits` rows, or more, from end to end.
    private func scans(at neighbour: Neighbour) async throws -> Set<String> {
        let count = Self.edits
        @Sendable func look(_ database: Database) -> Set<String> {
            var found: Set<String> = []
            var next = sqlite3_next_stmt(database.sqliteConnection, nil)
            while let statement = next {
                let steps = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1)
                if Int(steps) >= count, let sql = sqlite3_sql(statement) {
                    found.insert(String(cString: sql))
                }
                next = sqlite3_next_stmt(database.sqliteConnection, statement)
            }
            return found
        }
        let store = neighbour.site.store
        return try await store.read { look($0.database) }
            .union(try await store.write { look($0.database) })
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
