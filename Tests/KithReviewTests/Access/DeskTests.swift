import KithModel
import KithSite
import Testing

@testable import KithReview

/// Pages ask before they offer something; the desk asks once more, whatever a page forgot.
@Suite struct DeskTests {
    private let served: ServedSite
    private let resident: RecordView

    init() async throws {
        served = try await ServedSite()
        resident = try await served.add("resident", [("familyName", "Whitfield")])
    }

    /// The desk of somebody with some roles, behind whom the site would not refuse anything.
    private func desk(_ roles: [WebRole]) async throws -> Desk {
        let login = roles.map(\.rawValue).joined(separator: ".").lowercased()
        _ = try await served.account(login, roles, reading: Compartment.granted)
        let user = try #require(try await served.site.users().first { $0.login == login })
        return Desk(
            site: served.site.acting(for: user.author, through: .webPage, within: .all),
            keeper: served.site, user: user)
    }

    private func expectRefusal(
        _ code: SiteError.Code = .refused, at location: SourceLocation = #_sourceLocation,
        _ body: () async throws -> Void
    ) async {
        do {
            try await body()
            Issue.record("it was done", sourceLocation: location)
        } catch let error as SiteError {
            #expect(error.code == code, "\(error)", sourceLocation: location)
        } catch {
            Issue.record("\(error)", sourceLocation: location)
        }
    }

    /// Two values of a field, by people who did not see each other's.
    private func disagree(
        _ record: RecordView, _ values: [[(String, String)]]
    ) async throws -> ConflictView {
        for value in values {
            _ = try await served.site.save(
                [
                    RecordEdit(
                        target: .existing(record.id.description),
                        values: value.map { .init($0.0, $0.1) }, seen: record.version)
                ], by: Author(user: "x", name: "Somebody Else", role: "carer"))
        }
        return try #require(
            try await served.site.conflicts(ConflictQuery()).first { $0.record == record.id })
    }

    @Test func `only who signs clinical decisions writes, decides or takes back one`() async throws
    {
        let carer = try await desk([.careStaff])
        let decided = [("decision.value", "not-for"), ("decision.date", "2026-11-20")]
        await expectRefusal {
            var edit = RecordEdit(
                target: .new(
                    kind: "cprDecision", partnership: nil, parent: resident.id.description),
                values: decided.map { .init($0.0, $0.1) })
            edit.isAttested = true
            _ = try await carer.save([edit])
        }
        let record = try await served.add(
            "cprDecision", under: resident.id,
            [("decision.value", "for"), ("decision.date", "2026-11-01")])
        let conflict = try await disagree(
            record, [decided, [("decision.value", "for"), ("decision.date", "2026-11-18")]])
        let resolution = Resolution(
            conflict: conflict.id, choice: .pick(1), seen: conflict.version, reason: "talked",
            isAttested: true)
        await expectRefusal { try await carer.resolve(resolution) }
        let clinician = try await desk([.clinician])
        try await clinician.resolve(resolution)
        let undo = ConflictUndo(conflict: conflict.id, reason: "a mistake", isAttested: true)
        await expectRefusal { try await carer.undo(undo) }
        #expect(try await served.site.conflicts(ConflictQuery()).isEmpty)
        try await clinician.undo(undo)
    }

    @Test func `who comments does not decide, and who looks after accounts reads no records`()
        async throws
    {
        let conflict = try await disagree(
            resident, [[("language", "Welsh")], [("language", "English")]])
        let resolution = Resolution(
            conflict: conflict.id, choice: .pick(1), seen: conflict.version, reason: "asked")
        let reviewer = try await desk([.reviewer])
        await expectRefusal { try await reviewer.resolve(resolution) }
        await expectRefusal {
            _ = try await reviewer.save([
                RecordEdit(
                    target: .existing(resident.id.description), values: [.init("phone", "01803 1")],
                    seen: resident.version)
            ])
        }
        await expectRefusal(.notFound) { _ = try await reviewer.users() }
        await expectRefusal(.notFound) { _ = try await reviewer.audit(AuditQuery()) }
        await expectRefusal(.notFound) { _ = try await reviewer.brokenGlasses(limit: 1) }
        let act = try await served.site.acting(
            for: Author(user: "night", name: "Olu Night", role: "carer"), through: .webPage,
            within: AccessScope([.personal])
        ).breakGlass(
            BreakGlassRequest(
                compartment: .clinical, resident: resident.id.description, reason: "The crew asks"))
        await expectRefusal(.notFound) {
            try await reviewer.reviewGlass(act.number, finding: "looks right")
        }
        #expect(try await served.site.unreviewedBreakGlass() == 1)

        let administrator = try await desk([.administrator])
        try await administrator.reviewGlass(act.number, finding: "the crew was here")
        #expect(try await served.site.unreviewedBreakGlass() == 0)
        #expect(try await administrator.users().count == 2)
        await expectRefusal(.notFound) {
            _ = try await administrator.record(resident.id.description)
        }
        await expectRefusal(.notFound) {
            _ = try await administrator.conflict(conflict.id)
        }
        await expectRefusal(.notFound) {
            try await administrator.work(on: ConflictWork(conflict: conflict.id))
        }
        #expect(try await administrator.records("resident").isEmpty)
        #expect(try await administrator.overview().isEmpty)
        #expect(try await administrator.conflicts().isEmpty)
        #expect(try await reviewer.conflicts().count == 1)
    }

    @Test func `a record is named by its whole id, and never by a beginning or a title`()
        async throws
    {
        let reviewer = try await desk([.reviewer])
        #expect(try await reviewer.record(resident.id.description).id == resident.id)
        for name in [resident.short, "Whitfield", "", "@", String(repeating: "0", count: 200)] {
            await expectRefusal(.notFound) { _ = try await reviewer.record(name) }
            await expectRefusal(.notFound) { _ = try await reviewer.family(name) }
            await expectRefusal(.notFound) { _ = try await reviewer.changes(name, since: 0) }
        }
    }
}
