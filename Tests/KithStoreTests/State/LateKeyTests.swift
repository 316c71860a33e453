import Foundation
import KithModel
import KithProtocol
import KithTrust
import Testing

@testable import KithStore

// Parts whose key comes after them: kept, listed, then applied as if it had been there before.
@Suite struct LateKeyTests {
    /// A founder, and a member that was given the second key of `clinical` but not yet the first.
    private struct Scene: Sendable {
        let play: TestPartnership
        let founder: TestSite
        let late: TestSite
        let old: EntryHash

        init() async throws {
            play = try await TestPartnership(admitting: [])
            let late = try TestSite()
            (founder, self.late) = (play.founder, late)
            try await late.join(play.id, through: founder.id)
            let key = try await founder.store.read { [play] in
                try $0.writingKey(.clinical, in: try $0.partnershipRow(play.id))
            }
            old = try #require(key).id
            _ = try await founder.store.write { [play] in
                try $0.author(
                    .admit(late.profile, TestPartnership.contributor, invitation: Data()),
                    of: play.id, now: TestSite.now)
            }
        }

        /// A new key of `clinical`, which the founder writes with from now on.
        func mint() async throws {
            try await founder.store.write { [self] transaction in
                let key = CompartmentKey(random: SystemCryptography())
                let sealed = try [founder, late].map {
                    try key.sealed(
                        for: $0.id, sealingKey: $0.profile.sealingKey, in: play.id, .clinical,
                        SystemCryptography())
                }
                try transaction.author(
                    .mint(.clinical, commitment: key.commitment, sealed: sealed), of: play.id,
                    now: TestSite.now)
            }
        }

        /// Hands the first key over; gives it to the late member.
        func handOver() async throws {
            let secrets = try await founder.secrets()
            let key = try #require(secrets[old])
            try await founder.store.write { [self] transaction in
                let sealed = try key.sealed(
                    for: late.id, sealingKey: late.profile.sealingKey, in: play.id, .clinical,
                    SystemCryptography())
                try transaction.author(
                    .handOver([(key: old, sealed: sealed)]), of: play.id, now: TestSite.now)
            }
            try await late.pull(from: founder, play.id)
        }

        func expectEqual() async throws {
            #expect(try await late.waiting().isEmpty)
            #expect(try await late.digests(play.id) == founder.digests(play.id))
            try await late.expectReplayEqual()
            try await founder.expectReplayEqual()
        }
    }

    @Test func `parts wait for their key and are then what they are for everyone`() async throws {
        let scene = try await Scene()
        let written = try await scene.founder.write(
            [Edit("a", of: .test()), Edit("b", of: .test(2))], scene.play.id)
        try await scene.late.pull(from: scene.founder, scene.play.id)
        #expect(try await scene.late.waiting() == ["key": 2])
        #expect(try await scene.late.candidates().isEmpty)
        try await scene.late.expectReplayEqual()
        try await scene.handOver()
        #expect(try await scene.late.candidates() == [written[0]])
        #expect(try await scene.late.candidates(of: .test(2)) == [written[1]])
        try await scene.expectEqual()
    }

    @Test func `a value that was superseded before it could be read never shows`() async throws {
        let scene = try await Scene()
        let old = try await scene.founder.write(Edit("old", of: .test()), scene.play.id)
        try await scene.mint()
        let new = try await scene.founder.write(
            Edit("new", of: .test(), seen: [old]), scene.play.id)
        try await scene.late.pull(from: scene.founder, scene.play.id)
        #expect(try await scene.late.waiting() == ["key": 1])
        #expect(try await scene.late.candidates() == [new])
        try await scene.handOver()
        #expect(try await scene.late.candidates() == [new])
        try await scene.expectEqual()
    }

    @Test func `an edge that turns out to be wrong once its target can be read does not count`()
        async throws
    {
        let scene = try await Scene()
        var elsewhere = Edit("other kind", of: .test(2))
        elsewhere.kind = 21
        let old = try await scene.founder.write(
            [
                Edit("field", of: .test()), Edit("record", of: .test(4)), elsewhere,
                Edit("right", of: .test(5)),
            ], scene.play.id)
        let decided = try await scene.founder.write(
            Edit("class", of: .test(3)), scene.play.id, class: .decision)
        try await scene.mint()
        try await scene.founder.write(
            [
                Edit("wrong", of: .test(), field: 11, seen: [old[0]]),
                Edit("wrong", of: .test(6), seen: [old[1]]),
                Edit("wrong", of: .test(2), seen: [old[2]]),
                Edit("wrong", of: .test(3), seen: [decided]),
                Edit("right", of: .test(5), seen: [old[3]]),
            ], scene.play.id)
        try await scene.late.pull(from: scene.founder, scene.play.id)
        #expect(try await scene.late.waiting() == ["key": 5])
        try await scene.handOver()
        #expect(try await scene.late.candidates() == [old[0]])
        #expect(try await scene.late.candidates(of: .test(4)) == [old[1]])
        #expect(try await scene.late.candidates(of: .test(2)).contains(old[2]))
        #expect(try await scene.late.candidates(of: .test(3)).contains(decided))
        #expect(try await !scene.late.candidates(of: .test(5)).contains(old[3]))
        try await scene.expectEqual()
    }

    @Test func `what a person could not read yet does not count as seen`() async throws {
        let scene = try await Scene()
        let unread = try await scene.founder.write(Edit("hidden", of: .test()), scene.play.id)
        try await scene.mint()
        let read = try await scene.founder.write(Edit("shown", of: .test()), scene.play.id)
        try await scene.late.pull(from: scene.founder, scene.play.id)
        let version = try await scene.late.store.read { try $0.version() }
        #expect(try await scene.late.seen(at: version) == [read])
        try await scene.handOver()
        #expect(try await scene.late.seen(at: version) == [read])
        let later = try await scene.late.store.read { try $0.version() }
        #expect(try await scene.late.seen(at: later) == [unread, read].sorted())
        try await scene.expectEqual()
        #expect(try await scene.late.seen(at: version) == [read])
    }

    @Test func `a key that is not the one minted is not taken, and the right one still is`()
        async throws
    {
        let scene = try await Scene()
        try await scene.founder.write(Edit("a", of: .test()), scene.play.id)
        let wrong = try CompartmentKey(random: SystemCryptography()).sealed(
            for: scene.late.id, sealingKey: scene.late.profile.sealingKey, in: scene.play.id,
            .clinical, SystemCryptography())
        _ = try await scene.founder.store.write {
            try $0.author(
                .handOver([(key: scene.old, sealed: wrong)]), of: scene.play.id, now: TestSite.now)
        }
        try await scene.late.pull(from: scene.founder, scene.play.id)
        #expect(try await scene.late.waiting() == ["key": 1])
        try await scene.handOver()
        try await scene.expectEqual()
    }
}

extension TestSite {
    /// The candidates of the usual field that somebody saw who read it at a version.
    fileprivate func seen(at version: Int64) async throws -> [OperationID] {
        try await store.read { transaction in
            let record = try #require(
                try transaction.records(RecordSelection()).first { $0.id == .test() })
            return try transaction.candidates(ofField: 10, record: record.row, asOf: version)
        }
    }
}
