import KithModel
import KithTrust
import Testing

@testable import KithStore

// Invariant Prefix: the replay of a log gives the same state, also where a removal came before what
// it is about. While the log is replayed, more of it is stored than had come by then.
@Suite struct RemovalReplayTests {
    private static let steward = Grant(
        role: .steward, compartments: Set(Compartment.granted), mayAttest: false)

    @Test func `an entry that its removed author wrote unaware of that is revoked once`()
        async throws
    {
        let play = try await TestPartnership()
        let (founder, member) = (play.founder, play.sites[1])
        let before = try await member.write(Edit("before", of: .test()), play.id)
        try await founder.pull(from: member, play.id)
        try await founder.store.write { try $0.remove(member.id, from: play.id, now: TestSite.now) }
        let after = try await member.write(Edit("after", of: .test(), seen: [before]), play.id)
        try await founder.pull(from: member, play.id)
        #expect(try await founder.candidates() == [before, after].sorted())
        try await founder.expectReplayEqual()
    }

    @Test func `an end that a removal names may come after it`() async throws {
        let play = try await TestPartnership(admitting: [Self.steward, TestPartnership.contributor])
        let (founder, steward, member) = (play.founder, play.sites[1], play.sites[2])
        let before = try await member.write(Edit("before", of: .test()), play.id)
        try await steward.pull(from: member, play.id)
        try await steward.store.write { try $0.remove(member.id, from: play.id, now: TestSite.now) }
        let after = try await member.write(Edit("after", of: .test(), seen: [before]), play.id)
        try await founder.pull(from: steward, play.id, [.membership])
        try await founder.pull(from: member, play.id)
        #expect(try await founder.candidates() == [before, after].sorted())
        try await founder.expectReplayEqual()
    }
}
