import Foundation
import GRDB
import KithModel
import KithSite
import Testing

/// Who did what: noted before it is given, found again, and not to be changed unseen.
@Suite(.timeLimit(.minutes(10))) struct AuditTests {
    private let village: Village
    private let nurse = Author(user: "nora", name: "Nora Night", role: "nurse")
    private let doctor = Author(user: "anil", name: "Dr Anil Rao", role: "general practitioner")

    init() throws {
        village = try Village()
    }

    @Test func `reading, writing, deciding and administering are noted with who and about whom`()
        async throws
    {
        let elm = try await village.site("Elm")
        try await elm.found("Plans")
        let resident = try await elm.add("resident", to: "Plans", "familyName=Whitfield")
        let other = try await elm.add("resident", to: "Plans", "familyName=Okafor")
        let allergy = try await elm.add("allergy", to: "Plans", under: resident, "agent=Latex")
        let asNurse = elm.site.acting(for: nurse, through: .commandLine)
        let asDoctor = elm.site.acting(for: doctor, through: .webPage)

        _ = try await asNurse.records(RecordQuery(kind: "resident", search: "Whit"))
        _ = try await asNurse.record(allergy.description, kind: nil)
        _ = try await asDoctor.history(other.description)
        let edit = RecordEdit(
            target: .existing(allergy.description),
            values: [RecordEdit.Assignment("severity", "severe")],
            seen: try await elm.site.record(allergy.description, kind: nil).version)
        _ = try await asDoctor.save([edit], by: doctor)
        _ = try await asNurse.backUp(to: village.path("b"))
        _ = try await asNurse.status()
        _ = try await asNurse.records(
            RecordQuery(kind: "cprDecision", under: resident.description))

        let all = try await elm.site.audit(AuditQuery())
        #expect(
            all.map(\.number) == [5, 4, 3, 2, 1],
            "and nothing of status, nor of what a page asks for and there is none of")
        #expect(
            all.map(\.action) == [.administer, .write, .read, .read, .read])
        #expect(all.last?.what == "listed 1 of kind resident, searched for Whit")
        #expect(all.map(\.actor) == [nurse, doctor, doctor, nurse, nurse])
        #expect(all[1].channel == .webPage && all[1].record == allergy)

        // By the resident, what was done with what belongs to her is found too.
        let about = try await elm.site.audit(AuditQuery(record: resident.description))
        #expect(about.map(\.number) == [4, 2])
        #expect(about.map(\.resident) == [resident, resident])
        #expect(try await elm.site.audit(AuditQuery(user: "RAO")).map(\.number) == [4, 3])
        #expect(try await elm.site.audit(AuditQuery(action: .write)).map(\.number) == [4])
        #expect(try await elm.site.audit(AuditQuery(limit: 2)).map(\.number) == [5, 4])
        let now = Instant(Date().addingTimeInterval(60))
        #expect(try await elm.site.audit(AuditQuery(since: now)).isEmpty)
        #expect(try await elm.site.audit(AuditQuery(until: now)).count == 5)

        // Whoever looks into the audit is in it.
        _ = try await asDoctor.audit(AuditQuery())
        #expect(try await elm.site.audit(AuditQuery(limit: 1)).first?.actor == doctor)
        #expect(try await elm.site.verify().problems.isEmpty)
        await elm.close()
    }

    @Test func `what is refused or not found is not noted as done`() async throws {
        let elm = try await village.site("Elm")
        let acting = elm.site.acting(for: nurse, through: .commandLine)
        await #expect(throws: SiteError.self) { try await acting.record("NOBODY", kind: nil) }
        await #expect(throws: SiteError.self) { try await acting.audit(AuditQuery(limit: 0)) }
        #expect(try await elm.site.audit(AuditQuery()).isEmpty)
        await elm.close()
    }

    @Test func `a session notes what went to which partner`() async throws {
        let elm = try await village.site("Elm")
        let oak = try await village.site("Oak")
        try await elm.found("Plans")
        try await elm.admit(oak, to: "Plans")
        let before = try await elm.site.audit(AuditQuery(action: .exchange)).count
        try await elm.add("resident", to: "Plans", "familyName=Whitfield")
        try await elm.sync(with: oak)
        try await elm.sync(with: oak)
        let exchanges = try await elm.site.audit(AuditQuery(action: .exchange))
        #expect(exchanges.count == before + 1, "a session that moved nothing is not noted")
        #expect(exchanges.first?.actor.name == "Oak")
        #expect(exchanges.first?.what == "sent 1 entries, received 0")
        await elm.close()
        await oak.close()
    }

    @Test(arguments: [
        "UPDATE audit SET bytes = CAST(replace(CAST(bytes AS TEXT), 'Nora', 'Anil') AS BLOB) WHERE number = 2",
        "DELETE FROM audit WHERE number = 2",
        "UPDATE audit SET number = number + 1 WHERE number = 3",
    ])
    func `an item that is changed, taken out or moved is found by verify`(
        sql: String
    )
        async throws
    {
        let elm = try await village.site("Elm")
        let acting = elm.site.acting(for: nurse, through: .commandLine)
        for _ in 0..<3 { _ = try await acting.conflicts(ConflictQuery()) }
        await elm.close()
        let queue = try DatabaseQueue(path: elm.home + "/kith.sqlite")
        // The table itself refuses; whoever can write the file can take that away.
        await #expect(throws: DatabaseError.self) {
            try await queue.write { try $0.execute(sql: sql) }
        }
        try await queue.write { database in
            try database.execute(sql: "DROP TRIGGER audit_is_not_changed")
            try database.execute(sql: "DROP TRIGGER audit_is_not_shortened")
            try database.execute(sql: sql)
        }
        try queue.close()
        let again = try await Neighbour.open("Elm", home: elm.home)
        #expect(try await again.site.verify().problems.contains { $0.contains("audit") })
        await again.close()
    }
}
