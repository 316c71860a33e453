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
        // What was never here is not said never to have been recorded.
        #expect(view.field("dateOfBirth")?.absence == .notShared)
        let known = try await elm.site.record(resident.description, kind: nil)
        #expect(known.field("dateOfBirth")?.absence == .notRecorded)

        // Told, it is a stranger.
        #expect(try await oak.site.peers().isEmpty)
        #expect(try await practice.site.peers().map(\.name) == ["Elm"])
        // Elm cannot know yet that it was told: it would tell it, finds that it knows, and is done.
        let former = try #require(try await elm.site.peers().first { $0.name == "Oak" })
        #expect(former.partnerships.isEmpty && former.isEnabled)
        #expect(try await elm.sync(with: oak).problem?.contains("knows") == true)
        #expect(try await elm.site.peers().first { $0.name == "Oak" }?.isEnabled == false)
        try await village.expectEqual(plans, practice, elm)
        await village.close(practice, elm, oak)
    }

    @Test func `a member that is removed while it is sent what it lacks gets no more of it`()
        async throws
    {
        let (practice, elm, oak) = try await three()
        let resident = try await practice.add("resident", to: plans, "familyName=Whitfield")
        // Several batches of a megabyte, the marked one last.
        for _ in 0..<180 {
            try await practice.add(
                "note", to: plans, under: resident, "text=\(String(repeating: "x", count: 18_000))")
        }
        try await practice.add("note", to: plans, under: resident, "text=ZZMARKERZZ")
        village.wiretap.interrupt { [plans] in try await practice.remove(oak, from: plans) }
        let cut = try await oak.sync(with: practice)
        #expect(!cut.isEqual && cut.problem != nil, "its connection was closed: \(cut)")
        for _ in 0..<3 where try await oak.site.partnership(plans).ownRemoval == nil {
            try await oak.sync(with: practice)
        }
        #expect(try await oak.site.partnership(plans).ownRemoval != nil, "it is told all the same")
        try await elm.sync(with: practice)
        _ = try await village.expectSecret("ZZMARKERZZ", from: oak, knownTo: elm)
        #expect(try await oak.site.records(RecordQuery(kind: "note", limit: 1_000)).count < 180)
        #expect(try await elm.site.records(RecordQuery(kind: "note", limit: 1_000)).count == 181)
        try await village.expectEqual(plans, practice, elm)
        await village.close(practice, elm, oak)
    }

    @Test func `a site that was removed joins again with a code, and counts from there`()
        async throws
    {
        let (practice, elm, oak) = try await three()
        let resident = try await practice.add("resident", to: plans, "familyName=Whitfield")
        try await village.settle(practice, elm, oak)
        try await practice.remove(oak, from: plans)
        try await oak.sync(with: practice)
        #expect(try await oak.site.partnership(plans).ownRemoval != nil)
        try await practice.edit(resident, "preferredName=Nell")

        try await practice.admit(oak, to: plans)
        #expect(try await oak.site.partnership(plans).ownRemoval == nil)
        #expect(try await oak.words(resident, "preferredName") == ["Nell"])
        try await oak.edit(resident, "preferredName=Nora")
        try await village.settle(practice, elm, oak)
        for site in [practice, elm, oak] {
            #expect(
                try await site.words(resident, "preferredName") == ["Nora"], "\(site.name)")
        }
        try await village.expectEqual(plans, practice, elm, oak)
        await village.close(practice, elm, oak)
    }

    @Test
    func `what a removed member wrote apart is shown and marked, and what names it clears it`()
        async throws
    {
        let (practice, elm, oak) = try await three()
        let resident = try await practice.add("resident", to: plans, "familyName=Whitfield")
        let allergy = try await practice.add(
            "allergy", to: plans, under: resident, "agent=Penicillin", "severity=mild")
        try await village.settle(practice, elm, oak)

        // Apart: the practice removes Oak, which goes on writing, and meets Elm first.
        try await practice.remove(oak, from: plans)
        try await oak.edit(allergy, "severity=severe")
        try await oak.sync(with: elm)
        #expect(try await elm.words(allergy, "severity") == ["Severe"])
        try await village.settle(elm, practice)

        for site in [practice, elm] {
            #expect(
                try await site.words(allergy, "severity") == ["Mild", "Severe (author removed)"],
                "\(site.name)")
        }
        try await village.expectEqual(plans, practice, elm)

        try await elm.edit(allergy, "severity=severe")
        try await village.settle(elm, practice)
        for site in [practice, elm] {
            #expect(try await site.words(allergy, "severity") == ["Severe"], "\(site.name)")
            let check = try await site.site.rebuild(checkOnly: true)
            #expect(check.isEqual, "\(check.differences)")
        }
        await village.close(practice, elm, oak)
    }

    @Test func `entries written past a removal mean the same in every order of delivery`()
        async throws
    {
        let (practice, elm, oak) = try await three()
        let ash = try await village.site("Ash")
        try await practice.admit(ash, to: plans)
        let resident = try await practice.add("resident", to: plans, "familyName=Whitfield")
        try await village.settle(practice, elm, oak, ash)
        try await practice.remove(oak, from: plans)
        // Ash hears of the removal first; Elm of what Oak wrote before and after it was told.
        try await practice.sync(with: ash)
        try await oak.edit(resident, "preferredName=Nell")
        try await oak.sync(with: elm)
        try await oak.sync(with: practice)
        try await practice.sync(with: elm)
        try await village.settle(practice, elm, ash)
        try await village.expectEqual(plans, practice, elm, ash)
        for site in [practice, elm, ash] {
            #expect(
                try await site.words(resident, "preferredName") == ["Nell (author removed)"],
                "\(site.name)")
        }
        await village.close(practice, elm, oak, ash)
    }

    @Test func `of two stewards that remove each other, the senior stays, everywhere`()
        async throws
    {
        let (practice, elm, oak) = try await three(second: "steward")
        try await practice.remove(elm, from: plans)
        // Elm is all of the other stewards, so its word holds until it hears of the senior's.
        #expect(try await elm.remove(practice, from: plans).isInEffect)
        try await elm.sync(with: oak)
        try await village.settle(practice, oak)
        try await elm.sync(with: oak)
        for site in [practice, oak] {
            #expect(try await site.members(of: plans) == ["Oak", "Riverside"], "\(site.name)")
        }
        try await village.expectEqual(plans, practice, oak)
        await village.close(practice, elm, oak)
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
        try await village.expectEqual(plans, elm, oak)
        await village.close(practice, elm, oak)
    }

    @Test func `a partnership that lost its steward elects one, and goes on`() async throws {
        let (practice, elm, oak) = try await three()
        await practice.close()
        try await elm.sync(with: oak)
        func vote(of voter: Neighbour) async throws -> Bool {
            try await voter.site.changeMembership(
                MembershipChange(partnership: plans, member: "Elm", act: .elect)
            ).isInEffect
        }
        // Two of the three that write are more than half; one is not, and lets nobody in.
        #expect(try await !vote(of: elm))
        await expectRefusal("steward") {
            _ = try await elm.site.invite(
                InvitationDraft(partnership: plans, addresses: [elm.address]))
        }
        try await elm.sync(with: oak)
        #expect(try await vote(of: oak))
        try await oak.sync(with: elm)
        let ash = try await village.site("Ash")
        try await elm.admit(ash, to: plans)
        try await elm.remove(practice, from: plans)
        try await village.settle(elm, oak, ash)
        for site in [elm, oak, ash] {
            let members = try await site.site.partnership(plans).members
            #expect(members.map(\.name).sorted() == ["Ash", "Elm", "Oak"], "\(site.name)")
            #expect(members.first { $0.name == "Elm" }?.role == "steward", "\(site.name)")
        }
        try await village.expectEqual(plans, elm, oak, ash)

        // The steward was not lost after all: it is told, and its views say so.
        let back = try await Neighbour.open(
            "Riverside", home: practice.home, wiretap: village.wiretap)
        try await back.sync(with: elm)
        #expect(try await back.site.partnership(plans).ownRemoval?.removedBy == "Elm")
        await village.close(elm, oak, ash, back)
    }

    @Test func `the last steward does not leave its partners without one`() async throws {
        let (practice, elm, oak) = try await three()
        await #expect(throws: SiteError.self) { try await practice.remove(practice, from: plans) }
        #expect(try await practice.members(of: plans).count == 3)
        try await practice.change(elm, in: plans, role: "steward")
        #expect(try await practice.remove(practice, from: plans).isInEffect)
        try await village.settle(elm, practice, oak)
        #expect(try await elm.members(of: plans) == ["Elm", "Oak"])
        let left = try await practice.site.partnership(plans)
        #expect(left.ownRemoval?.hasLeft == true)
        await village.close(practice, elm, oak)
    }

    // MARK: Compartments

    @Test func `narrowing takes what is written from then on, widening gives what was written`()
        async throws
    {
        let (practice, elm, oak) = try await three()
        let resident = try await practice.add("resident", to: plans, "familyName=Whitfield")
        let early = try await practice.add(
            "allergy", to: plans, under: resident, "agent=Penicillin")
        try await village.settle(practice, elm, oak)

        try await practice.change(oak, in: plans, compartments: [.relations, .personal])
        try await village.settle(practice, elm, oak)
        let late = try await elm.add("allergy", to: plans, under: resident, "agent=Latex")
        try await elm.edit(early, "severity=severe")
        try await village.settle(practice, elm, oak)
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
        // Nor would the keys that it has open what others say now: narrowing minted a new one.
        #expect(try await oak.overhear("Penicillin", at: practice).isReadable)
        #expect(try await !oak.overhear("Latex", at: practice).isReadable)

        try await practice.change(
            oak, in: plans, compartments: [.relations, .personal, .clinical])
        try await village.settle(practice, elm, oak)
        #expect(try await oak.words(late, "agent") == ["Latex"])
        #expect(try await oak.hear("Latex").isReadable)
        #expect(try await oak.words(early, "severity") == ["Severe"])
        try await village.expectEqual(plans, practice, elm, oak)
        await village.close(practice, elm, oak)
    }

    @Test func `a key that was minted while somebody was admitted elsewhere reaches them`()
        async throws
    {
        let (practice, elm, oak) = try await three(second: "steward")
        let resident = try await practice.add("resident", to: plans, "familyName=Whitfield")
        try await village.settle(practice, elm, oak)

        // Apart: Elm removes Oak and writes under a new key; the practice admits Ash.
        try await elm.remove(oak, from: plans)
        let allergy = try await elm.add("allergy", to: plans, under: resident, "agent=Latex")
        let ash = try await village.site("Ash")
        try await practice.admit(ash, to: plans)
        try await village.settle(practice, elm, ash)
        try await village.settle(practice, elm, ash)
        #expect(try await ash.words(allergy, "agent") == ["Latex"])
        try await village.expectEqual(plans, practice, elm, ash)
        await village.close(practice, elm, oak, ash)
    }
}
