import Foundation
import KithModel
import KithSite
import Testing

/// A member that forwards everything and reads nothing.
@Suite(.timeLimit(.minutes(10))) struct RelayTests {
    private let village: Village
    private let plans = "Riverside plans"
    private let marker = "ZZMARKERZZ"

    init() throws {
        village = try Village()
    }

    @Test func `two homes that are never up together converge through a relay that reads nothing`()
        async throws
    {
        let practice = try await village.site("Riverside", kind: "gp-practice")
        let relay = try await village.site("Relay", kind: "other")
        let elm = try await village.site("Elm")
        let oak = try await village.site("Oak")
        try await practice.found(plans)
        try await practice.admit(relay, to: plans, role: "relay")
        try await practice.admit(elm, to: plans)
        try await practice.admit(oak, to: plans)
        for site in [relay, elm, oak] { try await site.sync(with: practice) }
        try await elm.meet(relay)
        try await oak.meet(relay)
        await practice.close()

        // Only ever with the relay, first the one, then the other.
        let resident = try await elm.add("resident", to: plans, "familyName=\(marker)")
        let allergy = try await elm.add(
            "allergy", to: plans, under: resident, "agent=\(marker)", "severity=mild")
        #expect(try await elm.sync(with: relay).isEqual)
        #expect(try await oak.sync(with: relay).isEqual)
        #expect(try await oak.words(allergy, "agent") == [marker])
        try await oak.edit(allergy, "severity=severe")
        #expect(try await oak.sync(with: relay).isEqual)
        #expect(try await elm.sync(with: relay).isEqual)
        #expect(try await elm.words(allergy, "severity") == ["Severe"])
        #expect(try await elm.digests(of: plans) == oak.digests(of: plans))

        // The relay holds every entry, and can read none.
        let own = try await relay.site.partnership(plans).members.first(where: \.isSelf)
        #expect(own?.role == "relay")
        #expect(try await relay.site.records(RecordQuery(kind: "resident")).isEmpty)
        await #expect(throws: SiteError.self) {
            try await relay.site.record(resident.description, kind: nil)
        }
        for site in [elm, oak] {
            let heard = try await village.expectSecret(marker, from: relay, knownTo: site)
            #expect(heard.sealed >= 6 && heard.opened == 0, "it forwarded what it cannot open")
        }
        let entries = try await relay.site.verify().partnerships.first { $0.name == plans }
        let theirs = try await elm.site.verify().partnerships.first { $0.name == plans }
        #expect(
            entries?.compartments.map(\.frontier) == theirs?.compartments.map(\.frontier))
        // Nor does it write.
        await #expect(throws: SiteError.self) {
            try await relay.add("resident", to: plans, "familyName=Nobody")
        }
        let check = try await relay.site.rebuild(checkOnly: true)
        #expect(check.isEqual, "\(check.differences)")
        for site in [relay, elm, oak] { await site.close() }
    }

    @Test func `a quota stops others where it is reached, but never who is in, nor this site`()
        async throws
    {
        let practice = try await village.site("Riverside", kind: "gp-practice")
        let relay = try await village.site("Relay", kind: "other")
        try await practice.found(plans)
        try await practice.admit(relay, to: plans, role: "relay")
        let filled = try await relay.site.partnership(plans).logBytes
        #expect(filled > 0)
        let limit = filled + 6000
        _ = try await relay.site.setQuota(QuotaChange(partnership: plans, bytes: limit))
        for number in 0..<20 {
            try await practice.add("resident", to: plans, "familyName=\(marker) \(number)")
        }
        let report = try await practice.sync(with: relay)
        #expect(report.problem?.contains("quota") == true, "\(report.problem ?? "none")")
        let held = try await relay.site.partnership(plans)
        #expect(held.logBytes > filled && held.logBytes <= limit)
        #expect(try await relay.site.doctor().contains { $0.check == "quota" })

        // Who is in still arrives.
        let elm = try await village.site("Elm")
        try await practice.admit(elm, to: plans)
        try await practice.sync(with: relay)
        #expect(try await relay.members(of: plans).contains("Elm"))

        // With more room all of it comes.
        _ = try await relay.site.setQuota(QuotaChange(partnership: plans, bytes: nil))
        #expect(try await practice.sync(with: relay).isEqual)
        let heard = try await village.expectSecret(marker, from: relay, knownTo: elm)
        #expect(heard.sealed >= 40 && heard.opened == 0)
        await #expect(throws: SiteError.self) {
            try await relay.site.setQuota(QuotaChange(partnership: plans, bytes: 0))
        }
        for site in [practice, relay, elm] { await site.close() }
    }

    @Test func `a relay erases what it cannot read`() async throws {
        let practice = try await village.site("Riverside", kind: "gp-practice")
        let relay = try await village.site("Relay", kind: "other")
        try await practice.found(plans)
        try await practice.admit(relay, to: plans, role: "relay")
        let resident = try await practice.add("resident", to: plans, "familyName=\(marker)")
        try await practice.sync(with: relay)
        let heard = try await village.expectSecret(marker, from: relay, knownTo: practice)
        #expect(heard.sealed > 0 && heard.opened == 0)
        _ = try await practice.site.erase(
            ErasureDraft(
                record: resident.description, version: nil, reason: "Court order",
                isPreview: false),
            by: Author(user: "m", name: "Manager", role: "Records manager"))
        try await practice.sync(with: relay)
        let listed = try #require(try await practice.site.erasures().first)
        #expect(listed.done == ["Relay", "Riverside"])
        let theirs = try #require(try await relay.site.erasures().first)
        #expect(theirs.parts == listed.parts && theirs.reason == nil && theirs.committer == nil)
        #expect(try await relay.site.verify().problems.isEmpty)
        await practice.close()
        await relay.close()
    }

    @Test func `a housing association is sent no clinical entry, sealed or not`() async throws {
        let practice = try await village.site("Riverside", kind: "gp-practice")
        let housing = try await village.site("Housing", kind: "other")
        try await practice.found(plans)
        try await practice.admit(
            housing, to: plans, compartments: [.relations, .personal])
        let resident = try await practice.add("resident", to: plans, "familyName=Whitfield")
        let allergy = try await practice.add(
            "allergy", to: plans, under: resident, "agent=\(marker)")
        try await practice.sync(with: housing)
        #expect(try await housing.words(resident, "familyName") == ["Whitfield"])
        await #expect(throws: SiteError.self) {
            try await housing.site.record(allergy.description, kind: nil)
        }
        // The practice says it to a home that is entitled, and so the search can see it.
        let elm = try await village.site("Elm")
        try await practice.admit(elm, to: plans)
        let heard = try await village.expectSecret(marker, from: housing, knownTo: elm)
        #expect(heard.sealed > 0 && heard.opened == heard.sealed, "all that it was sent is for it")
        let held = try await housing.site.verify().partnerships.first { $0.name == plans }
        #expect(held?.compartments.map(\.name).contains(.clinical) == false)
        #expect(held?.compartments.map(\.name).contains(.restricted) == false)
        for site in [practice, housing, elm] { await site.close() }
    }
}
