import Foundation
import KithModel
import KithTestSupport
import SwiftProtobuf
import Testing

@testable import KithProtocol

@Suite struct EntryHeaderTests {
    @Test func `a header comes back as it was written, and its bytes stay the same`() throws {
        for seed in UInt64(0)..<300 {
            var generator = SeededGenerator(seed: seed)
            let header = generator.header()
            let bytes = header.encoded()
            let read = try EntryHeader(decoding: bytes)
            #expect(read == header, "seed \(seed)")
            #expect(read.encoded() == bytes, "seed \(seed)")
        }
    }

    @Test func `damage to a header never traps`() {
        for seed in UInt64(0)..<20 {
            var generator = SeededGenerator(seed: seed)
            let problems = Damage.problems(
                of: EntryHeader.init(decoding:), generator.header().encoded(),
                throwing: ProtocolFault.self, seed: seed)
            #expect(problems.isEmpty, "seed \(seed)")
        }
    }

    @Test func `fields that a newer version added are read over`() throws {
        var generator = SeededGenerator(seed: 4)
        let header = generator.header()
        // Field 99, four bytes.
        let bytes = header.encoded() + Data([0x9A, 0x06, 4, 1, 2, 3, 4])
        #expect(try EntryHeader(decoding: bytes) == header)
    }

    @Test(arguments: [UInt32(0), 2, .max])
    func `a header of another version is a fault of its own`(version: UInt32) {
        #expect(fault { $0.version = version } == .version)
    }

    private static let wrong: [@Sendable (inout Kith_V1_Header) -> Void] = [
        { $0.partnership = Data() }, { $0.partnership = Data(count: 15) },
        { $0.partnership = Data(count: 17) }, { $0.author = Data(count: 31) },
        { $0.author = Data(count: 33) }, { $0.compartment = .unspecified },
        { $0.compartment = .UNRECOGNIZED(6) }, { $0.compartment = .UNRECOGNIZED(-1) },
        { $0.class = .unspecified }, { $0.class = .UNRECOGNIZED(6) },
        { $0.class = .UNRECOGNIZED(Int(Int32.max)) }, { $0.incarnation = 0 }, { $0.sequence = 0 },
        { $0.sequence = Limits.sequence + 1 }, { $0.sequence = .max },
        { $0.previous = Data(count: 31) }, { $0.previous = Data() },
        { $0.sequence = 1 }, { $0.class = .membership }, { $0.compartment = .membership },
        { $0.knows = [.init()] }, { $0.knows[0].author = Data() },
        { $0.knows[0].hash = Data(count: 31) }, { $0.knows[0].incarnation = 0 },
        { $0.knows[0].sequence = 0 }, { $0.knows[0].sequence = Limits.sequence + 1 },
        { $0.knows[0].sequence = .max }, { $0.knows.append($0.knows[0]) },
        {
            $0.knows[0].author = $0.author
            $0.knows[0].incarnation = $0.incarnation
        },
        { $0.parts[0].key = Data(count: 31) }, { $0.parts[0].skeletonDigest = Data() },
        { $0.parts[0].bodyDigest = Data(count: 33) }, { $0.parts[0].bodyDigest = Data() },
    ]

    @Test func `what cannot be is malformed`() {
        #expect(fault { _ in } == nil)
        for (number, change) in Self.wrong.enumerated() {
            #expect(fault(change) == .malformed, "change \(number)")
        }
    }

    private static let extreme: [@Sendable (inout Kith_V1_Header) -> Void] = [
        { $0.sequence = Limits.sequence }, { $0.incarnation = .max }, { $0.recordedMs = .min },
        { $0.recordedMs = .max }, { $0.parts[0].skeletonBytes = 0 },
        { $0.knows[0].sequence = Limits.sequence }, { $0.knows[0].incarnation = .max },
        { $0.knows[0].membership = true }, { $0.knows = [] }, { $0.parts = [] },
        {
            // The same feed numbers, but in `membership`: another feed.
            $0.knows[0].author = $0.author
            $0.knows[0].incarnation = $0.incarnation
            $0.knows[0].membership = true
        },
        {
            $0.sequence = 1
            $0.previous = Data()
        },
    ]

    @Test func `extremes that may be are read`() {
        for (number, change) in Self.extreme.enumerated() {
            #expect(fault(change) == nil, "change \(number)")
        }
    }

    @Test(arguments: [Int64.min, .min + 1, .max])
    func `a clock that is out of all range is shown at its end, and the bytes keep it`(
        milliseconds: Int64
    ) throws {
        let bytes = changed { $0.recordedMs = milliseconds }
        let header = try EntryHeader(decoding: bytes)
        #expect(Instant.range.contains(header.recorded.milliseconds))
        #expect(try Kith_V1_Header(checked: bytes, "").recordedMs == milliseconds)
    }

    @Test func `lists and lengths have limits`() {
        func parts(_ count: Int) -> ProtocolFault.Code? {
            fault { message in
                message.knows = []
                // Small enough that the limit of a header's bytes does not come first.
                let part = Kith_V1_PartDigest.with { $0.skeletonDigest = Data(count: 32) }
                message.parts = Array(repeating: part, count: count)
            }
        }
        #expect(parts(Limits.parts) == nil)
        #expect(parts(Limits.parts + 1) == .limit)
        for over in [0, 1] {
            let expected: ProtocolFault.Code? = over == 0 ? nil : .limit
            #expect(
                fault { $0.parts[0].skeletonBytes = UInt32(Limits.skeletonBytes + over) }
                    == expected)
            #expect(fault { $0.parts[0].bodyBytes = UInt32(Limits.bodyBytes + over) } == expected)
        }
        #expect(fault { $0.parts[0].skeletonBytes = .max } == .limit)
        #expect(fault { $0.parts[0].bodyBytes = .max } == .limit)
    }

    @Test func `a header has a limit of its own, before it is parsed`() {
        let bytes = changed { _ in }
        // An unknown field that fills the header to a length.
        func filled(_ count: Int) -> Data {
            let padding = count - bytes.count - 5
            let length = [UInt8(padding & 127 | 128), UInt8(padding >> 7 & 127 | 128)]
            let field = Data([0x9A, 0x06] + length + [UInt8(padding >> 14)])
            return bytes + field + Data(count: padding)
        }
        #expect(filled(Limits.headerBytes).count == Limits.headerBytes)
        for (over, expected) in [(0, nil), (1, ProtocolFault.Code.limit)] {
            let fault = code { () throws(ProtocolFault) in
                try EntryHeader(decoding: filled(Limits.headerBytes + over))
            }
            #expect(fault == expected)
        }
    }

    @Test func `a header that names as many feeds as it may still has room for a hundred parts`() {
        var generator = SeededGenerator(seed: 2)
        var header = generator.header()
        header.knows = (0..<Limits.knows).map { _ in generator.position() }
        header.parts = (0..<100).map { _ in
            PartDigest(
                key: generator.id(), skeleton: generator.bytes(32),
                skeletonBytes: Limits.skeletonBytes, body: generator.bytes(32),
                bodyBytes: Limits.bodyBytes)
        }
        #expect(header.encoded().count <= Limits.headerBytes)
    }

    // MARK: A valid header, changed

    private func changed(_ change: (inout Kith_V1_Header) -> Void) -> Data {
        var generator = SeededGenerator(seed: 1)
        let feed = FeedID(author: generator.id(), incarnation: 3, compartment: .clinical)
        let header = EntryHeader(
            partnership: generator.id(), feed: feed, sequence: 2, previous: generator.id(),
            knows: [generator.position()], recorded: Instant(milliseconds: 0), entryClass: .record,
            parts: [
                PartDigest(
                    key: generator.id(), skeleton: generator.bytes(32), skeletonBytes: 9,
                    body: generator.bytes(32), bodyBytes: 9)
            ])
        guard var message = try? Kith_V1_Header(checked: header.encoded(), "") else {
            preconditionFailure("a header of our own")
        }
        change(&message)
        return message.bytes()
    }

    private func fault(_ change: (inout Kith_V1_Header) -> Void) -> ProtocolFault.Code? {
        code { () throws(ProtocolFault) in try EntryHeader(decoding: changed(change)) }
    }
}

/// The code of the fault that is thrown, if one is.
func code<Value>(_ body: () throws(ProtocolFault) -> Value) -> ProtocolFault.Code? {
    do throws(ProtocolFault) {
        _ = try body()
        return nil
    } catch {
        return error.code
    }
}
