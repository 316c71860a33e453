import KithModel
import KithSite
import Testing

/// Further partnerships of sites that know each other, over real mutual TLS.
@Suite(.timeLimit(.minutes(10))) struct OfferTests {
    private let village: Village
    private let marker = "ZZMARKERZZ"

    init() throws {
        village = try Village()
    }

    @Test
    func `two that met in a third's partnership share another without a code, and it is not told`()
        async throws
    {
        let practice = try await village.site("Riverside", kind: "gp-practice")
        let elm = try await village.site("Elm")
        let oak = try await village.site("Oak")
        try await practice.found("Plans")
        for site in [elm, oak] { try await practice.admit(site, to: "Plans") }
        try await elm.sync(with: practice)

        // Neither code nor words: each was vouched for by the practice.
        try await elm.found("Falls")
        _ = try await elm.site.changeMembership(
            MembershipChange(
                partnership: "Falls", member: "Oak",
                act: .admit(AdmissionDraft(role: "contributor"))))
        #expect(try await elm.site.partnership("Falls").invitations.isEmpty)
        try await oak.sync(with: elm)
        // It sees who invites, to what, as what and to which compartments, and joins by its own yes.
        let offer = try #require(try await oak.site.offers().first)
        #expect(offer.siteName == "Elm" && offer.name == "Falls" && offer.role == "contributor")
        #expect(offer.purpose == "Joint care plans" && offer.compartments.contains(.clinical))
        #expect(try await oak.site.status().offers == 1)
        #expect(try await oak.site.partnerships().allSatisfy { $0.name != "Falls" })
        let joined = try await oak.site.acceptOffer("Falls") { _ in }
        #expect(joined.sync.isEqual && joined.partnership.members.count == 2)

        let resident = try await oak.add("resident", to: "Falls", "familyName=\(marker)")
        for (one, another) in [(oak, elm), (oak, practice), (elm, practice)] {
            #expect(try await one.sync(with: another).isEqual)
        }
        #expect(try await elm.words(resident, "familyName") == [marker])
        try await village.expectEqual("Falls", elm, oak)
        try await village.expectEqual("Plans", practice, elm, oak)
        // The practice learns neither of the partnership nor of anything in it.
        #expect(try await practice.site.partnerships().allSatisfy { $0.name != "Falls" })
        _ = try await village.expectSecret(marker, from: practice, knownTo: elm)
        #expect(try !practice.hasInFiles("Falls"))
        await village.close(practice, elm, oak)
    }
}
