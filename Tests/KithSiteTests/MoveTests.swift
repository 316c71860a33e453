import KithModel
import KithSite
import Testing

/// A resident that moves to another partnership, with everyone's word on them.
@Suite(.timeLimit(.minutes(10))) struct MoveTests {
    private let village: Village
    private let old = "Riverside plans"
    private let new = "Harbour plans"
    private let mover = Author(user: "mgr", name: "Maud Lane", role: "Manager")

    init() throws {
        village = try Village()
    }

    private struct Scene {
        let elm: Neighbour
        let practice: Neighbour
        let harbour: Neighbour
        let resident: RecordID
        let allergy: RecordID
    }

    /// Elm shares one partnership with the practice and another with the harbour. Elm and the practice
    /// disagree about an allergy.
    private func scene() async throws -> Scene {
        let elm = try await village.site("Elm")
        let practice = try await village.site("Riverside", kind: "gp-practice")
        let harbour = try await village.site("Harbour", kind: "gp-practice")
        try await elm.found(old)
        try await elm.found(new)
        try await elm.admit(practice, to: old)
        try await elm.admit(harbour, to: new)
        let resident = try await elm.add("resident", to: old, "familyName=Whitfield")
        try await practice.sync(with: elm)
        let allergy = try await practice.add(
            "allergy", to: old, under: resident, "agent=Penicillin", "severity=mild")
        try await elm.sync(with: practice)
        try await elm.edit(allergy, "severity=severe")
        try await practice.edit(allergy, "severity=moderate")
        try await elm.sync(with: practice)
        return Scene(
            elm: elm, practice: practice, harbour: harbour, resident: resident, allergy: allergy)
    }

    private func move(
        _ resident: RecordID, to partnership: String, at site: Neighbour
    ) async throws -> MoveReport {
        try await site.site.moveResident(
            ResidentMove(
                resident: resident.description, partnership: partnership,
                reason: "changed practice"), by: mover)
    }

    private func allergy(under resident: RecordID, at site: Neighbour) async throws -> RecordView {
        let found = try await site.site.records(
            RecordQuery(kind: "allergy", under: resident.description))
        #expect(found.count == 1)
        return try #require(found.first)
    }

    private func close(_ scene: Scene) async {
        for site in [scene.elm, scene.practice, scene.harbour] { await site.close() }
    }

    @Test func `all candidates go along, each by its own author, and the old copy is archived`()
        async throws
    {
        let scene = try await scene()
        let report = try await move(scene.resident, to: new, at: scene.elm)
        #expect(report.records == ["resident": 1, "allergy": 1] && !report.isUnchanged)
        #expect(report.resident != scene.resident)
        #expect(try await scene.harbour.sync(with: scene.elm).isEqual)

        // The harbour, which never knew the practice, sees who disagreed.
        let copy = try await allergy(under: report.resident, at: scene.harbour)
        let severity = try #require(copy.field("severity"))
        #expect(severity.candidates.map(\.words).sorted() == ["Moderate", "Severe"])
        let conflicts = try await scene.harbour.site.conflicts(ConflictQuery())
        #expect(conflicts.map(\.severity) == [.safetyCritical])
        let original = try await scene.elm.site.record(scene.allergy.description, kind: nil)
        for candidate in severity.candidates {
            let before = try #require(
                original.field("severity")?.candidates.first { $0.words == candidate.words })
            let (then, now) = (before.provenance[0], candidate.provenance[0])
            #expect(now.committer == then.committer && now.siteName == then.siteName)
            #expect(now.site == then.site && now.recorded == then.recorded)
            #expect(now.entry == then.entry && now.change == then.change)
            let carried = try #require(now.carried)
            #expect(carried.by == mover && carried.siteName == "Elm")
            #expect(carried.entry != then.entry)
        }
        let history = try await scene.harbour.site.history(copy.id.description)
        #expect(history.allSatisfy { $0.provenance.carried != nil })
        #expect(Set(history.map(\.provenance.siteName)) == ["Elm", "Riverside"])

        try await scene.practice.sync(with: scene.elm)
        let left = try await scene.practice.site.record(scene.resident.description, kind: nil)
        #expect(left.isArchived && left.changed.reason == "changed practice")
        #expect(left.changed.committer == mover)
        for site in [scene.elm, scene.harbour] {
            let check = try await site.site.rebuild(checkOnly: true)
            #expect(check.isEqual, "\(check.differences)")
        }
        await close(scene)
    }

    @Test func `a second run writes nothing, and moving back goes on in the old record`()
        async throws
    {
        let scene = try await scene()
        let report = try await move(scene.resident, to: new, at: scene.elm)
        let entries = try await scene.elm.site.status().entries
        #expect(try await move(scene.resident, to: new, at: scene.elm).isUnchanged)
        #expect(try await scene.elm.site.status().entries == entries)

        // Decided there, and then moved back: the decision comes back, and nothing is doubled.
        try await scene.harbour.sync(with: scene.elm)
        let copy = try await allergy(under: report.resident, at: scene.harbour)
        try await scene.harbour.edit(copy.id, "severity=severe")
        try await scene.harbour.sync(with: scene.elm)
        let back = try await move(report.resident, to: old, at: scene.elm)
        #expect(back.resident == scene.resident && back.values == 1)
        let here = try await scene.elm.site.record(scene.resident.description, kind: nil)
        #expect(!here.isArchived)
        let there = try await scene.elm.site.record(report.resident.description, kind: nil)
        #expect(there.isArchived)
        #expect(try await scene.elm.words(scene.allergy, "severity") == ["Severe"])
        let said = try await scene.elm.site.record(scene.allergy.description, kind: nil)
            .field("severity")?.candidates.first?.provenance.first
        #expect(said?.siteName == "Harbour" && said?.carried?.partnership == new)
        #expect(try await move(report.resident, to: old, at: scene.elm).isUnchanged)

        // And there again.
        #expect(try await move(scene.resident, to: new, at: scene.elm).resident == report.resident)
        #expect(
            try await !scene.elm.site.record(report.resident.description, kind: nil).isArchived)
        await close(scene)
    }

    @Test func `what is open again after an undo goes along as it was first said`() async throws {
        let scene = try await scene()
        let (elm, practice, harbour) = (scene.elm, scene.practice, scene.harbour)
        let first = try await elm.site.record(scene.allergy.description, kind: nil)
        let said = try #require(first.field("severity")).candidates
        let seen = try await elm.conflict(.field)
        _ = try await elm.site.work(
            on: ConflictWork(conflict: seen.id, owner: "Ann", note: "ask the son"), by: mover)
        try await elm.decide(seen, .pick(1), reason: "her card says so")
        try await practice.sync(with: elm)
        // Taken back at the other site, and moved by the first.
        try await practice.undo(seen.id, reason: "an old card")
        try await elm.sync(with: practice)
        let report = try await move(scene.resident, to: new, at: elm)
        #expect(try await harbour.sync(with: elm).isEqual)

        let copy = try await allergy(under: report.resident, at: harbour)
        let severity = try #require(copy.field("severity"))
        #expect(severity.candidates.map(\.words).sorted() == ["Moderate", "Severe"])
        for candidate in severity.candidates {
            let now = candidate.provenance[0]
            let then = try #require(said.first { $0.words == candidate.words }).provenance[0]
            #expect(now.committer == then.committer && now.siteName == then.siteName)
            #expect(now.site == then.site && now.recorded == then.recorded)
            #expect(now.carried?.by == mover)
            #expect(now.reason?.contains("an old card") == true, "\(now)")
        }
        let open = try await harbour.conflict(.field)
        #expect(open.severity == .safetyCritical && open.owners == ["Ann"])
        #expect(open.details?.notes.map(\.text) == ["ask the son"])

        // What was decided and taken back stays to be read where it was.
        let left = try await practice.site.history(scene.allergy.description)
        let elms = try await elm.site.history(scene.allergy.description)
        #expect(Set(left.map(\.provenance.entry)) == Set(elms.map(\.provenance.entry)))
        #expect(
            left.contains {
                $0.provenance.change == .resolve && $0.provenance.reason == "her card says so"
            })
        // Nothing of it is said twice by a second run, and a decision there comes back.
        #expect(try await move(scene.resident, to: new, at: elm).isUnchanged)
        try await harbour.decide(open, .value([.init("severity", "severe")]))
        try await harbour.sync(with: elm)
        #expect(try await move(report.resident, to: old, at: elm).resident == scene.resident)
        try await practice.sync(with: elm)
        for site in [elm, practice] {
            #expect(try await site.words(scene.allergy, "severity") == ["Severe"])
        }
        for site in [elm, practice, harbour] {
            let check = try await site.site.rebuild(checkOnly: true)
            #expect(check.isEqual, "\(check.differences)")
        }
        await close(scene)
    }

    @Test func `moved twice, everybody is still named for their own words`() async throws {
        let scene = try await scene()
        let first = try await scene.elm.site.record(scene.allergy.description, kind: nil)
        let said = try #require(first.field("severity")).candidates
        let once = try await move(scene.resident, to: new, at: scene.elm)
        let twice = try await move(once.resident, to: "Elm (private)", at: scene.elm)
        let copy = try await allergy(under: twice.resident, at: scene.elm)
        let candidates = try #require(copy.field("severity")).candidates
        #expect(candidates.count == 2)
        for candidate in candidates {
            let now = candidate.provenance[0]
            let then = try #require(said.first { $0.words == candidate.words }).provenance[0]
            #expect(now.committer == then.committer && now.site == then.site)
            #expect(now.recorded == then.recorded && now.entry == then.entry)
        }
        let agent = try #require(copy.field("agent")).candidates[0].provenance[0]
        #expect(agent.siteName == "Riverside")
        await close(scene)
    }

    @Test func `who may not read or write all of it moves nothing`() async throws {
        let scene = try await scene()
        let before = try await scene.practice.site.status().entries
        // Restricted records would stay behind unseen: only Elm holds these.
        let refusal = await #expect(throws: SiteError.self) {
            try await move(scene.resident, to: "Riverside (private)", at: scene.practice)
        }
        #expect(refusal?.description.contains("restricted") == true)
        #expect(refusal?.description.contains("ask Elm") == true)
        #expect(try await scene.practice.site.status().entries == before)

        // In the target Elm only comments.
        try await scene.elm.change(scene.harbour, in: new, role: "steward")
        try await scene.elm.change(scene.elm, in: new, role: "reviewer")
        let there = try await scene.elm.site.status().entries
        let other = await #expect(throws: SiteError.self) {
            try await move(scene.resident, to: new, at: scene.elm)
        }
        #expect(other?.description.contains("may not write") == true)
        #expect(other?.description.contains("ask Harbour") == true)
        #expect(try await scene.elm.site.status().entries == there)
        #expect(
            try await !scene.elm.site.record(scene.resident.description, kind: nil).isArchived)
        await close(scene)
    }
}
