import Foundation
import KithModel
import KithProtocol
import KithTrust
import Testing

@testable import KithStore

// Invariants Convergence and Prefix: whatever the order and the batches, the same entries give the
// same frontier and state, which is the one that the rule of the spec gives.
@Suite struct ConvergenceTests {
    private static let compartments: [Compartment] = [.relations, .clinical]

    /// One step of a history: somebody writes, or pulls from somebody.
    private func step(
        _ play: TestPartnership, sites: [TestSite], _ random: inout SplitMix
    ) async throws {
        let index = Int.random(in: 0..<sites.count, using: &random)
        let site = sites[index]
        if Int.random(in: 0..<3, using: &random) == 0 {
            let other = (index + Int.random(in: 1..<sites.count, using: &random)) % sites.count
            return try await site.pull(from: sites[other], play.id)
        }
        var edits: [Edit] = []
        for _ in 0...Int.random(in: 0...1, using: &random) {
            let number = UInt8.random(in: 1...3, using: &random)
            let record =
                Bool.random(using: &random)
                ? RecordID.test(number) : RecordID(singleton: "cpr", of: .test(number))
            let field: UInt32 = [10, 11, FieldNumber.parent].randomElement(using: &random) ?? 10
            var edit = Edit("value \(UInt16.random(in: 0...3, using: &random))", of: record)
            edit.field = field
            if field == FieldNumber.parent { edit.value = .reference(.test(number)) }
            // What a person saw is often all of it, sometimes only a part.
            for seen in try await site.candidates(of: record, field: field)
            where Int.random(in: 0..<4, using: &random) > 0 {
                edit.seen.append(seen)
            }
            edits.append(edit)
        }
        let classes: [EntryClass] =
            index == 0 ? [.comment, .record, .decision] : [.comment, .record]
        try await site.write(
            edits, play.id, class: classes.randomElement(using: &random) ?? .record,
            in: Self.compartments.randomElement(using: &random) ?? .clinical)
    }

    /// The parent shown of every record: not in the digest, but a rule of rank like any shown value.
    private func shownParents(at site: TestSite) async throws -> [String] {
        try await site.store.read { transaction in
            try transaction.records(RecordSelection()).map {
                "\($0.compartment) \($0.id) under \($0.parent?.description ?? "none")"
            }.sorted()
        }
    }

    @Test(arguments: 1...8) func `every causal order and every batching gives what the rule says`(
        seed: Int
    ) async throws {
        var random = SplitMix(seed: seed)
        let writers = 2 + seed % 2
        let play = try await TestPartnership(
            admitting: Array(repeating: TestPartnership.contributor, count: writers - 1))
        for _ in 0..<24 { try await step(play, sites: play.sites, &random) }
        // Admitted last, the reader may be handed the keys after the records, in some orders.
        let reader = try TestSite()
        try await play.founder.admit(reader.profile, TestPartnership.contributor, to: play.id)
        try await play.settle()
        let expected = try await play.founder.digests(play.id)
        for site in play.sites {
            #expect(try await site.digests(play.id) == expected, "seed \(seed)")
            try await site.expectReplayEqual("seed \(seed)")
        }
        let entries = try await play.founder.entries(play.id)
        let secrets = try await play.founder.secrets()
        for compartment in Self.compartments {
            #expect(
                try Oracle(entries, compartment, secrets: secrets).digest()
                    == expected[compartment.rawValue - 1][1], "seed \(seed), \(compartment.name)")
        }
        let parents = try await shownParents(at: play.founder)
        let order = try CausalOrder(entries)
        for round in 1...25 {
            let copy = try await reader.copy(withLog: false)
            try await copy.join(play.id, through: play.founder.id)
            for batch in order.batches(using: &random) {
                let result = try await copy.ingest(batch, play.id)
                try #require(result.refusal == nil && result.stored == batch.count)
            }
            #expect(try await copy.digests(play.id) == expected, "seed \(seed), order \(round)")
            #expect(try await shownParents(at: copy) == parents, "seed \(seed), order \(round)")
            #expect(try await copy.waiting().isEmpty, "seed \(seed), order \(round)")
            if round == 1 { try await copy.expectReplayEqual("seed \(seed)") }
        }
    }

    @Test func `an entry's depth is one more than the greatest that its header builds on`()
        async throws
    {
        var random = SplitMix(seed: 99)
        let play = try await TestPartnership()
        for _ in 0..<20 { try await step(play, sites: play.sites, &random) }
        try await play.settle()
        var depths: [EntryHash: Int] = [:]
        for entry in try await play.sites[1].entries(play.id) {
            let parsed = try ParsedEntry(entry)
            let needs = parsed.header.knows.map(\.hash) + [parsed.header.previous].compactMap { $0 }
            depths[parsed.hash] = 1 + (needs.compactMap { depths[$0] }.max() ?? 0)
        }
        let expected = depths
        for site in play.sites {
            let stored = try await site.store.read { transaction in
                try expected.keys.map { ($0, try transaction.place(of: $0)?.depth) }
            }
            for (hash, depth) in stored { #expect(depth.map(Int.init) == expected[hash]) }
        }
    }
}
