import Foundation
import KithModel
import KithSite
import Testing

/// Who is in, over three and four sites and real mutual TLS.
@Suite(.timeLimit(.minutes(10))) struct MembershipTests {
    private let village: Village
    private let plans = "Riverside plans"

    init() throws {
        village = try Village()
    }

    /// A practice that founded a partnership, and two care homes in it.
    private func three(
        second: String = "contributor", third: String = "contributor"
    ) async throws -> (practice: Neighbour, elm: Neighbour, oak: Neighbour) {
        let practice = try await village.site("Riverside", kind: "gp-practice")
        let elm = try await village.site("Elm")
        let oak = try await village.site("Oak")
        try await practice.found(plans)
        try await practice.admit(elm, to: plans, role: second)
        try await practice.admit(oak, to: plans, role: third)
        try await elm.sync(with: practice)
        try await elm.meet(oak)
        return (practice, elm, oak)
    }

    /// Rounds of sessions until all that still meet are equal; how each ended does not matter here.
    private func settle(_ sites: Neighbour..., rounds: Int = 3) async throws {
        for _ in 0..<rounds {
            for (index, site) in sites.enumerated() {
                for other in sites[(index + 1)...] {
                    let id = try await other.site.profile().site
                    if try await site.site.peers().contains(where: { $0.site == id }) {
                        try await site.sync(with: other)
                    }
                }
            }
        }
    }

    private func expectEqual(_ sites: Neighbour...) async throws {
        let digests = try await sites[0].digests(of: plans)
        for site in sites.dropFirst() {
            let theirs = try await site.digests(of: plans)
            #expect(theirs == digests, "\(site.name) and \(sites[0].name)")
        }
    }

    private func close(_ sites: Neighbour...) async {
        for site in sites { await site.close() }
    }

    // MARK: Removal

    @Test func `a removed site learns of its removal, is then refused, and its views say so`()
        async throws
    {
        let (practice, elm, oak) = try await three()
        let resident = try await oak.add("resident", to: plans, "familyName=Whitfield")
        try await oak.sync(with: practice)
        try await elm.sync(with: practice)
        #expect(try await practice.remove(oak, from: plans).isInEffect)
        #expect(try await practice.members(of: plans) == ["Elm", "Riverside"])

        // The site that removed it tells it; it has all it had, and nothing new.
        try await elm.edit(resident, "familyName=Whitfield-Jones")
        try await elm.sync(with: practice)
        try await oak.sync(with: practice)
        let partnership = try await oak.site.partnership(plans)
        #expect(partnership.ownRemoval?.removedBy == "Riverside")
        let view = try await oak.site.record(resident.description, kind: nil)
        #expect(view.isNoLongerUpdated)
        #expect(try await oak.words(resident, "familyName") == ["Whitfield"])

        // Told, it is a stranger.
        #expect(try await oak.site.peers().isEmpty)
        #expect(try await practice.site.peers().map(\.name) == ["Elm"])
        // Elm cannot know yet that it was told: it would tell it, finds that it knows, and is done.
        let former = try #require(try await elm.site.peers().first { $0.name == "Oak" })
        #expect(former.partnerships.isEmpty && former.isEnabled)
        #expect(try await elm.sync(with: oak).problem?.contains("knows") == true)
        #expect(try await elm.site.peers().first { $0.name == "Oak" }?.isEnabled == false)
        try await expectEqual(practice, elm)
        await close(practice, elm, oak)
    }

    @Test func `a site that was removed joins again with a code, and counts from there`()
        async throws
    {
        let (practice, elm, oak) = try await three()
        let resident = try await practice.add("resident", to: plans, "familyName=Whitfield")
        try await settle(practice, elm, oak)
        try await practice.remove(oak, from: plans)
        try await oak.sync(with: practice)
        #expect(try await oak.site.partnership(plans).ownRemoval != nil)
        try await practice.edit(resident, "preferredName=Nell")

        try await practice.admit(oak, to: plans)
        #expect(try await oak.site.partnership(plans).ownRemoval == nil)
        #expect(try await oak.words(resident, "preferredName") == ["Nell"])
        try await oak.edit(resident, "preferredName=Nora")
        try await settle(practice, elm, oak)
        for site in [practice, elm, oak] {
            #expect(
                try await site.words(resident, "preferredName") == ["Nora"], "\(site.name)")
        }
        try await expectEqual(practice, elm, oak)
        await close(practice, elm, oak)
    }

    @Test
    func `what a removed member wrote apart is shown and marked, and what names it clears it`()
        async throws
    {
        let (practice, elm, oak) = try await three()
        let resident = try await practice.add("resident", to: plans, "familyName=Whitfield")
        let allergy = try await practice.add(
            "allergy", to: plans, under: resident, "agent=Penicillin", "severity=mild")
        try await settle(practice, elm, oak)

        // Apart: the practice removes Oak, which goes on writing, and meets Elm first.
        try await practice.remove(oak, from: plans)
        try await oak.edit(allergy, "severity=severe")
        try await oak.sync(with: elm)
        #expect(try await elm.words(allergy, "severity") == ["Severe"])
        try await settle(elm, practice)

        for site in [practice, elm] {
            #expect(
                try await site.words(allergy, "severity") == ["Mild", "Severe (author removed)"],
                "\(site.name)")
        }
        try await expectEqual(practice, elm)

        try await elm.edit(allergy, "severity=severe")
        try await settle(elm, practice)
        for site in [practice, elm] {
            #expect(try await site.words(allergy, "severity") == ["Severe"], "\(site.name)")
            let check = try await site.site.rebuild(checkOnly: true)
            #expect(check.isEqual, "\(check.differences)")
        }
        await close(practice, elm, oak)
    }

    @Test func `entries written past a removal mean the same in every order of delivery`()
        async throws
    {
        let (practice, elm, oak) = try await three()
        let ash = try await village.site("Ash")
        try await practice.admit(ash, to: plans)
        let resident = try await practice.add("resident", to: plans, "familyName=Whitfield")
        try await settle(practice, elm, oak, ash)
        try await practice.remove(oak, from: plans)
        // Ash hears of the removal first; Elm of what Oak wrote before and after it was told.
        try await practice.sync(with: ash)
        try await oak.edit(resident, "preferredName=Nell")
        try await oak.sync(with: elm)
        try await oak.sync(with: practice)
        try await practice.sync(with: elm)
        try await settle(practice, elm, ash)
        try await expectEqual(practice, elm, ash)
        for site in [practice, elm, ash] {
            #expect(
                try await site.words(resident, "preferredName") == ["Nell (author removed)"],
                "\(site.name)")
        }
        await close(practice, elm, oak, ash)
    }

    @Test func `of two stewards that remove each other, the senior stays, everywhere`()
        async throws
    {
        let (practice, elm, oak) = try await three(second: "steward")
        try await practice.remove(elm, from: plans)
        // Elm is all of the other stewards, so its word holds until it hears of the senior's.
        #expect(try await elm.remove(practice, from: plans).isInEffect)
        try await elm.sync(with: oak)
        try await settle(practice, oak)
        try await elm.sync(with: oak)
        for site in [practice, oak] {
            #expect(try await site.members(of: plans) == ["Oak", "Riverside"], "\(site.name)")
        }
        try await expectEqual(practice, oak)
        await close(practice, elm, oak)
    }

    @Test func `a majority of the other stewards removes the senior`() async throws {
        let (practice, elm, oak) = try await three(second: "steward", third: "steward")
        try await elm.sync(with: oak)
        #expect(try await !elm.remove(practice, from: plans).isInEffect)
        try await elm.sync(with: oak)
        #expect(try await oak.remove(practice, from: plans).isInEffect)
        try await oak.sync(with: elm)
        #expect(try await elm.members(of: plans) == ["Elm", "Oak"])
        try await practice.sync(with: elm)
        #expect(try await practice.site.partnership(plans).ownRemoval != nil)
        try await expectEqual(elm, oak)
        await close(practice, elm, oak)
    }

    @Test func `a partnership that lost its steward elects one, and goes on`() async throws {
        let (practice, elm, oak) = try await three()
        await practice.close()
        try await elm.sync(with: oak)
        for voter in [elm, oak] {
            _ = try await voter.site.changeMembership(
                MembershipChange(partnership: plans, member: "Elm", act: .elect))
        }
        try await oak.sync(with: elm)
        let members = try await elm.site.partnership(plans).members
        #expect(members.first { $0.name == "Elm" }?.role == "steward")
        let ash = try await village.site("Ash")
        try await elm.admit(ash, to: plans)
        #expect(try await ash.members(of: plans) == ["Ash", "Elm", "Oak", "Riverside"])
        await close(elm, oak, ash)
    }

    @Test func `the last steward does not leave its partners without one`() async throws {
        let (practice, elm, oak) = try await three()
        await #expect(throws: SiteError.self) { try await practice.remove(practice, from: plans) }
        #expect(try await practice.members(of: plans).count == 3)
        try await practice.change(elm, in: plans, role: "steward")
        #expect(try await practice.remove(practice, from: plans).isInEffect)
        try await settle(elm, practice, oak)
        #expect(try await elm.members(of: plans) == ["Elm", "Oak"])
        let left = try await practice.site.partnership(plans)
        #expect(left.ownRemoval?.hasLeft == true)
        await close(practice, elm, oak)
    }

    // MARK: Compartments

    @Test func `narrowing takes what is written from then on, widening gives what was written`()
        async throws
    {
        let (practice, elm, oak) = try await three()
        let resident = try await practice.add("resident", to: plans, "familyName=Whitfield")
        let early = try await practice.add(
            "allergy", to: plans, under: resident, "agent=Penicillin")
        try await settle(practice, elm, oak)

        try await practice.change(oak, in: plans, compartments: [.relations, .personal])
        try await settle(practice, elm, oak)
        let late = try await elm.add("allergy", to: plans, under: resident, "agent=Latex")
        try await elm.edit(early, "severity=severe")
        try await settle(practice, elm, oak)
        // What it was sent it keeps, and is told that it is not the newest.
        let kept = try await oak.site.record(early.description, kind: nil)
        #expect(kept.isNoLongerUpdated)
        await #expect(throws: SiteError.self) {
            try await oak.site.record(late.description, kind: nil)
        }
        #expect(try await oak.hear("Penicillin").isReadable)
        #expect(try await practice.hear("Latex").isReadable, "the search can see")
        #expect(try await !oak.hear("Latex").isReadable)
        #expect(try !oak.hasInFiles("Latex"))

        try await practice.change(
            oak, in: plans, compartments: [.relations, .personal, .clinical])
        try await settle(practice, elm, oak)
        #expect(try await oak.words(late, "agent") == ["Latex"])
        #expect(try await oak.hear("Latex").isReadable)
        #expect(try await oak.words(early, "severity") == ["Severe"])
        try await expectEqual(practice, elm, oak)
        await close(practice, elm, oak)
    }

    @Test func `a key that was minted while somebody was admitted elsewhere reaches them`()
        async throws
    {
        let (practice, elm, oak) = try await three(second: "steward")
        let resident = try await practice.add("resident", to: plans, "familyName=Whitfield")
        try await settle(practice, elm, oak)

        // Apart: Elm removes Oak and writes under a new key; the practice admits Ash.
        try await elm.remove(oak, from: plans)
        let allergy = try await elm.add("allergy", to: plans, under: resident, "agent=Latex")
        let ash = try await village.site("Ash")
        try await practice.admit(ash, to: plans)
        try await settle(practice, elm, ash)
        try await settle(practice, elm, ash)
        #expect(try await ash.words(allergy, "agent") == ["Latex"])
        try await expectEqual(practice, elm, ash)
        await close(practice, elm, oak, ash)
    }
}
