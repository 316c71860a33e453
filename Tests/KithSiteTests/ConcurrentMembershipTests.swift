import Foundation
import KithModel
import KithStore
import KithTrust
import Testing

@testable import KithSite

/// Acts on members by sites that know nothing of each other's, over real mutual TLS: everyone ends
/// with the same members, whoever is heard first.
@Suite(.timeLimit(.minutes(10))) struct ConcurrentMembershipTests {
    private let village: Village
    private let plans = "Riverside plans"

    init() throws {
        village = try Village()
    }

    /// A practice that founded a partnership, Elm as its junior steward, and two that write.
    private struct Scene {
        let practice: Neighbour
        let elm: Neighbour
        let oak: Neighbour
        let ash: Neighbour
        let resident: RecordID
    }

    private func scene() async throws -> Scene {
        let practice = try await village.site("Riverside", kind: "gp-practice")
        let elm = try await village.site("Elm")
        let oak = try await village.site("Oak")
        let ash = try await village.site("Ash")
        try await practice.found(plans)
        try await practice.admit(elm, to: plans, role: "steward")
        for site in [oak, ash] { try await practice.admit(site, to: plans) }
        let resident = try await practice.add("resident", to: plans, "familyName=Whitfield")
        try await village.settle(practice, elm, oak, ash)
        return Scene(practice: practice, elm: elm, oak: oak, ash: ash, resident: resident)
    }

    private func role(of name: String, at site: Neighbour) async throws -> String? {
        try await site.site.partnership(plans).members.first { $0.name == name }?.role
    }

    @Test func `of two removals apart the one that saw more of the member's writing counts`()
        async throws
    {
        let scene = try await scene()
        let (practice, elm, oak, ash) = (scene.practice, scene.elm, scene.oak, scene.ash)
        try await oak.edit(scene.resident, "preferredName=Nell")
        try await oak.sync(with: practice)
        try await oak.edit(scene.resident, "givenName=Eleanor")
        try await oak.sync(with: elm)
        try await oak.edit(scene.resident, "phone=01803 555123")
        // The practice has seen one of them, Elm two; nobody the third.
        try await practice.remove(oak, from: plans)
        try await elm.remove(oak, from: plans)
        try await oak.sync(with: ash)
        try await village.settle(ash, elm, practice)
        for site in [practice, elm, ash] {
            #expect(
                try await site.members(of: plans) == ["Ash", "Elm", "Riverside"], "\(site.name)")
            for (field, words) in [
                ("preferredName", "Nell"), ("givenName", "Eleanor"),
                ("phone", "01803 555123 (author removed)"),
            ] {
                #expect(try await site.words(scene.resident, field) == [words], "\(site.name)")
            }
        }
        try await village.expectEqual(plans, practice, elm, ash)
        await village.close(practice, elm, oak, ash)
    }

    @Test(arguments: [true, false])
    func `of a removal and a wider grant apart the senior's stands, whoever is heard first`(
        isSeniorRemoving: Bool
    ) async throws {
        let scene = try await scene()
        let (practice, elm, oak, ash) = (scene.practice, scene.elm, scene.oak, scene.ash)
        let (remover, granter) = isSeniorRemoving ? (practice, elm) : (elm, practice)
        try await remover.remove(oak, from: plans)
        try await granter.change(oak, in: plans, role: "steward")
        // Ash hears of the grant first, Oak of whatever the practice did.
        try await ash.sync(with: granter)
        try await oak.sync(with: practice)
        try await village.settle(practice, elm, ash)
        try await village.settle(practice, elm, ash, oak)
        for site in [practice, elm, ash] {
            let role = try await role(of: "Oak", at: site)
            #expect(role == (isSeniorRemoving ? nil : "steward"), "\(site.name)")
        }
        let ownRemoval = try await oak.site.partnership(plans).ownRemoval
        #expect((ownRemoval != nil) == isSeniorRemoving)
        try await village.expectEqual(plans, practice, elm, ash)
        await village.close(practice, elm, oak, ash)
    }

    @Test func `who was let in by a steward past its removal is in nowhere`() async throws {
        let scene = try await scene()
        let (practice, elm, oak, ash) = (scene.practice, scene.elm, scene.oak, scene.ash)
        try await practice.remove(elm, from: plans)
        let beech = try await village.site("Beech")
        try await elm.admit(beech, to: plans, role: "steward")
        let allergy = try await beech.add(
            "allergy", to: plans, under: scene.resident, "agent=Latex")
        try await beech.sync(with: elm)
        try await elm.sync(with: oak)
        #expect(try await oak.members(of: plans).contains("Beech"), "until it hears of the removal")
        try await village.settle(oak, practice, ash)
        for site in [practice, oak, ash] {
            #expect(
                try await site.members(of: plans) == ["Ash", "Oak", "Riverside"], "\(site.name)")
            // Nothing clinical disappears by that: it is shown, and marked.
            #expect(
                try await site.words(allergy, "agent") == ["Latex (author removed)"], "\(site.name)"
            )
        }
        try await village.expectEqual(plans, practice, oak, ash)
        await village.close(practice, elm, oak, ash, beech)
    }

    @Test func `a liar that grants itself everything while it is removed has nothing of it`()
        async throws
    {
        let scene = try await scene()
        let (practice, elm, oak, ash) = (scene.practice, scene.elm, scene.oak, scene.ash)
        let id = try await elm.site.partnership(plans).id
        let own = try await elm.site.ownProfile()
        let everything = Grant(
            role: .steward, compartments: Set(Compartment.granted), mayAttest: true)
        try await practice.remove(elm, from: plans)
        // Past all checks of its own programs: as a steward, and as a contributor that is none.
        for (liar, profile) in [(elm, own), (oak, try await oak.site.ownProfile())] {
            try await liar.forge(.admit(profile, everything, invitation: Data()), in: id)
        }
        try await elm.sync(with: oak)
        try await elm.sync(with: ash)
        try await village.settle(oak, ash, practice)
        for site in [practice, oak, ash] {
            #expect(try await role(of: "Elm", at: site) == nil, "\(site.name)")
            #expect(try await role(of: "Oak", at: site) == "contributor", "\(site.name)")
        }
        #expect(try await practice.site.status().entriesSetAside > 0, "what it tried is listed")
        try await village.expectEqual(plans, practice, oak, ash)
        await village.close(practice, elm, oak, ash)
    }

    @Test func `what a demoted member wrote past the demotion is marked, and it writes no more`()
        async throws
    {
        let scene = try await scene()
        let (practice, elm, oak, ash) = (scene.practice, scene.elm, scene.oak, scene.ash)
        try await oak.edit(scene.resident, "preferredName=Nell")
        try await oak.sync(with: practice)
        try await practice.change(oak, in: plans, role: "reviewer")
        try await oak.edit(scene.resident, "givenName=Eleanor")
        try await oak.sync(with: ash)
        try await village.settle(ash, practice, elm, oak)
        for site in [practice, elm, oak, ash] {
            #expect(try await role(of: "Oak", at: site) == "reviewer", "\(site.name)")
            #expect(try await site.words(scene.resident, "preferredName") == ["Nell"])
            #expect(
                try await site.words(scene.resident, "givenName") == ["Eleanor (author removed)"],
                "\(site.name)")
        }
        let entries = try await oak.site.status().entries
        await #expect(throws: SiteError.self) {
            try await oak.edit(scene.resident, "phone=01803 555123")
        }
        #expect(try await oak.site.status().entries == entries)
        try await village.expectEqual(plans, practice, elm, oak, ash)
        await village.close(practice, elm, oak, ash)
    }

    @Test
    func `a junior neither removes nor narrows the senior, whatever its programs let through`()
        async throws
    {
        let scene = try await scene()
        let (practice, elm, oak, ash) = (scene.practice, scene.elm, scene.oak, scene.ash)
        let id = try await oak.site.partnership(plans).id
        let founder = try await practice.site.profile().site
        let less = Grant(role: .reviewer, compartments: [.relations], mayAttest: false)
        // Cut off from its first entry on.
        let cut = Cut(covers: Set(Compartment.allCases), ends: [])
        for liar in [elm, oak] { try await liar.forge(.change(founder, less, cut), in: id) }
        // A contributor, which is no steward; of two stewards the junior's word would be a vote.
        try await oak.forge(.remove(founder, cut), in: id)
        try await village.settle(practice, elm, oak, ash)
        for site in [practice, elm, oak, ash] {
            #expect(try await role(of: "Riverside", at: site) == "steward", "\(site.name)")
        }
        try await village.expectEqual(plans, practice, elm, oak, ash)
        await village.close(practice, elm, oak, ash)
    }
}
