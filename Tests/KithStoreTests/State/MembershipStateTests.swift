import Crypto
import Foundation
import KithModel
import KithProtocol
import KithTrust
import Testing

@testable import KithStore

// Who wrote what they were not entitled to is kept, listed, forwarded, and has no effect (D23).
@Suite struct MembershipStateTests {
    private enum Author: String, CaseIterable {
        case relay, reviewer, outsider, attester
    }

    private static let grants: [Author: Grant] = [
        .relay: Grant(role: .relay, compartments: [.clinical], mayAttest: true),
        .reviewer: Grant(role: .reviewer, compartments: [.clinical], mayAttest: false),
        .outsider: Grant(role: .contributor, compartments: [.relations], mayAttest: true),
        .attester: Grant(role: .reviewer, compartments: [.clinical], mayAttest: true),
    ]

    private static let verdicts: [(author: Author, class: EntryClass, isAllowed: Bool)] = [
        (.relay, .comment, false), (.relay, .record, false), (.relay, .decision, false),
        (.reviewer, .comment, true), (.reviewer, .record, false), (.reviewer, .decision, false),
        (.outsider, .comment, false), (.outsider, .record, false), (.outsider, .decision, false),
        (.attester, .comment, true), (.attester, .record, false), (.attester, .decision, true),
    ]

    @Test func `an entry takes effect only where its author is entitled, and travels all the same`()
        async throws
    {
        let authors = Author.allCases
        let play = try await TestPartnership(
            admitting: authors.compactMap { Self.grants[$0] } + [TestPartnership.contributor])
        let knows = try await play.founder.frontier(play.id, .membership)
        var forger = try await Forger(play.founder, play.id)
        var entries: [ReceivedEntry] = []
        var expected: [OperationID] = []
        for (number, verdict) in Self.verdicts.enumerated() {
            let index = try #require(authors.firstIndex(of: verdict.author))
            forger.key = play.sites[index + 1].keys.identity
            forger.incarnation = UInt64(100 + number)
            let entry = try forger.entry(
                [Edit("x", of: .test())], knows: knows, class: verdict.class)
            entries.append(entry)
            if verdict.isAllowed { expected.append(entry.operation()) }
        }
        #expect(try await play.founder.ingest(entries, play.id).stored == entries.count)
        #expect(try await play.founder.candidates() == expected.sorted())
        #expect(try await play.founder.waiting() == ["notEntitled": entries.count - expected.count])

        let other = play.sites[authors.count + 1]
        try await other.pull(from: play.founder, play.id)
        #expect(try await other.entries(play.id, in: [.clinical]).count == entries.count)
        #expect(try await other.digests(play.id) == play.founder.digests(play.id))
        for site in [play.founder, other] { try await site.expectReplayEqual() }
    }

    @Test func `an author that does not name its admission is not a member yet`() async throws {
        let play = try await TestPartnership()
        let hasty = try await Forger(play.sites[1], play.id)
        let first = try hasty.entry([Edit("a", of: .test())], knows: [])
        let second = try hasty.entry(
            [Edit("b", of: .test())], after: first,
            knows: try await play.founder.frontier(play.id, .membership))
        #expect(try await play.founder.ingest([first, second], play.id).stored == 2)
        #expect(try await play.founder.waiting() == ["notMember": 1])
        #expect(try await play.founder.candidates() == [second.operation()])
    }

    @Test func `an erasure that hides operations has no effect and supersedes nothing`()
        async throws
    {
        let steward = Grant(
            role: .steward, compartments: Set(Compartment.granted), mayAttest: false)
        let play = try await TestPartnership(admitting: [steward])
        let decision = try await play.founder.write(
            Edit("not for resuscitation", of: .test()), play.id, class: .decision)
        let liar = try await Forger(play.sites[1], play.id)
        let entry = try liar.entry(
            [Edit("for resuscitation", of: .test(), seen: [decision])],
            knows: try await play.founder.frontier(play.id, .membership)
                + play.founder.frontier(play.id),
            class: .erasure)
        #expect(try await play.founder.ingest([entry], play.id).stored == 1)
        #expect(try await play.founder.candidates() == [decision])
        #expect(try await play.founder.waiting() == ["malformed": 1])
        try await play.founder.expectReplayEqual()
    }

    // MARK: Membership acts

    @Test func `acts without the right to them have no effect`() async throws {
        let play = try await TestPartnership()
        let (founder, member) = (play.founder, play.sites[1])
        let stranger = try TestSite()
        let liar = try await Forger(member, play.id, compartment: .membership)
        let key = CompartmentKey(random: SystemCryptography())
        let restricted = Grant(role: .contributor, compartments: [.relations], mayAttest: false)
        let narrow = try TestSite()
        try await founder.admit(narrow.profile, restricted, to: play.id)
        var narrowLiar = liar
        narrowLiar.key = narrow.keys.identity
        var knows = try await founder.frontier(play.id, .membership)
        let acts: [MembershipAct] = [
            .admit(stranger.profile, .founder, invitation: Data()),
            .describe(founder.profile),
            .found(nonce: Data([1]), name: "Oak", purpose: "", founder: member.profile),
        ]
        var entries: [ReceivedEntry] = []
        for act in acts {
            entries.append(try liar.entry(act, after: entries.last, knows: knows))
            knows = []
        }
        entries.append(
            try narrowLiar.entry(
                .mint(.clinical, commitment: key.commitment, sealed: []),
                knows: try await founder.frontier(play.id, .membership)))
        let before = try await founder.digests(play.id)[0][1]
        #expect(try await founder.ingest(entries, play.id).stored == 4)
        #expect(
            try await founder.waiting() == ["notEntitled": 2, "notSelf": 1, "notFounder": 1])
        #expect(try await founder.digests(play.id)[0][1] == before)
        #expect(
            try await founder.store.read { try $0.grant(of: stranger.id, in: play.id) } == nil)
        try await member.pull(from: founder, play.id)
        #expect(try await member.digests(play.id) == founder.digests(play.id))
        try await founder.expectReplayEqual()
    }

    @Test func `a stranger that founds what it did not make is kept, listed and verified`()
        async throws
    {
        let play = try await TestPartnership()
        let stranger = try TestSite()
        var forger = try await Forger(play.founder, play.id, compartment: .membership)
        forger.key = stranger.keys.identity
        let entry = try forger.entry(
            .found(nonce: Data([1]), name: "Oak", purpose: "", founder: stranger.profile), knows: []
        )
        let next = try forger.entry(
            .admit(stranger.profile, .founder, invitation: Data()), after: entry, knows: [])
        let result = try await play.founder.ingest([entry, next], play.id)
        #expect(result.stored == 1 && result.refusal != nil)
        #expect(try await play.founder.waiting() == ["notFounder": 1])
        #expect(try await play.founder.store.read { try $0.partnerships().map(\.name) } == ["Elm"])
        #expect(try await play.founder.store.read { try $0.problemsOfLog() }.isEmpty)
        try await play.sites[1].pull(from: play.founder, play.id)
        #expect(try await play.sites[1].digests(play.id) == play.founder.digests(play.id))
    }

    @Test func `an act of a newer version, and one that is no act, are kept and listed`()
        async throws
    {
        let play = try await TestPartnership()
        let liar = try await Forger(play.sites[1], play.id, compartment: .membership)
        let knows = try await play.founder.frontier(play.id, .membership)
        let newer = try liar.sign(
            liar.header(knows: knows), sealed: [Part(skeleton: Data([0x7A, 0x00]), body: nil)])
        let garbage = try liar.sign(
            liar.header(after: newer, knows: []),
            sealed: [Part(skeleton: Data([0xFF]), body: nil)])
        let admission = MembershipAct.describe(play.sites[1].profile).encoded()
        let double = try liar.sign(
            liar.header(after: garbage, knows: []),
            sealed: Array(repeating: Part(skeleton: admission, body: nil), count: 2))
        #expect(try await play.founder.ingest([newer, garbage, double], play.id).stored == 3)
        #expect(try await play.founder.waiting() == ["version": 1, "malformed": 2])
        try await play.sites[1].pull(from: play.founder, play.id)
        #expect(try await play.sites[1].digests(play.id) == play.founder.digests(play.id))
        try await play.founder.expectReplayEqual()
    }
}
