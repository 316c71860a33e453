import Crypto
import Foundation
import KithModel
import KithTestSupport
import Testing

@testable import KithProtocol

@Suite struct PartSealTests {
    private let cryptography = SystemCryptography()
    private let key = SymmetricKey(data: Data(repeating: 7, count: 32))
    private let header: EntryHeader = {
        var generator = SeededGenerator(seed: 1)
        return EntryHeader(
            partnership: generator.id(),
            feed: FeedID(author: generator.id(), incarnation: 9, compartment: .clinical),
            sequence: 5, previous: generator.id(), knows: [], recorded: Instant(milliseconds: 0),
            entryClass: .record, parts: [])
    }()

    private func opens(
        _ sealed: Data, _ header: EntryHeader, part: Int = 3, half: PartSeal.Half = .body,
        key: SymmetricKey? = nil
    ) -> Bool {
        let fault = code { () throws(ProtocolFault) in
            try PartSeal(header, part: part, half: half).open(
                sealed, key: key ?? self.key, cryptography)
        }
        #expect(fault == nil || fault == .sealed)
        return fault == nil
    }

    private func sealed(_ plain: Data = Data("values".utf8)) throws -> Data {
        try PartSeal(header, part: 3, half: .body).seal(plain, key: key, cryptography)
    }

    @Test(arguments: [0, 1, 1_000, Limits.bodyBytes])
    func `what was sealed opens in its place`(count: Int) throws {
        let plain = Data(repeating: 1, count: count)
        let sealed = try sealed(plain)
        #expect(sealed.count == count + 28)
        let opened = try PartSeal(header, part: 3, half: .body).open(
            sealed, key: key, cryptography)
        #expect(opened == plain)
    }

    @Test func `nothing opens in any other place`() throws {
        let sealed = try sealed()
        #expect(opens(sealed, header))
        var generator = SeededGenerator(seed: 2)
        let feed = header.feed
        let feeds = [
            FeedID(author: generator.id(), incarnation: 9, compartment: .clinical),
            FeedID(author: feed.author, incarnation: 8, compartment: .clinical),
            FeedID(author: feed.author, incarnation: 9 << 56, compartment: .clinical),
            FeedID(author: feed.author, incarnation: 9, compartment: .restricted),
        ]
        for other in feeds {
            var header = header
            header.feed = other
            #expect(!opens(sealed, header))
        }
        for bit in 0..<64 {
            var header = header
            header.sequence ^= 1 << UInt64(bit)
            #expect(!opens(sealed, header))
        }
        for number in header.feed.author.bytes.indices {
            var bytes = feed.author.bytes
            bytes[number] ^= 1
            var header = header
            header.feed = FeedID(
                author: try #require(SiteID(bytes: bytes)), incarnation: 9,
                compartment: .clinical)
            #expect(!opens(sealed, header))
        }
        for number in header.partnership.bytes.indices {
            var bytes = header.partnership.bytes
            bytes[number] ^= 0x80
            var header = header
            header.partnership = try #require(PartnershipID(bytes: bytes))
            #expect(!opens(sealed, header))
        }
        #expect(!opens(sealed, header, half: .skeleton))
        for part in [0, 2, 4, Limits.parts - 1] { #expect(!opens(sealed, header, part: part)) }
        #expect(!opens(sealed, header, key: SymmetricKey(data: Data(repeating: 8, count: 32))))
    }

    @Test func `what the seal is not bound to may change`() throws {
        let sealed = try sealed()
        var header = header
        header.recorded = Instant(milliseconds: 1)
        header.previous = nil
        header.entryClass = .comment
        #expect(opens(sealed, header))
    }

    @Test func `no damaged bytes open`() throws {
        let sealed = try sealed()
        for bytes in Damage.variants(of: sealed) where bytes != sealed {
            #expect(!opens(bytes, header))
        }
    }

    @Test func `the same is never sealed alike twice`() throws {
        var seen: Set<Data> = []
        for _ in 0..<100 { seen.insert(try sealed()) }
        #expect(seen.count == 100)
    }
}
