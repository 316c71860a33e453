import Crypto
import Foundation
import KithModel
import KithProtocol
import KithTrust
import Testing

@testable import KithStore

@Suite struct IngestingTests {
    /// A founder that holds the first entry of a member's feed, and what that member may send next.
    private struct Scene: Sendable {
        let play: TestPartnership
        let liar: Forger
        let first: ReceivedEntry
        let second: ReceivedEntry
        let third: ReceivedEntry
        /// Two entries of another feed of the same author, both held.
        let others: [ReceivedEntry]

        init() async throws {
            play = try await TestPartnership()
            liar = try await Forger(play.sites[1], play.id)
            let knows = try await play.founder.frontier(play.id, .membership)
            var other = liar
            other.incarnation = 8
            let before = try other.entry([Edit("x", of: .test(9))], knows: knows)
            others = [
                before, try other.entry([Edit("y", of: .test(9))], after: before, knows: []),
            ]
            first = try liar.entry([Edit("a", of: .test())], knows: knows)
            second = try liar.entry([Edit("b", of: .test())], after: first, knows: [])
            third = try liar.entry([Edit("c", of: .test())], after: second, knows: [])
            let result = try await play.founder.ingest(others + [first], play.id)
            try #require(result.stored == 3)
        }

        /// A next entry with a header that something was done to.
        func next(
            after previous: ReceivedEntry? = nil, _ change: (inout EntryHeader) throws -> Void
        ) throws -> ReceivedEntry {
            var header = try liar.header(after: previous ?? first, knows: [])
            try change(&header)
            return try liar.sign(
                header,
                [
                    Forger.Plain(
                        skeleton: Edit("b", of: .test()).skeleton.encoded(),
                        body: PartBody(values: [.text("b")], reason: "").encoded())
                ])
        }

        /// A position like this one but for what was done to it.
        func position(
            _ entry: ReceivedEntry, incarnation: UInt64? = nil, author: SiteID? = nil,
            compartment: Compartment? = nil, sequence: UInt64? = nil
        ) throws -> Position {
            let honest = try entry.position
            return Position(
                feed: FeedID(
                    author: author ?? honest.feed.author,
                    incarnation: incarnation ?? honest.feed.incarnation,
                    compartment: compartment ?? honest.feed.compartment),
                sequence: sequence ?? honest.sequence, hash: honest.hash)
        }

        /// An entry after one that already knows the newer of the others.
        func informed(_ knows: [ReceivedEntry]) async throws -> ReceivedEntry {
            let second = try liar.entry(
                [Edit("b", of: .test())], after: first, knows: [try others[1].position])
            try #require(try await play.founder.ingest([second], play.id).stored == 1)
            return try next(after: second) { $0.knows = try knows.map { try $0.position } }
        }
    }

    /// A signature with the same meaning whose s is in the upper half.
    private static func highS(_ entry: ReceivedEntry, _ key: SiteKey) throws -> Data {
        let message =
            Data("kith entry v1".utf8) + [0] + EntryHash(header: entry.header).bytes
        for _ in 0..<100 {
            let signature = try key.privateKey.signature(for: message).rawRepresentation
            if signature[signature.startIndex + 32] >= 0x80 { return signature }
        }
        throw StoreError(.other, "a hundred signatures were all low")
    }

    private static let invalid: [(String, @Sendable (Scene) async throws -> ReceivedEntry)] = [
        ("spoiled signature", { $0.second.with(signature: $0.second.signature.flipped(at: 40)) }),
        ("short signature", { $0.second.with(signature: $0.second.signature.dropLast()) }),
        ("no signature", { $0.second.with(signature: Data()) }),
        ("high signature", { $0.second.with(signature: try highS($0.second, $0.liar.key)) }),
        ("spoiled header", { $0.second.with(header: $0.second.header.flipped(at: 30)) }),
        ("garbage for a header", { $0.second.with(header: Data([0xFF])) }),
        ("large header", { $0.second.with(header: Data(count: Limits.headerBytes + 1)) }),
        (
            "spoiled skeleton",
            {
                var part = $0.second.parts[0]
                part.skeleton = part.skeleton.flipped(at: 5)
                return $0.second.with(parts: [part])
            }
        ),
        (
            "spoiled body",
            {
                var part = $0.second.parts[0]
                part.body = part.body?.flipped(at: 5)
                return $0.second.with(parts: [part])
            }
        ),
        (
            "no body",
            { $0.second.with(parts: [Part(skeleton: $0.second.parts[0].skeleton, body: nil)]) }
        ),
        ("no parts", { $0.second.with(parts: []) }),
        ("a part too many", { $0.second.with(parts: $0.second.parts + $0.second.parts) }),
        ("gap", { $0.third }),
        (
            "unheld known entry",
            { scene in
                try scene.next { $0.knows = [try scene.position(scene.third, incarnation: 9)] }
            }
        ),
        ("known twice", { try await $0.informed([$0.others[1]]) }),
        ("known goes back", { try await $0.informed([$0.others[0]]) }),
        (
            "older and newer known at once",
            { scene in try scene.next { $0.knows = try scene.others.map { try $0.position } } }
        ),
        (
            "newer and older known at once",
            { scene in
                try scene.next { $0.knows = try scene.others.reversed().map { try $0.position } }
            }
        ),
        (
            "own feed known",
            { scene in try scene.next { $0.knows = [try scene.first.position] } }
        ),
        (
            "known under another sequence",
            { scene in
                try scene.next { $0.knows = [try scene.position(scene.others[0], sequence: 2)] }
            }
        ),
        (
            "known under a huge sequence",
            { scene in
                try scene.next { $0.knows = [try scene.position(scene.others[0], sequence: .max)] }
            }
        ),
        (
            "known under another author",
            { scene in
                let founder = scene.play.founder.id
                return try scene.next {
                    $0.knows = [try scene.position(scene.others[0], author: founder)]
                }
            }
        ),
        (
            "known under another incarnation",
            { scene in
                try scene.next { $0.knows = [try scene.position(scene.others[0], incarnation: 9)] }
            }
        ),
        (
            "known under another compartment",
            { scene in
                try scene.next {
                    $0.knows = [try scene.position(scene.others[0], compartment: .membership)]
                }
            }
        ),
        ("sequence 0", { try $0.next { $0.sequence = 0 } }),
        ("sequence 1 after another", { try $0.next { $0.sequence = 1 } }),
        ("skipped sequence", { try $0.next { $0.sequence = 3 } }),
        ("greatest sequence", { try $0.next { $0.sequence = Limits.sequence } }),
        ("huge sequence", { try $0.next { $0.sequence = .max } }),
        ("no previous", { try $0.next { $0.previous = nil } }),
        (
            "previous of another feed",
            { scene in
                try scene.next { $0.previous = EntryHash(header: scene.others[0].header) }
            }
        ),
        (
            "incarnation 0",
            { scene in
                try scene.next {
                    $0.feed = FeedID(
                        author: scene.liar.key.siteID, incarnation: 0, compartment: .clinical)
                }
            }
        ),
        ("newer version", { try $0.next { $0.version = 2 } }),
        ("class of membership", { try $0.next { $0.entryClass = .membership } }),
        (
            "unknown author",
            { scene in
                var stranger = scene.liar
                stranger.key = SiteKey()
                return try stranger.entry([Edit("b", of: .test())], knows: [])
            }
        ),
        (
            "other author's name",
            { scene in
                var thief = scene.liar
                thief.key = scene.play.founder.keys.identity
                let entry = try thief.entry([Edit("b", of: .test())], knows: [])
                return entry.with(
                    signature: try EntrySignature.sign(
                        EntryHash(header: entry.header), with: scene.liar.key.privateKey,
                        SystemCryptography()))
            }
        ),
        (
            "compartment that was not agreed",
            { scene in
                try await Forger(scene.play.sites[1], scene.play.id, compartment: .personal)
                    .entry([Edit("b", of: .test())], knows: [])
            }
        ),
        (
            "another partnership",
            { scene in
                try scene.next {
                    $0.partnership = PartnershipID(founder: scene.play.founder.id, nonce: [1])
                }
            }
        ),
    ]

    @Test(arguments: invalid.map(\.0)) func `an entry that is not valid leaves nothing behind`(
        fault: String
    ) async throws {
        let scene = try await Scene()
        let make = try #require(Self.invalid.first { $0.0 == fault }).1
        let entry = try await make(scene)
        let before = try await scene.play.founder.rows()
        let result = try await scene.play.founder.ingest(
            [entry], scene.play.id, allowed: [.membership, .clinical])
        #expect(result.refusal != nil)
        #expect(result.stored == 0 && result.known == 0)
        #expect(try await scene.play.founder.rows() == before)
        #expect(try await scene.play.founder.store.read { try $0.problemsOfLog() }.isEmpty)
    }

    @Test func `whatever bit of an entry is flipped on its way, it is refused and nothing stays`()
        async throws
    {
        let scene = try await Scene()
        let (entry, part) = (scene.second, scene.second.parts[0])
        func flips(
            of bytes: Data, _ put: (Data) -> ReceivedEntry
        ) -> [(String, ReceivedEntry)] {
            (0..<bytes.count * 8).map { bit in
                var flipped = bytes
                flipped[flipped.startIndex + bit / 8] ^= 1 << (bit % 8)
                return ("bit \(bit) of \(bytes.count) bytes", put(flipped))
            }
        }
        let all =
            flips(of: entry.header) { entry.with(header: $0) }
            + flips(of: entry.signature) { entry.with(signature: $0) }
            + flips(of: part.skeleton) {
                entry.with(parts: [Part(skeleton: $0, body: part.body)])
            }
            + flips(of: try #require(part.body)) {
                entry.with(parts: [Part(skeleton: part.skeleton, body: $0)])
            }
        let before = try await scene.play.founder.rows()
        for (name, flipped) in all {
            let result = try await scene.play.founder.ingest([flipped], scene.play.id)
            #expect(result.refusal != nil && result.stored + result.known == 0, "\(name)")
        }
        #expect(try await scene.play.founder.rows() == before)
        // As it was signed it is as welcome as ever.
        #expect(try await scene.play.founder.ingest([entry], scene.play.id).stored == 1)
    }

    @Test func `an entry is good in the partnership that it was signed in, and in no other`()
        async throws
    {
        let scene = try await Scene()
        let (founder, member) = (scene.play.founder, scene.play.sites[1])
        let other = try await founder.store.write {
            try $0.found(
                name: "Other", purpose: "care", profile: founder.profile, isPrivate: false,
                now: TestSite.now)
        }
        // The author is a member of both, and could have written it there.
        try await founder.admit(member.profile, TestPartnership.contributor, to: other)
        let before = try await founder.rows()
        let result = try await founder.ingest([scene.second], other)
        #expect(result.refusal != nil && result.stored + result.known == 0)
        #expect(try await founder.rows() == before)
        #expect(try await founder.ingest([scene.second], scene.play.id).stored == 1)
    }

    @Test func `a replay of all that was ever sent stores nothing, however often it comes`()
        async throws
    {
        let scene = try await Scene()
        let all = scene.others + [scene.first, scene.second, scene.third]
        _ = try await scene.play.founder.ingest(all, scene.play.id)
        let before = try await scene.play.founder.rows()
        for round in 1...200 {
            let result = try await scene.play.founder.ingest(all, scene.play.id)
            #expect(
                result.known == all.count && result.stored == 0 && result.refusal == nil,
                "round \(round)")
        }
        #expect(try await scene.play.founder.rows() == before)
    }

    @Test func `what came before the first entry that is not valid stays`() async throws {
        let scene = try await Scene()
        let spoiled = scene.third.with(signature: scene.third.signature.flipped(at: 9))
        let result = try await scene.play.founder.ingest(
            [scene.first, scene.second, spoiled], scene.play.id)
        #expect(result.known == 1 && result.stored == 1 && result.refusal != nil)
        // The same bytes from somebody who did not spoil them.
        let again = try await scene.play.founder.ingest([scene.second, scene.third], scene.play.id)
        #expect(again.known == 1 && again.stored == 1 && again.refusal == nil)
    }

    @Test func `an entry whose signature was spoiled stands when its author continued it`()
        async throws
    {
        let scene = try await Scene()
        let spoiled = scene.third.with(signature: scene.third.signature.flipped(at: 9))
        let fourth = try scene.liar.entry([Edit("d", of: .test())], after: scene.third, knows: [])
        let result = try await scene.play.founder.ingest(
            [scene.second, spoiled, fourth], scene.play.id)
        #expect(result.stored == 3 && result.refusal == nil)
        // Nothing is sent on that ends with it: whoever receives it could not tell.
        let hash = try scene.third.position.hash
        for limit in [1, scene.second.byteCount + scene.third.byteCount, .max] {
            let batch = try await scene.play.founder.store.read { transaction in
                let arrivals = try [scene.second, spoiled, fourth].map {
                    try #require(try transaction.place(of: $0.position.hash)).arrival
                }
                return try transaction.batch(of: arrivals[...], maximumBytes: limit).entries
            }
            #expect(try !batch.isEmpty && batch.last?.position.hash != hash)
        }
    }

    @Test func `an author whom a batch makes known vouches in it for what was spoiled`()
        async throws
    {
        let play = try await TestPartnership()
        let member = play.sites[1]
        for _ in 0..<2 {
            _ = try await member.store.write {
                try $0.author(.describe(member.profile), of: play.id, now: TestSite.now)
            }
        }
        let entries = try await member.entries(play.id, in: [.membership])
        let own = try entries.indices.filter {
            try ParsedEntry(entries[$0]).header.feed.author == member.id
        }
        try #require(own.count == 2)
        var spoiled = entries
        spoiled[own[0]] = entries[own[0]].with(signature: entries[own[0]].signature.flipped(at: 9))
        let newcomer = try await play.emptyCopy(of: member)
        let result = try await newcomer.ingest(spoiled, play.id)
        #expect(result.stored == entries.count && result.refusal == nil)
        // Nobody vouches for the last.
        spoiled[own[1]] = entries[own[1]].with(signature: entries[own[1]].signature.flipped(at: 9))
        let another = try await play.emptyCopy(of: member)
        let refused = try await another.ingest(spoiled, play.id)
        #expect(refused.stored == own[0] && refused.refusal?.contains("signature") == true)
    }

    @Test func `what comes before the act that makes its author known is refused`() async throws {
        let play = try await TestPartnership()
        let member = play.sites[1]
        let forger = try await Forger(member, play.id, compartment: .membership)
        let early = try forger.entry(.describe(member.profile), knows: [])
        let entries = try await play.founder.entries(play.id, in: [.membership])
        let newcomer = try await play.emptyCopy(of: member)
        let result = try await newcomer.ingest([entries[0], early] + entries.dropFirst(), play.id)
        #expect(result.stored == 1 && result.refusal?.contains("unknownAuthor") == true)
        #expect(try await newcomer.ingest(entries + [early], play.id).refusal == nil)
    }

    @Test func `nobody vouches for what is said to be of another's feed`() async throws {
        let scene = try await Scene()
        var forged = scene.liar
        let founder = scene.play.founder
        try await founder.write(Edit("own", of: .test(9)), scene.play.id)
        let leaf = try #require(
            try await founder.store.read {
                try $0.frontier(CompartmentID(scene.play.id, .clinical))
            }
            .first { $0.feed.author == founder.id })
        // In the founder's name, in its feed or a new one, and then an entry of the liar's own upon it.
        for incarnation in [leaf.feed.incarnation, 99] {
            forged.incarnation = incarnation
            var header = try forged.header(knows: [])
            header.feed = FeedID(
                author: founder.id, incarnation: incarnation, compartment: .clinical)
            if incarnation == leaf.feed.incarnation {
                header.sequence = leaf.sequence + 1
                header.previous = leaf.hash
            }
            let claim = try forged.sign(header, sealed: [])
            let upon = try scene.liar.header(after: claim, knows: [])
            let voucher = try scene.liar.sign(upon, sealed: [])
            let before = try await founder.rows()
            let result = try await founder.ingest([claim, voucher], scene.play.id)
            #expect(result.stored == 0 && result.refusal?.contains("signature") == true)
            #expect(try await founder.rows() == before)
        }
    }

    @Test func `an entry that comes twice in a batch counts once`() async throws {
        let scene = try await Scene()
        let result = try await scene.play.founder.ingest(
            [scene.second, scene.second], scene.play.id)
        #expect(result.stored == 1 && result.known == 1 && result.refusal == nil)
    }
}
