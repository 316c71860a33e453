import Foundation
import KithModel
import KithProtocol
import KithTestSupport
import Testing

@Suite struct FrontierDigestTests {
    @Test func `the order in which leaves are given does not matter`() {
        for seed in UInt64(0)..<50 {
            var generator = SeededGenerator(seed: seed)
            let leaves = (0..<8).map { _ in generator.position() }
            let digest = FrontierDigest.digest(of: leaves)
            for _ in 0..<5 {
                let shuffled = leaves.shuffled(using: &generator)
                #expect(FrontierDigest.digest(of: shuffled) == digest, "seed \(seed)")
            }
            #expect(FrontierDigest.digest(of: leaves.dropLast()) != digest)
        }
    }

    @Test func `every part of a leaf counts, but the compartment does not`() {
        var generator = SeededGenerator(seed: 1)
        let (leaf, other) = (generator.position(), generator.position())
        func digest(
            author: SiteID? = nil, incarnation: UInt64? = nil, sequence: UInt64? = nil,
            hash: EntryHash? = nil, compartment: Compartment = .clinical
        ) -> Data {
            let feed = FeedID(
                author: author ?? leaf.feed.author,
                incarnation: incarnation ?? leaf.feed.incarnation, compartment: compartment)
            return FrontierDigest.digest(of: [
                Position(
                    feed: feed, sequence: sequence ?? leaf.sequence, hash: hash ?? leaf.hash)
            ])
        }
        let all = [
            digest(), digest(author: other.feed.author), digest(incarnation: .max),
            digest(sequence: .max), digest(hash: other.hash),
        ]
        #expect(Set(all).count == all.count)
        #expect(digest(compartment: .membership) == digest())
    }
}
