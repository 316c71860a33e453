import Foundation
import KithModel
import KithProtocol
import KithTestSupport
import KithTrust
import Testing

@testable import KithStore

// Invariant Convergence, where stewards let in, change and put out, also one another, and know only some of
// it: in whatever order that comes, the same entries take effect.
@Suite struct MembershipOrderTests {
    private static let steward = Grant(
        role: .steward, compartments: Set(Compartment.granted), mayAttest: false)
    private static let reviewer = Grant(
        role: .reviewer, compartments: Set(Compartment.granted), mayAttest: false)

    /// Orders in which each history is delivered; `KITH_ORDERS` says how many in the place of 12.
    private static let orders =
        ProcessInfo.processInfo.environment["KITH_ORDERS"].flatMap { Int($0) } ?? 12

    /// The founder, another steward, and one whom the founder has let in and that has written before anybody
    /// else heard of it; whoever receives it all in some order is left alone.
    private struct Cast {
        let play: TestPartnership
        let late: TestSite
        var acting: [TestSite] { [play.sites[0], play.sites[1], late] }
        var reader: TestSite { play.sites[2] }

        init() async throws {
            play = try await TestPartnership(admitting: [
                MembershipOrderTests.steward, TestPartnership.contributor,
            ])
            late = try TestSite()
            try await late.join(play.id, through: play.founder.id)
            try await play.founder.admit(late.profile, TestPartnership.contributor, to: play.id)
            try await late.pull(from: play.founder, play.id)
            try await late.write(Edit("first", of: .test()), play.id)
        }

        /// Somebody pulls, writes, or acts on the membership of somebody else, as far as they may.
        func step(_ seed: UInt64) async throws {
            var random = SeededGenerator(seed: seed)
            let index = Int.random(in: 0..<acting.count, using: &random)
            let other = (index + Int.random(in: 1..<acting.count, using: &random)) % acting.count
            let (site, about) = (acting[index], acting[other])
            let id = play.id
            let grant = try await site.store.read { try $0.grant(of: site.id, in: id) }
            let choice = Int.random(in: 0..<10, using: &random)
            if choice < 3 { return try await site.pull(from: about, id) }
            guard let grant, grant.writes else { return }
            guard choice > 4, grant.role == .steward else {
                let record = RecordID.test(UInt8.random(in: 1...2, using: &random))
                let seen = try await site.candidates(of: record)
                let text = "value \(UInt16.random(in: 0...3, using: &random))"
                do {
                    try await site.write(Edit(text, of: record, seen: seen), id)
                } catch let error as StoreError where error.description.hasPrefix("no key of") {
                    // It was let in by somebody who may not hand over keys, or not yet.
                }
                return
            }
            let grants = [
                MembershipOrderTests.steward, MembershipOrderTests.reviewer,
                TestPartnership.contributor,
            ]
            let given = grants.randomElement(using: &random) ?? TestPartnership.contributor
            try await site.store.write { transaction in
                let isMember = try transaction.grant(of: about.id, in: id) != nil
                switch choice {
                case 5..<9 where !isMember: break
                case 5, 6: try transaction.remove(about.id, from: id, now: TestSite.now)
                case 7, 8: try transaction.change(about.id, to: given, in: id, now: TestSite.now)
                default:
                    try transaction.admit(
                        about.profile, given, invitation: Data(), to: id, now: TestSite.now)
                }
            }
        }
    }

    /// What each operation that a site can read has become there.
    private static func effects(at site: TestSite) async throws -> [String] {
        try await site.store.read { transaction in
            try transaction.rows(
                """
                SELECT hash, operation.id & 4194303, is_superseded, is_contested, is_effective
                FROM entry JOIN operation ON operation.id >> 22 = arrival
                """
            ).map { row in
                let hash = try EntryHash(blob: row[0])
                return
                    "\(hash.short)/\(row[1] as Int64) \(row[2] as Int64)\(row[3] as Int64)\(row[4] as Int64)"
            }.sorted()
        }
    }

    @Test func `in every causal order of entries and acts the same takes effect`() async {
        let law = Law<UInt64>(
            ofLength: 20...20, step: { $0.next() }, problem: { try await Self.problem(after: $0) })
        let counterexample = await law.counterexample(cases: 15, seed: 40)
        #expect(counterexample == nil, "\(counterexample?.description ?? "")")
    }

    private static func problem(after steps: [UInt64]) async throws -> String? {
        let cast = try await Cast()
        let (play, reader) = (cast.play, cast.reader)
        for step in steps { try await cast.step(step) }
        try await play.settle(cast.acting + [reader])
        let entries = try await reader.entries(play.id)
        let order = try CausalOrder(entries)
        let (digests, effects) = (
            try await reader.digests(play.id), try await effects(at: reader)
        )
        try await reader.expectReplayEqual("whoever heard of it bit by bit")
        var random = SeededGenerator(seed: UInt64(steps.count))
        for round in 1...orders {
            let copy = try await play.emptyCopy(of: reader)
            try await copy.take(order.batches(using: &random), play.id)
            guard try await copy.digests(play.id) == digests else {
                return "order \(round) gives another state"
            }
            let found = try await Self.effects(at: copy)
            guard found == effects else {
                let (here, there) = (Set(found), Set(effects))
                return
                    "order \(round): \(here.subtracting(there).sorted()) in the place of \(there.subtracting(here).sorted())"
            }
        }
        return nil
    }
}
