import KithModel
import KithProtocol
import KithTrust
import Testing

@testable import KithStore

// What erased a body goes along with each entry that lacks it, without what its author wrote after it: so
// nobody vouches for an erasure but its own signature.
@Suite struct ErasureSignatureTests {
    private struct Scene: Sendable {
        let play: TestPartnership
        /// What is erased, the erasure, and what its author wrote after it, as the founder has them.
        let entries: [ReceivedEntry]
        let arrivals: [Int64]

        init() async throws {
            let play = try await TestPartnership()
            self.play = play
            let id = CompartmentID(play.id, .clinical)
            let erased = try await play.founder.write(Edit("a", of: .test()), play.id)
            try await play.sites[1].pull(from: play.founder, play.id)
            try await play.founder.store.write {
                try $0.erase([PartID(entry: erased.entry, part: 0)], in: id, now: TestSite.now)
            }
            try await play.founder.write(Edit("b", of: .test(2)), play.id)
            entries = try await play.founder.entries(play.id, in: [.clinical])
            arrivals = try await play.founder.store.read { try $0.missing(from: [], in: id) }
            try #require(entries.count == 3 && arrivals.count == 3)
        }

        func batch(_ arrivals: ArraySlice<Int64>) async throws -> [ReceivedEntry] {
            try await play.founder.store.read {
                try $0.batch(of: arrivals, maximumBytes: .max).entries
            }
        }
    }

    @Test func `one that a forwarder spoiled is refused, though its author continued it`()
        async throws
    {
        let scene = try await Scene()
        let member = scene.play.sites[1]
        let spoiled = scene.entries[1].with(signature: scene.entries[1].signature.flipped(at: 9))
        let result = try await member.ingest([spoiled, scene.entries[2]], scene.play.id)
        #expect(result.stored == 0 && result.refusal?.contains("signature") == true)
        let again = try await member.ingest(Array(scene.entries.dropFirst()), scene.play.id)
        #expect(again.stored == 2 && again.refusal == nil)
    }

    @Test func `one that is spoiled on the disk is not sent, nor what only it explains`()
        async throws
    {
        let scene = try await Scene()
        #expect(try await scene.batch(scene.arrivals[...]).count == 3)
        try await scene.play.founder.execute(
            "UPDATE entry SET signature = zeroblob(64) WHERE arrival = \(scene.arrivals[1])")
        for arrivals in [scene.arrivals[...], scene.arrivals[1...]] {
            let error = try await #require(throws: StoreError.self) {
                _ = try await scene.batch(arrivals)
            }
            #expect(error.description.contains("entry \(scene.arrivals[1]) of the log is damaged"))
        }
        // What stands before it is sent, and what stands behind it where it is not needed.
        let order = [scene.arrivals[2], scene.arrivals[1]]
        #expect(try await scene.batch(order[...]).map(\.header) == [scene.entries[2].header])
    }
}
