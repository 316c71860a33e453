import Foundation
import GRDB
import KithModel
import KithProtocol
import Testing

@testable import KithStore

// What is damaged is found in time, and fetched again (D2, D37).
@Suite struct ScrubbingTests {
    /// A site with entries of its own and of a partner's, looked through once.
    private struct Scene {
        let play: TestPartnership
        let store: Store
        let entries: [ReceivedEntry]

        init() async throws {
            play = try await TestPartnership()
            for text in ["a", "b", "c", "d"] {
                try await play.founder.write(Edit(text, of: .test()), play.id)
            }
            store = play.founder.store
            entries = try await play.founder.entries(play.id)
            try #require(try await scrubAll() == 0)
        }

        /// Looks through all that is due, and gives how many were found damaged.
        func scrubAll(at now: Instant = TestSite.now, most: Int = 3) async throws -> Int {
            var found = 0
            for _ in 0..<100 {
                let step = try await store.write { try $0.scrub(most, every: 7, now: now) }
                found += step.damaged
                #expect(step.checked <= most)
                if !step.isMoreDue { return found }
            }
            Issue.record("the scrub never ends")
            return found
        }

        func days(_ number: Int64) -> Instant {
            Instant(milliseconds: TestSite.now.milliseconds + number * 86_400_000)
        }
    }

    @Test func `the log is looked through again when its time has come, and not before`()
        async throws
    {
        let scene = try await Scene()
        try await scene.play.founder.execute(
            "UPDATE part SET body = zeroblob(length(body)) WHERE entry = 4 OR entry = (SELECT max(arrival) FROM entry)"
        )
        for day in Int64(0)..<7 { #expect(try await scene.scrubAll(at: scene.days(day)) == 0) }
        #expect(try await scene.scrubAll(at: scene.days(7)) > 0)
        let found = try await scene.store.read { try $0.damagedEntries() }
        #expect(try await scene.scrubAll(at: scene.days(8)) == 0)
        // A clock that is set back does not put it off.
        _ = try await scene.scrubAll(at: scene.days(-400))
        #expect(try await scene.store.read { try $0.damagedEntries() } == found)
    }

    @Test func `what is new is looked at without waiting`() async throws {
        let scene = try await Scene()
        try await scene.play.founder.write(Edit("e", of: .test()), scene.play.id)
        try await scene.play.founder.execute(
            "UPDATE entry SET signature = zeroblob(64) WHERE arrival = (SELECT max(arrival) FROM entry)"
        )
        #expect(try await scene.scrubAll() == 1)
    }

    @Test(arguments: [
        "UPDATE part SET body = zeroblob(length(body)) WHERE body IS NOT NULL",
        "UPDATE part SET skeleton = zeroblob(length(skeleton)) WHERE body IS NOT NULL",
        "DELETE FROM part WHERE body IS NOT NULL",
        "UPDATE entry SET header = zeroblob(length(header)) WHERE arrival = (SELECT max(arrival) FROM entry)",
        "UPDATE entry SET signature = zeroblob(64) WHERE arrival = (SELECT max(arrival) FROM entry)",
    ])
    func `what is damaged is wanted again, and well when it has come`(damage: String) async throws {
        let scene = try await Scene()
        let founder = scene.play.founder
        try await founder.execute(damage)
        let found = try await scene.scrubAll(at: scene.days(8))
        #expect(found > 0)
        let wanted = try await scene.store.read {
            try $0.wanted(in: CompartmentID(scene.play.id, .clinical))
        }
        #expect(wanted.count == found)
        // Bytes that are wrong too do not mend it.
        let spoiled = scene.entries.map { $0.with(signature: Data(count: 64)) }
        for entry in spoiled { _ = try await founder.ingest([entry], scene.play.id) }
        #expect(try await scene.store.read { try $0.damagedEntries() } == found)
        let result = try await founder.ingest(scene.entries, scene.play.id)
        #expect(result.mended == found && result.stored == 0 && result.refusal == nil)
        #expect(try await scene.store.read { try $0.damagedEntries() } == 0)
        #expect(try await scene.store.read { try $0.problemsOfLog() }.isEmpty)
        #expect(try await scene.store.replay(keeping: false).differences.isEmpty)
    }
}
