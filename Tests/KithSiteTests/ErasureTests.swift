import Foundation
import GRDB
import KithModel
import KithSite
import Testing

/// Erasure over real mutual TLS: gone everywhere, never back, provable, and for nobody else to claim.
@Suite(.timeLimit(.minutes(10))) struct ErasureTests {
    private let village: Village
    private let plans = "Riverside plans"
    private let marker = "ZZMARKERZZ"

    init() throws {
        village = try Village()
    }

    /// A practice that founded a partnership, and two care homes in it.
    private func three() async throws -> (practice: Neighbour, elm: Neighbour, oak: Neighbour) {
        let star = try await village.star(plans)
        try await star.elm.sync(with: star.practice)
        return star
    }

    private func erase(_ record: RecordID, version: Int64? = nil, at site: Neighbour) async throws {
        _ = try await site.site.erase(
            ErasureDraft(
                record: record.description, version: version, reason: "End of retention",
                isPreview: false),
            by: Author(user: "m", name: "Manager", role: "Records manager"))
    }

    @Test
    func `what is erased is gone from every file, here and at the partners that then sign it`()
        async throws
    {
        let (practice, elm, oak) = try await three()
        let resident = try await elm.add("resident", to: plans, "familyName=\(marker)")
        let allergy = try await elm.add(
            "allergy", to: plans, under: resident, "agent=\(marker)", "severity=severe")
        let other = try await elm.add("resident", to: plans, "familyName=Okafor")
        for site in [elm, oak] { try await site.sync(with: practice) }
        for site in [practice, elm, oak] {
            #expect(try site.hasInFiles(marker), "the search can see \(site.name)")
        }

        try await erase(resident, at: practice)
        #expect(try !practice.hasInFiles(marker))
        var listed = try #require(try await practice.site.erasures().first)
        #expect(listed.done == ["Riverside"] && listed.awaited == ["Elm", "Oak"])
        #expect(listed.reason == "End of retention" && listed.committer?.name == "Manager")

        try await practice.sync(with: elm)
        #expect(try !elm.hasInFiles(marker))
        listed = try #require(try await practice.site.erasures().first)
        #expect(listed.done == ["Elm", "Riverside"] && listed.awaited == ["Oak"])
        #expect(try oak.hasInFiles(marker), "it has not heard of it yet")
        try await practice.sync(with: oak)
        #expect(try !oak.hasInFiles(marker))
        listed = try #require(try await practice.site.erasures().first)
        #expect(listed.done == ["Elm", "Oak", "Riverside"] && listed.awaited.isEmpty)
        for site in [practice, elm, oak] {
            let view = try await site.site.record(allergy.description, kind: nil)
            #expect(view.field("agent")?.candidates.first?.absence == .erased, "\(site.name)")
            #expect(try await site.words(other, "familyName") == ["Okafor"])
            #expect(
                try await site.site.record(resident.description, kind: nil).title
                    == "Resident (erased)")
            let history = try await site.site.history(allergy.description)
            #expect(history.contains { $0.provenance.reason == "End of retention" })
        }
        try await village.expectEqual(plans, practice, elm, oak)

        // Nothing is left to erase, and that is said.
        let entries = [
            try await practice.site.status().entries, try await elm.site.status().entries,
        ]
        await expectRefusal("nothing is left to erase") { try await erase(resident, at: practice) }
        // Elm may not erase: it is no steward.
        await expectRefusal("ask a steward") { try await erase(other, at: elm) }
        #expect(
            try await [practice.site.status().entries, elm.site.status().entries] == entries,
            "neither leaves a trace")
        #expect(try await elm.words(other, "familyName") == ["Okafor"])
        await village.close(practice, elm, oak)
    }

    @Test func `an erased superseding value does not bring back what it superseded`() async throws {
        let (practice, elm, oak) = try await three()
        let resident = try await elm.add("resident", to: plans, "familyName=Whitfield")
        let allergy = try await elm.add(
            "allergy", to: plans, under: resident, "agent=Latex", "severity=mild")
        for site in [elm, oak] { try await site.sync(with: practice) }
        try await practice.edit(allergy, "severity=severe")
        // Elm holds both values before it hears of the erasure, Oak only the one that was superseded.
        try await elm.sync(with: practice)
        let newest = try await practice.site.history(allergy.description)
            .filter { $0.field == "severity" && $0.isCandidate }.map(\.provenance.version)
        try await erase(allergy, version: newest[0], at: practice)
        for site in [elm, oak] { try await practice.sync(with: site) }
        for site in [practice, elm, oak] {
            let before = try await site.site.record(allergy.description, kind: nil)
            #expect(before.field("severity")?.candidates.map(\.absence) == [.erased])
            _ = try await site.site.rebuild(checkOnly: false)
            let view = try await site.site.record(allergy.description, kind: nil)
            #expect(view.field("severity")?.candidates.map(\.absence) == [.erased], "\(site.name)")
            #expect(try await site.words(allergy, "agent") == ["Latex"])
        }
        try await village.expectEqual(plans, practice, elm, oak)
        await village.close(practice, elm, oak)
    }

    @Test func `a new member takes over what was erased as erased, and is sent none of it`()
        async throws
    {
        let (practice, elm, ash) = try await three()
        let resident = try await elm.add("resident", to: plans, "familyName=\(marker)")
        try await elm.add("allergy", to: plans, under: resident, "agent=\(marker)")
        try await elm.sync(with: practice)
        try await erase(resident, at: practice)
        let kept = try await practice.add("resident", to: plans, "familyName=Okafor")
        try await practice.sync(with: elm)
        let beech = try await village.site("Beech")
        try await practice.admit(beech, to: plans)
        #expect(try !beech.hasInFiles(marker))
        #expect(try await elm.hear(marker).isReadable, "the search can see")
        let heard = try await beech.hear(marker)
        #expect(heard.opened > 0 && !heard.isReadable && !heard.isInClear, "\(heard)")
        #expect(try await beech.words(kept, "familyName") == ["Okafor"])
        let view = try await beech.site.record(resident.description, kind: nil)
        #expect(view.field("familyName")?.candidates.map(\.absence) == [.erased])
        for site in [elm, ash] { try await practice.sync(with: site) }
        try await village.expectEqual(plans, practice, elm, ash, beech)
        await village.close(practice, elm, ash, beech)
    }

    @Test
    func `a site whose backup lacks an erasure can still say to others why a body is missing`()
        async throws
    {
        var (practice, elm, oak) = try await three()
        try await elm.sync(with: practice)
        try await elm.sync(with: oak)
        let resident = try await elm.add("resident", to: plans, "familyName=\(marker)")
        try await elm.sync(with: practice)
        let backup = village.path("elm.backup")
        _ = try await elm.site.backUp(to: backup)
        try await erase(resident, at: practice)
        try await practice.sync(with: elm)
        await elm.close()

        _ = try await LocalSite.restore(backup: backup, home: elm.home)
        elm = try await Neighbour.open("Elm", home: elm.home)
        #expect(try await elm.sync(with: oak).problem == nil, "before it has met the practice")
        for site in [elm, oak] {
            let view = try await site.site.record(resident.description, kind: nil)
            #expect(
                view.field("familyName")?.candidates.map(\.absence) == [.erased], "\(site.name)")
        }
        try await practice.sync(with: oak)
        try await practice.sync(with: elm)
        try await village.expectEqual(plans, practice, elm, oak)
        await village.close(practice, elm, oak)
    }

    @Test func `what was erased stays so when a backup replaces a database that is damaged there`()
        async throws
    {
        var (practice, elm, oak) = try await three()
        let resident = try await elm.add("resident", to: plans, "familyName=\(marker)")
        for site in [elm, oak] { try await site.sync(with: practice) }
        let backup = village.path("practice.backup")
        _ = try await practice.site.backUp(to: backup)
        try await erase(resident, at: practice)
        try await elm.sync(with: practice)
        await practice.close()
        let database = try DatabaseQueue(path: practice.home + "/kith.sqlite")
        try await database.write { database in
            try database.execute(
                sql: """
                    UPDATE part SET skeleton = zeroblob(length(skeleton)) WHERE entry =
                        (SELECT arrival FROM entry WHERE hash IN (SELECT erasure FROM erased))
                    """)
            #expect(database.changesCount > 0)
        }
        try database.close()

        _ = try await LocalSite.restore(backup: backup, home: practice.home)
        practice = try await Neighbour.open("Riverside", home: practice.home)
        let view = try await practice.site.record(resident.description, kind: nil)
        #expect(view.field("familyName")?.candidates.map(\.absence) == [.erased])
        // The erasure itself comes back from Elm, and reaches Oak, which had not heard of it.
        for site in [elm, oak] { #expect(try await practice.sync(with: site).isEqual) }
        for site in [practice, elm, oak] {
            #expect(try !site.hasInFiles(marker, exceptReplaced: true), "\(site.name)")
        }
        try await village.expectEqual(plans, practice, elm, oak)
        await village.close(practice, elm, oak)
    }

    @Test func `a backup from before is restored without what was erased since`() async throws {
        var (practice, elm, oak) = try await three()
        let resident = try await elm.add("resident", to: plans, "familyName=\(marker)")
        for site in [elm, oak] { try await site.sync(with: practice) }
        let backup = village.path("practice.backup")
        _ = try await practice.site.backUp(to: backup)
        try await erase(resident, at: practice)
        try await practice.sync(with: elm)
        await practice.close()

        _ = try await LocalSite.restore(backup: backup, home: practice.home)
        practice = try await Neighbour.open("Riverside", home: practice.home)
        let view = try await practice.site.record(resident.description, kind: nil)
        #expect(
            view.field("familyName")?.candidates.map(\.absence) == [.erased],
            "before it has met anybody")
        for site in [elm, oak] { #expect(try await practice.sync(with: site).isEqual) }
        try await village.expectEqual(plans, practice, elm, oak)
        await village.close(practice, elm, oak)
    }

    @Test
    func `an erasure by a steward that was removed meanwhile erases nothing where that is known`()
        async throws
    {
        let (practice, elm, oak) = try await three()
        try await practice.change(elm, in: plans, role: "steward")
        let resident = try await practice.add("resident", to: plans, "familyName=Whitfield")
        for site in [elm, oak] { try await site.sync(with: practice) }
        try await practice.remove(elm, from: plans)
        try await erase(resident, at: elm)
        try await practice.sync(with: oak)
        try await elm.sync(with: practice)
        try await practice.sync(with: oak)
        for site in [practice, oak] {
            #expect(try await site.words(resident, "familyName") == ["Whitfield"], "\(site.name)")
        }
        try await village.expectEqual(plans, practice, oak)
        await village.close(practice, elm, oak)
    }
}
