import Foundation
import KithModel
import KithProtocol
import KithTestSupport
import KithTrust
import Testing

@testable import KithStore

// Invariants Convergence and Prefix: whatever the order and the batches, the same entries give the
// same frontier and state, which is the one that the rule of the spec gives.
@Suite struct ConvergenceTests {
    private static let compartments: [Compartment] = [.relations, .clinical]

    /// One step of a history: somebody writes, or pulls from somebody.
    private static func step(
        _ play: TestPartnership, sites: [TestSite], _ random: inout SeededGenerator
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
            in: compartments.randomElement(using: &random) ?? .clinical)
    }

    /// The parent shown of every record: not in the digest, but a rule of rank like any shown value.
    private static func shownParents(at site: TestSite) async throws -> [String] {
        try await site.store.read { transaction in
            try transaction.records(RecordSelection()).map {
                "\($0.compartment) \($0.id) under \($0.parent?.description ?? "none")"
            }.sorted()
        }
    }

    /// Orders in which each history is delivered; `KITH_ORDERS` says how many in the place of 25.
    private static let orders =
        ProcessInfo.processInfo.environment["KITH_ORDERS"].flatMap { Int($0) } ?? 25

    /// A history, each step of which is drawn from a seed of its own, so that the others stay what they
    /// are when one is left out.
    @Test(arguments: [2, 3]) func `every causal order and every batching gives what the rule says`(
        writers: Int
    ) async {
        let law = Law<UInt64>(
            ofLength: 24...24, step: { $0.next() },
            problem: { try await Self.problem(after: $0, writers: writers) })
        let counterexample = await law.counterexample(cases: 4, seed: UInt64(writers * 100))
        #expect(counterexample == nil, "\(counterexample?.description ?? "")")
    }

    private static func problem(after steps: [UInt64], writers: Int) async throws -> String? {
        let play = try await TestPartnership(
            admitting: Array(repeating: TestPartnership.contributor, count: writers - 1))
        for seed in steps {
            var random = SeededGenerator(seed: seed)
            try await step(play, sites: play.sites, &random)
        }
        // Admitted last, the reader may be handed the keys after the records, in some orders.
        let reader = try TestSite()
        try await play.founder.admit(reader.profile, TestPartnership.contributor, to: play.id)
        try await play.settle()
        let expected = try await play.founder.digests(play.id)
        for (number, site) in play.sites.enumerated() {
            guard try await site.digests(play.id) == expected else {
                return "site \(number) differs"
            }
            try await site.expectReplayEqual("site \(number)")
        }
        let entries = try await play.founder.entries(play.id)
        let secrets = try await play.founder.secrets()
        for compartment in compartments {
            let oracle = try Oracle(entries, compartment, secrets: secrets).digest()
            guard oracle == expected[compartment.rawValue - 1][1] else {
                return "\(compartment.name) is not as the rule says"
            }
        }
        let parents = try await shownParents(at: play.founder)
        let order = try CausalOrder(entries)
        var random = SeededGenerator(seed: UInt64(steps.count))
        for round in 1...orders {
            let copy = try await play.emptyCopy(of: reader)
            try await copy.take(order.batches(using: &random), play.id)
            guard try await copy.digests(play.id) == expected else {
                return "order \(round) gives another state"
            }
            guard try await shownParents(at: copy) == parents else {
                return "order \(round) shows other parents"
            }
            guard try await copy.waiting().isEmpty else { return "order \(round) waits" }
            if round == 1 { try await copy.expectReplayEqual("order \(round)") }
        }
        return nil
    }

    @Test func `an entry's depth is one more than the greatest that its header builds on`()
        async throws
    {
        var random = SeededGenerator(seed: 99)
        let play = try await TestPartnership()
        for _ in 0..<20 { try await Self.step(play, sites: play.sites, &random) }
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
