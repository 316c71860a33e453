import Foundation
import KithModel
import KithSite
import Testing

/// Sharing that ends on an agreed date, over three sites and real mutual TLS.
@Suite(.timeLimit(.minutes(10))) struct AgreementTests {
    private static let day = 86_400.0

    private let village: Village
    private let clock = WrongClock()
    private let plans = "Riverside plans"

    init() throws {
        village = try Village()
    }

    private func inDays(_ days: Double) -> Instant {
        Instant(Date().addingTimeInterval(days * Self.day))
    }

    /// A practice and Elm, and Oak whose agreement ends in ten days. All go by the one clock unless
    /// only the practice does.
    private func three(
        onlyPracticeIsWrong: Bool = false
    ) async throws -> (practice: Neighbour, elm: Neighbour, oak: Neighbour) {
        let wrong: @Sendable () -> Instant = { [clock] in clock.now }
        let right: @Sendable () -> Instant = { Instant(Date()) }
        let others = onlyPracticeIsWrong ? right : wrong
        let practice = try await village.site("Riverside", kind: "gp-practice", clock: wrong)
        let elm = try await village.site("Elm", clock: others)
        let oak = try await village.site("Oak", clock: others)
        try await practice.found(plans)
        try await practice.admit(elm, to: plans)
        try await practice.admit(oak, to: plans, until: inDays(10))
        try await elm.sync(with: practice)
        try await elm.meet(oak)
        return (practice, elm, oak)
    }

    private func ends(of name: String, at site: Neighbour) async throws -> Instant? {
        try await site.site.partnership(plans).members.first { $0.name == name }?.sharingEnds
    }

    @Test func `until the date all is shared, after it nothing, and prolonging brings all of it`()
        async throws
    {
        let (practice, elm, oak) = try await three()
        let resident = try await practice.add("resident", to: plans, "familyName=Whitfield")
        #expect(try await oak.sync(with: practice).isEqual)
        try await elm.sync(with: practice)
        #expect(try await oak.words(resident, "familyName") == ["Whitfield"])
        for site in [practice, elm, oak] {
            #expect(try await ends(of: "Oak", at: site) != nil, "\(site.name)")
            #expect(try await ends(of: "Elm", at: site) == nil, "\(site.name)")
        }

        clock.set(ahead: 11 * Self.day)
        try await practice.edit(resident, "preferredName=Nell")
        let late = try await oak.add("allergy", to: plans, under: resident, "agent=Latex")
        // Neither side sends the other anything, directly or through a third.
        for (one, another) in [(practice, oak), (practice, elm), (elm, oak), (oak, practice)] {
            let report = try await one.sync(with: another)
            #expect(report.isEqual, "\(report.problem ?? "")")
            let isElm = one.name == "Riverside" && another.name == "Elm"
            #expect(report.sent + report.received == (isElm ? 1 : 0), "\(one.name) \(another.name)")
        }
        #expect(try await oak.words(resident, "preferredName").isEmpty)
        for site in [practice, elm] {
            await #expect(throws: SiteError.self) {
                try await site.site.record(late.description, kind: nil)
            }
        }
        #expect(try await practice.members(of: plans) == ["Elm", "Oak", "Riverside"])

        try await practice.change(oak, in: plans, ends: .at(inDays(400)))
        for _ in 0..<2 { #expect(try await oak.sync(with: practice).isEqual) }
        try await elm.sync(with: practice)
        #expect(try await oak.words(resident, "preferredName") == ["Nell"])
        #expect(try await elm.words(late, "agent") == ["Latex"])
        let digests = try await practice.digests(of: plans)
        for site in [elm, oak] {
            let theirs = try await site.digests(of: plans)
            #expect(theirs == digests, "\(site.name)")
            let check = try await site.site.rebuild(checkOnly: true)
            #expect(check.isEqual, "\(check.differences)")
        }
        for site in [practice, elm, oak] { await site.close() }
    }

    @Test func `an end that is brought forward ends it then, for both and for whoever hears of it`()
        async throws
    {
        let (practice, elm, oak) = try await three()
        let resident = try await practice.add("resident", to: plans, "familyName=Whitfield")
        try await practice.change(oak, in: plans, ends: .at(inDays(5)))
        for site in [oak, elm] { #expect(try await site.sync(with: practice).isEqual) }
        clock.set(ahead: 6 * Self.day)
        try await practice.edit(resident, "preferredName=Nell")
        try await elm.sync(with: practice)
        for other in [practice, elm] {
            let report = try await oak.sync(with: other)
            #expect(report.isEqual && report.received == 0, "\(report.problem ?? other.name)")
        }
        #expect(try await elm.words(resident, "preferredName") == ["Nell"])
        #expect(try await oak.words(resident, "preferredName").isEmpty)
        for site in [practice, elm, oak] { await site.close() }
    }

    @Test func `a clock that is a year ahead delays, and loses nothing`() async throws {
        let (practice, elm, oak) = try await three(onlyPracticeIsWrong: true)
        let resident = try await practice.add("resident", to: plans, "familyName=Whitfield")
        try await oak.sync(with: practice)

        clock.set(ahead: 365 * Self.day)
        try await practice.edit(resident, "preferredName=Nell")
        try await oak.edit(resident, "givenName=Eleanor")
        let report = try await oak.sync(with: practice)
        #expect(report.sent + report.received == 0)
        #expect(try await practice.words(resident, "givenName").isEmpty)
        // Elm's clock is right: what Oak wrote goes round by it, to those whose agreements last.
        try await elm.sync(with: oak)
        try await elm.sync(with: practice)
        #expect(try await practice.words(resident, "givenName") == ["Eleanor"])

        clock.set(ahead: 0)
        #expect(try await oak.sync(with: practice).isEqual)
        #expect(try await oak.words(resident, "preferredName") == ["Nell"])
        #expect(try await oak.digests(of: plans) == practice.digests(of: plans))
        for site in [practice, elm, oak] { await site.close() }
    }

    @Test func `people are warned a month ahead and afterwards, on both sides`() async throws {
        let practice = try await village.site("Riverside", kind: "gp-practice") { [clock] in
            clock.now
        }
        let oak = try await village.site("Oak") { [clock] in clock.now }
        try await practice.found(plans)
        try await practice.admit(oak, to: plans, until: inDays(40))
        func warnings(_ site: Neighbour) async throws -> [String] {
            try await site.site.doctor().filter { $0.check == "agreement" }.map(\.message)
        }
        #expect(try await warnings(practice).isEmpty)
        clock.set(ahead: 11 * Self.day)
        #expect(try await warnings(practice).first?.contains("Oak in \(plans) ends at") == true)
        #expect(try await warnings(oak).first?.contains("all members in \(plans) ends") == true)
        clock.set(ahead: 41 * Self.day)
        #expect(try await warnings(practice).first?.contains("has ended at") == true)

        await #expect(throws: SiteError.self) {
            try await practice.change(oak, in: plans, ends: .at(inDays(40)))
        }
        try await practice.change(oak, in: plans, ends: .never)
        #expect(try await warnings(practice).isEmpty)
        for site in [practice, oak] { await site.close() }
    }
}
