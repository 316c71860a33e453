import Foundation
import KithModel
import KithProtocol
import KithTestSupport
import KithTrust
import Testing

@testable import KithStore

// A feed with two entries of one sequence: concurrency, marked, and nothing is lost (D21).
@Suite struct ForkTests {
    /// A founder, a site that was copied, and its copy, both of which went on by themselves.
    private struct Scene: Sendable {
        let play: TestPartnership
        let original: TestSite
        let copy: TestSite
        let left: [OperationID]
        let right: [OperationID]

        init(withCommonEntry: Bool = true) async throws {
            play = try await TestPartnership()
            original = play.sites[1]
            // The incarnation is drawn at the first entry, so that this is what makes them alike.
            try await original.write(
                Edit("common", of: .test(3)), play.id, in: withCommonEntry ? .clinical : .relations)
            copy = try await original.copy()
            left = [
                try await original.write(Edit("left 1", of: .test()), play.id),
                try await original.write(Edit("left 2", of: .test(2)), play.id),
            ]
            right = [
                try await copy.write(Edit("right 1", of: .test()), play.id),
                try await copy.write(Edit("right 2", of: .test(2)), play.id),
                try await copy.write(Edit("right 3", of: .test(3)), play.id),
            ]
        }
    }

    @Test(arguments: [true, false])
    func `both branches are stored, applied and named as leaves, in either order`(
        withCommonEntry: Bool
    ) async throws {
        let scene = try await Scene(withCommonEntry: withCommonEntry)
        let (play, founder) = (scene.play, scene.play.founder)
        let third = try await play.emptyCopy(of: founder)
        for other in [founder, scene.original, scene.copy] {
            try await third.pull(from: other, play.id)
        }
        for other in [scene.copy, scene.original] {
            try await founder.pull(from: other, play.id)
        }
        for site in [founder, third] {
            #expect(try await site.frontier(play.id).count == 2)
            #expect(try await site.candidates() == [scene.left[0], scene.right[0]].sorted())
            #expect(
                try await site.candidates(of: .test(2)) == [scene.left[1], scene.right[1]].sorted())
            #expect(try await site.store.read { try $0.problemsOfLog() }.isEmpty)
            try await site.expectReplayEqual()
        }
        #expect(try await founder.digests(play.id) == third.digests(play.id))
    }

    @Test func `a site that holds one branch learns the other, and nothing twice`() async throws {
        let scene = try await Scene()
        let (id, original, copy) = (scene.play.id, scene.original, scene.copy)
        let known = try await copy.store.read { transaction in
            let compartment = CompartmentID(id, .clinical)
            let leaves = try transaction.frontier(compartment)
            return try leaves
                + leaves.flatMap { try transaction.samples(of: $0.feed, in: compartment) }
        }
        let missing = try await original.entries(id, in: [.clinical], knowing: [.clinical: known])
        #expect(missing.map { EntryHash(header: $0.header) } == scene.left.map(\.entry))
        try await original.pull(from: copy, id)
        try await copy.pull(from: original, id)
        #expect(try await original.digests(id) == copy.digests(id))
        #expect(try await original.frontier(id).count == 2)
        for site in [original, copy] {
            try await site.expectReplayEqual()
            let all = try await site.entries(id, in: [.clinical], knowing: [.clinical: known])
            #expect(all.count == 2)
            let rest = try await site.entries(
                id, in: [.clinical], knowing: [.clinical: try await site.frontier(id)])
            #expect(rest.isEmpty)
        }
    }

    @Test func `either branch goes on, and a site that saw both settles what they said`()
        async throws
    {
        let scene = try await Scene()
        let (play, founder) = (scene.play, scene.play.founder)
        for other in [scene.original, scene.copy] { try await founder.pull(from: other, play.id) }
        let seen = try await founder.candidates()
        let settled = try await founder.write(Edit("settled", of: .test(), seen: seen), play.id)
        #expect(try await founder.candidates() == [settled])
        // Neither branch has heard of the other yet.
        let leftmost = try await scene.original.write(
            Edit("left 3", of: .test(2), seen: [scene.left[1]]), play.id)
        let rightmost = try await scene.copy.write(
            Edit("right 4", of: .test(2), seen: [scene.right[1]]), play.id)
        let everyone = [founder, scene.original, scene.copy]
        try await play.settle(everyone)
        for site in everyone {
            #expect(try await site.candidates() == [settled])
            #expect(try await site.candidates(of: .test(2)) == [leftmost, rightmost].sorted())
            #expect(try await site.digests(play.id) == founder.digests(play.id))
            try await site.expectReplayEqual()
        }
    }

    @Test func `a copied site that meets its other branch goes on in a new incarnation`()
        async throws
    {
        let scene = try await Scene()
        let (play, everyone) = (scene.play, [scene.play.founder, scene.original, scene.copy])
        // Only the left branch knew of this before the branches met.
        let known = try await play.founder.write(Edit("founder", of: .test(2)), play.id)
        try await scene.original.pull(from: play.founder, play.id)
        try await scene.original.pull(from: scene.copy, play.id)
        let before = Set(try await scene.original.frontier(play.id).map(\.feed))

        let seen = try await scene.original.candidates(of: .test(2))
        #expect(seen.contains(known) && seen.count == 3)
        let settled = try await scene.original.write(
            Edit("settled", of: .test(2), seen: seen), play.id)
        try await play.settle(everyone)
        let fresh = Set(try await scene.original.frontier(play.id).map(\.feed)).subtracting(before)
        #expect(fresh.count == 1 && fresh.first?.author == scene.original.id)
        let other = try await scene.copy.write(Edit("again", of: .test(9)), play.id)
        try await play.settle(everyone)
        for site in everyone {
            #expect(try await site.candidates(of: .test(2)) == [settled])
            #expect(try await site.candidates(of: .test(9)) == [other])
            #expect(try await site.digests(play.id) == play.founder.digests(play.id))
            // The fork stays as it was: nobody wrote to either branch again.
            #expect(
                try await site.frontier(play.id).filter { before.contains($0.feed) }.count
                    == before.count + 1)
        }
    }

    @Test func `a site whose own entries come back from peers names what they had not`()
        async throws
    {
        let play = try await TestPartnership()
        let site = play.sites[1]
        try await site.write(Edit("first", of: .test(3)), play.id)
        let restored = try await site.copy()
        try await site.write(Edit("second", of: .test(3)), play.id)
        // The restored site hears of this before it hears of its own later entry.
        let foreign = try await play.founder.write(Edit("foreign", of: .test()), play.id)
        try await restored.pull(from: play.founder, play.id)
        try await restored.pull(from: site, play.id)
        let answer = try await restored.write(Edit("answer", of: .test(), seen: [foreign]), play.id)
        #expect(try await restored.candidates() == [answer])
    }

    @Test func `an entry that names a branch point after a branch is judged alike everywhere`()
        async throws
    {
        let scene = try await Scene()
        let (play, founder) = (scene.play, scene.play.founder)
        let mirror = try await play.emptyCopy(of: founder)
        try await founder.pull(from: scene.original, play.id)
        try await founder.pull(from: scene.copy, play.id)
        for other in [founder, scene.copy, scene.original] where other !== founder {
            try await mirror.pull(from: other, play.id)
        }
        let entries = try await scene.original.entries(play.id, in: [.clinical])
        var liar = try await Forger(founder, play.id)
        liar.incarnation = 99
        let first = try liar.entry(
            [Edit("x", of: .test(9))],
            knows: try await founder.frontier(play.id, .membership) + [try entries[2].position])
        let back = try liar.entry(
            [Edit("y", of: .test(9))], after: first, knows: [try entries[0].position])
        for site in [founder, mirror] {
            let result = try await site.ingest([first, back], play.id)
            #expect(result.stored == 1 && result.refusal != nil)
        }
    }

    @Test(arguments: 1...6) func `a feed that forks again and again converges in every order`(
        seed: Int
    ) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let play = try await TestPartnership()
        let membership = try await play.founder.entries(play.id)
        let knows = try await play.founder.frontier(play.id, .membership)
        let liar = try await Forger(play.sites[1], play.id)
        var witness = try await Forger(play.founder, play.id)
        witness.incarnation = 99
        var tree = [try liar.entry([Edit("root", of: .test())], knows: knows)]
        var witnessed: [ReceivedEntry] = []
        for number in 1...14 {
            // Now and then a second root; else a child of any entry of the tree.
            let parent = number == 5 ? nil : tree.randomElement(using: &random)
            let seen = tree.filter { _ in Bool.random(using: &random) }.map { $0.operation() }
            tree.append(
                try liar.entry(
                    [Edit("\(number)", of: .test(), seen: seen)], after: parent,
                    knows: parent == nil ? knows : []))
            guard number % 3 == 0, let newest = tree.last else { continue }
            // Names the newest, and what it claims to have seen is any of the tree.
            witnessed.append(
                try witness.entry(
                    [Edit("w\(number)", of: .test(), seen: tree.map { $0.operation() })],
                    after: witnessed.last,
                    knows: (witnessed.isEmpty ? knows : []) + [try newest.position]))
        }
        let order = try CausalOrder(membership + tree + witnessed)
        let expected = try Oracle(
            tree + witnessed, .clinical, secrets: try await play.founder.secrets()
        ).digest()
        var frontiers: Set<Data> = []
        for round in 1...10 {
            let site = try await play.emptyCopy(of: play.founder)
            for batch in order.batches(using: &random) {
                let result = try await site.ingest(batch, play.id)
                try #require(result.refusal == nil, "seed \(seed), order \(round)")
            }
            let digests = try await site.digests(play.id)[Compartment.clinical.rawValue - 1]
            #expect(digests[1] == expected, "seed \(seed), order \(round)")
            frontiers.insert(digests[0])
            if round == 1 {
                try await site.expectReplayEqual("seed \(seed)")
                #expect(try await site.store.read { try $0.problemsOfLog() }.isEmpty)
            }
        }
        #expect(frontiers.count == 1, "seed \(seed)")
    }
}
