import Foundation
import GRDB
import KithModel
import KithSite
import Synchronization
import Testing

/// What a role does not include is not there, and breaking the glass is noted, ends and is reviewed.
@Suite(.timeLimit(.minutes(10))) struct BreakGlassTests {
    /// A clock that a test sets.
    private final class Clock: Sendable {
        private let now = Mutex(Instant(Date()))
        func read() -> Instant { now.withLock { $0 } }
        func pass(minutes: Int64) {
            now.withLock { $0 = Instant(milliseconds: $0.milliseconds + minutes * 60_000) }
        }
    }

    private let village: Village
    private let clock = Clock()
    private let carer = Author(user: "cara", name: "Cara Kerr", role: "carer")
    private let auditor = Author(user: "ada", name: "Ada Auditor", role: "auditor")

    init() throws { village = try Village() }

    private struct Scene {
        let elm: Neighbour
        let resident: RecordID
        let other: RecordID
        let allergy: RecordID
        let mine: any Site
    }

    private func scene() async throws -> Scene {
        let elm = try await village.site("Elm", clock: { [clock] in clock.read() })
        try await elm.found("Plans")
        let resident = try await elm.add("resident", to: "Plans", "familyName=Whitfield")
        let other = try await elm.add("resident", to: "Plans", "familyName=Okafor")
        let allergy = try await elm.add("allergy", to: "Plans", under: resident, "agent=Latex")
        try await elm.add("allergy", to: "Plans", under: other, "agent=Peanut")
        let mine = elm.site.acting(
            for: carer, through: .webPage, within: AccessScope([.relations, .personal]))
        return Scene(elm: elm, resident: resident, other: other, allergy: allergy, mine: mine)
    }

    private func allergies(of resident: RecordID, _ site: any Site) async throws -> [String] {
        try await site.records(RecordQuery(kind: "allergy", under: resident.description))
            .map(\.title)
    }

    private func breakGlass(
        _ scene: Scene, reason: String = "Ambulance crew asks"
    ) async throws
        -> AuditItem
    {
        try await scene.mine.breakGlass(
            BreakGlassRequest(
                compartment: .clinical, resident: scene.resident.description, reason: reason))
    }

    @Test func `whatever an overview asks for, it tells of what the role includes`() async throws {
        let scene = try await scene()
        func versions(_ site: any Site) async throws -> [RecordID: Int64] {
            Dictionary(
                uniqueKeysWithValues: try await site.overview(Compartment.allCases).map {
                    ($0.resident.id, $0.lastVersion)
                })
        }
        let (mine, all) = (try await versions(scene.mine), try await versions(scene.elm.site))
        // Both residents have an allergy that came after them.
        for resident in [scene.resident, scene.other] {
            let (seen, newest) = try (#require(mine[resident]), #require(all[resident]))
            #expect(seen < newest)
        }
        try await scene.elm.edit(scene.allergy, "agent=Penicillin")
        #expect(try await versions(scene.mine) == mine)
        #expect(try await versions(scene.elm.site) != all)
        let auditing = scene.elm.site.acting(
            for: auditor, through: .webPage, within: AccessScope([]))
        #expect(try await auditing.overview(Compartment.allCases).isEmpty)
        await scene.elm.close()
    }

    @Test func `what a role does not include is absent, and is not written either`() async throws {
        let scene = try await scene()
        let (mine, resident) = (scene.mine, scene.resident.description)
        #expect(try await mine.record(resident, kind: nil).title == "Whitfield")
        #expect(try await allergies(of: scene.resident, mine).isEmpty)
        // Pages say "not shared" of compartments that are not among these.
        let seen = try await mine.partnership("Plans").compartments
        #expect(seen == [.membership, .relations, .personal])
        #expect(
            try await mine.status().partnerships.allSatisfy { !$0.compartments.contains(.clinical) }
        )
        #expect(
            try await mine.readableCompartments(of: resident) == [
                .membership, .relations, .personal,
            ])
        let allergy = scene.allergy.description
        await expectRefusal("not shared with your role") {
            _ = try await mine.record(allergy, kind: nil)
        }
        await expectRefusal("not shared with your role") { _ = try await mine.history(allergy) }
        let tree = try await mine.tree(TreeQuery(resident))
        #expect(tree.descendants.isEmpty && !tree.compartments.contains(.clinical))
        #expect(try await scene.elm.site.tree(TreeQuery(resident)).descendants.count == 1)
        // Nor is who somebody is told by what belongs to them, to those who may not know it.
        let blind = scene.elm.site.acting(
            for: auditor, through: .webPage, within: AccessScope([.clinical]))
        let listed = try await blind.records(RecordQuery(kind: "allergy"))
        #expect(listed.map(\.title) == ["Latex", "Peanut"])
        #expect(listed.allSatisfy { $0.parentTitle == nil })
        #expect(try await blind.records(RecordQuery(kind: "allergy", search: "Whit")).isEmpty)
        // Nor does a title, guessed, tell that there is such a record.
        for guess in ["Latex", "Nothing such"] {
            await expectRefusal("clinical is not shared with your role") {
                _ = try await mine.record(guess, kind: "allergy")
            }
        }
        for edit in [
            RecordEdit(target: .existing(allergy), values: [.init("severity", "severe")]),
            RecordEdit(
                target: .new(kind: "allergy", partnership: "Plans", parent: resident),
                values: [.init("agent", "Nuts")]),
        ] {
            await #expect(throws: SiteError.self) {
                _ = try await mine.save([edit], by: carer)
            }
        }
        for what in [
            { _ = try await mine.backUp(to: self.village.path("b")) },
            { _ = try await mine.recoveryKit(passphrase: "four words or more") },
            {
                _ = try await mine.erase(
                    ErasureDraft(record: resident, version: nil, reason: "x", isPreview: true),
                    by: self.carer)
            },
        ] as [() async throws -> Void] {
            await expectRefusal("does not include every compartment", what)
        }
        #expect(try await scene.elm.words(scene.allergy, "agent") == ["Latex"])
        await scene.elm.close()
    }

    @Test func `conflicts of what a role does not include are neither listed nor decided`()
        async throws
    {
        let scene = try await scene()
        let oak = try await village.site("Oak")
        try await scene.elm.admit(oak, to: "Plans")
        try await scene.elm.edit(scene.allergy, "severity=mild")
        try await oak.edit(scene.allergy, "severity=severe")
        try await scene.elm.sync(with: oak)
        let conflict = try #require(
            try await scene.elm.site.conflicts(ConflictQuery()).first { $0.record == scene.allergy }
        )
        #expect(try await scene.mine.conflicts(ConflictQuery()).isEmpty)
        #expect(try await scene.mine.status().safetyCriticalConflicts == 0)
        #expect(try await scene.elm.site.status().safetyCriticalConflicts == 1)
        await expectRefusal("not shared with your role") {
            _ = try await scene.mine.conflict(conflict.id)
        }
        await expectRefusal("not shared with your role") {
            _ = try await scene.mine.resolve(
                Resolution(
                    conflict: conflict.id, choice: .pick(1), seen: conflict.version, reason: "x"),
                by: carer)
        }
        #expect(try await scene.elm.site.conflicts(ConflictQuery()).count == 1)
        for site in [scene.elm, oak] { await site.close() }
    }

    @Test func `beside two residents who may be one stands nothing that a role does not include`()
        async throws
    {
        let scene = try await scene()
        try await scene.elm.add(
            "resident", to: "Plans", "familyName=Whitfield", "nhsNumber=9990001006")
        try await scene.elm.edit(scene.resident, "nhsNumber=9990001006")
        let conflict = try #require(
            try await scene.elm.site.conflicts(ConflictQuery(kinds: [.duplicateResident])).first)
        func kinds(_ site: any Site) async throws -> Set<String> {
            Set(
                try await site.conflict(conflict.id).details?.sides.flatMap(\.lines).map(\.kind)
                    ?? [])
        }
        #expect(try await kinds(scene.elm.site).contains("allergy"))
        #expect(try await !kinds(scene.mine).contains("allergy"))
        await scene.elm.close()
    }

    @Test func `breaking the glass lets one read one compartment of one resident for an hour`()
        async throws
    {
        let scene = try await scene()
        let act = try await breakGlass(scene)
        let given = try #require(act.breakGlass)
        #expect(given.compartment == .clinical && given.resident == scene.resident)
        #expect(given.until.milliseconds - given.from.milliseconds == 3_600_000)
        #expect(try await allergies(of: scene.resident, scene.mine) == ["Latex"])
        #expect(
            try await scene.mine.readableCompartments(of: scene.resident.description)
                .contains(.clinical))
        let read = try await scene.mine.record(scene.allergy.description, kind: "allergy")
        #expect(read.title == "Latex")
        // Nobody else's records, no other compartment, nobody else, not by another door, no writing.
        #expect(try await allergies(of: scene.other, scene.mine).isEmpty)
        #expect(try await scene.mine.records(RecordQuery(kind: "allergy")).isEmpty)
        #expect(
            try await !scene.mine.readableCompartments(of: scene.resident.description)
                .contains(.restricted))
        for (actor, channel) in [(auditor, .webPage), (carer, .commandLine)]
            as [(Author, AuditItem.Channel)]
        {
            let other = scene.elm.site.acting(
                for: actor, through: channel, within: AccessScope([.personal]))
            #expect(try await allergies(of: scene.resident, other).isEmpty)
        }
        await expectRefusal("does not include writing clinical") {
            _ = try await scene.mine.save(
                [
                    RecordEdit(
                        target: .existing(scene.allergy.description),
                        values: [.init("severity", "severe")], seen: read.version)
                ], by: carer)
        }
        await expectRefusal("you may read that already") { _ = try await breakGlass(scene) }
        let tree = try await scene.mine.tree(TreeQuery(scene.resident.description))
        #expect(tree.descendants.map(\.title) == ["Latex"])
        #expect(tree.compartments.contains(.clinical))
        #expect(
            try await scene.mine.tree(TreeQuery(scene.other.description)).descendants.isEmpty)
        // What was read under it says so.
        let reads = try await scene.elm.site.audit(AuditQuery(user: "cara", action: .read))
        #expect(reads.first { $0.record == scene.allergy }?.act == act.number)

        clock.pass(minutes: 59)
        #expect(try await allergies(of: scene.resident, scene.mine) == ["Latex"])
        clock.pass(minutes: 1)
        #expect(try await allergies(of: scene.resident, scene.mine).isEmpty)
        await expectRefusal("not shared with your role") {
            _ = try await scene.mine.record(scene.allergy.description, kind: nil)
        }
        // A clock that is set back past its beginning does not bring it back.
        clock.pass(minutes: -61)
        #expect(try await allergies(of: scene.resident, scene.mine).isEmpty)
        await scene.elm.close()
    }

    @Test func `without a reason, for what a role includes or the site lacks, nothing is broken`()
        async throws
    {
        let scene = try await scene()
        for reason in ["", "   ", "two\nlines"] {
            await expectRefusal("is one line") { _ = try await breakGlass(scene, reason: reason) }
        }
        func wish(_ compartment: Compartment, _ resident: String) -> BreakGlassRequest {
            BreakGlassRequest(compartment: compartment, resident: resident, reason: "Fire")
        }
        let resident = scene.resident.description
        await expectRefusal("includes personal already") {
            _ = try await scene.mine.breakGlass(wish(.personal, resident))
        }
        await expectRefusal("includes clinical already") {
            _ = try await scene.elm.site.acting(for: carer, through: .commandLine)
                .breakGlass(wish(.clinical, resident))
        }
        await expectRefusal("no resident") {
            _ = try await scene.mine.breakGlass(wish(.clinical, scene.allergy.description))
        }
        await expectRefusal("say who acts") {
            _ = try await scene.elm.site.breakGlass(wish(.clinical, resident))
        }
        // Whoever may not know who lives here does not find out by asking.
        let blind = scene.elm.site.acting(
            for: carer, through: .webPage, within: AccessScope([.relations]))
        await expectRefusal("by the whole id") {
            _ = try await blind.breakGlass(wish(.clinical, "Whitfield"))
        }
        // What is not shared with the site nobody there reads.
        let housing = try await village.site("Housing", kind: "other")
        try await scene.elm.admit(
            housing, to: "Plans", compartments: [.relations, .personal])
        let tenantOfficer = housing.site.acting(
            for: carer, through: .webPage, within: AccessScope([.personal]))
        await expectRefusal("is not shared with this site") {
            _ = try await tenantOfficer.breakGlass(wish(.clinical, resident))
        }
        // Not by asking either: an entitled site was sent it, this one never.
        let oak = try await village.site("Oak")
        try await scene.elm.admit(oak, to: "Plans")
        let heard = try await village.expectSecret("Latex", from: housing, knownTo: oak)
        #expect(heard.opened == heard.sealed)
        for site in [scene.elm, housing, oak] {
            #expect(try await site.site.audit(AuditQuery(isBreakGlass: true)).isEmpty)
            await site.close()
        }
    }

    @Test func `an act stays flagged until somebody else has said what they found`() async throws {
        let scene = try await scene()
        let act = try await breakGlass(scene)
        #expect(try await scene.elm.site.status().unreviewedBreakGlass == 1)
        #expect(try await scene.elm.site.doctor().contains { $0.check == "break-glass" })
        let asAuditor = scene.elm.site.acting(for: auditor, through: .webPage)
        await expectRefusal("nobody reviews what they did") {
            _ = try await scene.mine.reviewBreakGlass(
                BreakGlassReview(act: act.number, finding: "I was right"))
        }
        await expectRefusal("no break-glass act") {
            _ = try await asAuditor.reviewBreakGlass(
                BreakGlassReview(act: act.number + 1, finding: "?"))
        }
        await expectRefusal("is one line") {
            _ = try await asAuditor.reviewBreakGlass(
                BreakGlassReview(act: act.number, finding: " "))
        }
        #expect(try await scene.elm.site.status().unreviewedBreakGlass == 1)
        let review = try await asAuditor.reviewBreakGlass(
            BreakGlassReview(act: act.number, finding: "Crew confirmed"))
        #expect(try await scene.elm.site.status().unreviewedBreakGlass == 0)
        let listed = try await scene.elm.site.audit(AuditQuery(isBreakGlass: true))
        #expect(listed.map(\.number) == [act.number])
        #expect(listed.first?.actor == carer)
        let found = listed.first?.breakGlass?.review
        #expect(found?.finding == "Crew confirmed" && found?.by == auditor)
        #expect(found?.number == review.number)
        // A second look is another row, and the newest is shown; the chain holds.
        _ = try await asAuditor.reviewBreakGlass(
            BreakGlassReview(act: act.number, finding: "Crew denies it"))
        let again = try await scene.elm.site.audit(AuditQuery(isBreakGlass: true)).first
        #expect(again?.breakGlass?.review?.finding == "Crew denies it")
        #expect(try await scene.elm.site.audit(AuditQuery(action: .review)).count == 2)
        #expect(try await scene.elm.site.verify().problems.isEmpty)
        await scene.elm.close()
        // Who takes the act out of the database is found out.
        let queue = try DatabaseQueue(path: scene.elm.home + "/kith.sqlite")
        try await queue.write { database in
            try database.execute(sql: "DROP TRIGGER audit_is_not_shortened")
            try database.execute(sql: "DELETE FROM audit WHERE action = 'break-glass'")
        }
        try queue.close()
        let later = try await Neighbour.open("Elm", home: scene.elm.home)
        #expect(try await later.site.verify().problems.contains { $0.contains("audit") })
        await later.close()
    }
}
