import Foundation
import KithModel
import KithProtocol
import Testing

@testable import KithStore

@Suite struct LogReadingTests {
    @Test func `samples stand at growing distances from the end, and at the beginning`()
        async throws
    {
        let play = try await TestPartnership(admitting: [])
        for number in 1...10 {
            try await play.founder.write(Edit("\(number)", of: .test()), play.id)
        }
        let leaf = try #require(try await play.founder.frontier(play.id).first)
        let samples = try await play.founder.store.read {
            try $0.samples(of: leaf.feed, in: CompartmentID(play.id, .clinical))
        }
        #expect(samples.map(\.sequence).sorted() == [1, 2, 6, 8, 9])
        let entries = try await play.founder.entries(play.id, in: [.clinical])
        for sample in samples {
            #expect(try entries[Int(sample.sequence) - 1].position == sample)
        }
    }

    @Test func `what is missing is exactly what does not lie before the leaves`() async throws {
        let play = try await TestPartnership()
        let (founder, member) = (play.founder, play.sites[1])
        for _ in 1...3 {
            try await founder.write(Edit("a", of: .test()), play.id)
            try await member.write(Edit("b", of: .test()), play.id)
        }
        try await founder.pull(from: member, play.id)
        let entries = try await founder.entries(play.id, in: [.clinical])
        for entry in entries {
            let position = try entry.position
            let missing = try await founder.entries(
                play.id, in: [.clinical], knowing: [.clinical: [position]])
            let expected = try entries.map { try $0.position }.filter {
                $0.feed != position.feed || $0.sequence > position.sequence
            }
            #expect(try missing.map { try $0.position } == expected)
        }
    }

    @Test func `a batch holds what fits, in order, and at least one entry`() async throws {
        let play = try await TestPartnership(admitting: [])
        for _ in 1...4 { try await play.founder.write(Edit("a", of: .test()), play.id) }
        let sizes = try await play.founder.entries(play.id).map(\.byteCount)
        for maximum in [0, sizes[0], sizes[0] + sizes[1], sizes[0] + sizes[1] - 1, .max] {
            let count = try await play.founder.store.read { transaction in
                let arrivals = (1...(try transaction.version())).map { $0 }
                return try transaction.batch(of: arrivals[...], maximumBytes: maximum).entries.count
            }
            let fitting = sizes.indices.prefix {
                sizes.prefix($0 + 1).reduce(0, +) <= maximum
            }.count
            #expect(count == max(1, fitting))
        }
    }
}
