import Crypto
import Foundation
import KithModel
import KithTestSupport
import SwiftProtobuf
import Testing

@testable import KithProtocol

@Suite struct EntryTests {
    @Test func `an entry travels and comes back with the same bytes`() throws {
        for seed in UInt64(0)..<50 {
            var generator = SeededGenerator(seed: seed)
            let fixture = EntryFixture(&generator)
            let sent = ReceivedEntry(
                header: fixture.header.encoded(), signature: generator.bytes(64),
                parts: fixture.parts)
            let came = ReceivedEntry(try Kith_V1_Entry(checked: sent.message.bytes(), ""))
            #expect(came.header == sent.header, "seed \(seed)")
            #expect(came.signature == sent.signature, "seed \(seed)")
            #expect(came.parts == sent.parts, "seed \(seed)")
            let parsed = try ParsedEntry(came)
            #expect(parsed.header == fixture.header)
            #expect(parsed.hash == EntryHash(header: sent.header))
        }
    }

    @Test func `damage to an entry never traps, and what parses is what its header says`() {
        var generator = SeededGenerator(seed: 3)
        let fixture = EntryFixture(&generator)
        let entry = ReceivedEntry(
            header: fixture.header.encoded(), signature: generator.bytes(64), parts: fixture.parts)
        let problems = Damage.problems(
            of: { bytes in
                let message = try Kith_V1_Entry(checked: bytes, "entry")
                let parsed = try ParsedEntry(ReceivedEntry(message))
                // A body may be gone; nothing else may differ where the header is the same.
                guard parsed.received.header == entry.header else { return }
                #expect(parsed.received.parts.map(\.skeleton) == entry.parts.map(\.skeleton))
                for (came, sent) in zip(parsed.received.parts, entry.parts) {
                    #expect(came.body == nil || came.body == sent.body)
                }
            }, entry.message.bytes(), throwing: ProtocolFault.self)
        #expect(problems.isEmpty)
    }

    @Test func `parts must match their digests and lengths`() throws {
        var generator = SeededGenerator(seed: 5)
        let fixture = EntryFixture(&generator)
        func fault(_ change: (inout [Part]) -> Void) -> ProtocolFault.Code? {
            var parts = fixture.parts
            change(&parts)
            return code { () throws(ProtocolFault) in
                try ParsedEntry(
                    ReceivedEntry(
                        header: fixture.header.encoded(), signature: Data(), parts: parts))
            }
        }
        #expect(fault { _ in } == nil)
        #expect(fault { $0[0].skeleton[0] ^= 1 } == .digest)
        #expect(fault { $0[0].skeleton.append(0) } == .digest)
        #expect(fault { $0[0].body?[0] ^= 1 } == .digest)
        #expect(fault { $0[0].body?.append(0) } == .digest)
        #expect(fault { $0.swapAt(0, 1) } == .digest)
        // The second part has no body by its digest.
        #expect(fault { $0[1].body = Data([1]) } == .digest)
        #expect(fault { $0[1].body = Data() } == .digest)
        #expect(fault { $0.removeLast() } == .malformed)
        #expect(fault { $0.append($0[0]) } == .malformed)
        // A body that is missing is named: whether it was erased, whoever holds the log finds out.
        #expect(fault { $0[0].body = nil } == nil)
        var parts = fixture.parts
        parts[0].body = nil
        let lacking = try ParsedEntry(
            ReceivedEntry(header: fixture.header.encoded(), signature: Data(), parts: parts))
        #expect(lacking.missingBodies == [PartID(entry: lacking.hash, part: 0)])
    }
}

/// A header and the parts that match it: one with a body, one without.
struct EntryFixture {
    let header: EntryHeader
    let parts: [Part]

    init(_ generator: inout SeededGenerator) {
        var header = generator.header()
        let (skeletons, body) = ([generator.bytes(20), generator.bytes(30)], generator.bytes(40))
        header.parts = [
            PartDigest(
                key: generator.id(), skeleton: Data(SHA256.hash(data: skeletons[0])),
                skeletonBytes: 20, body: Data(SHA256.hash(data: body)), bodyBytes: 40),
            PartDigest(
                key: nil, skeleton: Data(SHA256.hash(data: skeletons[1])), skeletonBytes: 30,
                body: Data(), bodyBytes: 0),
        ]
        self.header = header
        parts = [
            Part(skeleton: skeletons[0], body: body), Part(skeleton: skeletons[1], body: nil),
        ]
    }
}
