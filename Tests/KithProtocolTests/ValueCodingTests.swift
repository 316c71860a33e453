import Foundation
import KithModel
import KithTestSupport
import SwiftProtobuf
import Testing

@testable import KithProtocol

@Suite struct ValueCodingTests {
    @Test func `a value comes back as it was written, byte for byte`() throws {
        for seed in UInt64(0)..<2_000 {
            var generator = SeededGenerator(seed: seed)
            let value = generator.value()
            let bytes = value.encoded()
            let read = try FieldValue(decoding: bytes)
            #expect(read == value, "seed \(seed)")
            #expect(read.encoded() == bytes, "seed \(seed)")
        }
    }

    @Test func `damage to a value never traps`() {
        for seed in UInt64(0)..<150 {
            var generator = SeededGenerator(seed: seed)
            let problems = Damage.problems(
                of: FieldValue.init(decoding:), generator.value().encoded(),
                throwing: ProtocolFault.self, seed: seed)
            #expect(problems.isEmpty, "seed \(seed)")
        }
    }

    @Test func `texts that look alike but differ in bytes stay different`() throws {
        let (composed, apart) = (FieldValue.text("\u{E9}"), FieldValue.text("e\u{301}"))
        #expect(composed.encoded() != apart.encoded())
        #expect(try FieldValue(decoding: apart.encoded()) == apart)
        #expect(try FieldValue(decoding: apart.encoded()) != composed)
    }

    @Test func `an empty value, and one of a kind to come, are of another version`() {
        #expect(fault(Kith_V1_Value().bytes()) == .version)
        // Field 11, one byte.
        #expect(fault(Data([0x5A, 1, 0])) == .version)
        #expect(fault(Data()) == .version)
    }

    @Test(arguments: [
        (UInt32(0), UInt32(0), UInt32(0), false), (1, 0, 0, true), (9999, 12, 31, true),
        (10_000, 0, 0, false), (.max, 1, 1, false), (2026, 13, 1, false), (2026, 0, 1, false),
        (2026, .max, 0, false), (2026, 2, 29, false), (2024, 2, 29, true), (1900, 2, 29, false),
        (2000, 2, 29, true), (2026, 4, 31, false), (2026, 1, .max, false),
    ])
    func `only dates that exist are read`(
        year: UInt32, month: UInt32, day: UInt32, exists: Bool
    ) {
        let message = Kith_V1_Value.with {
            $0.date = .with {
                $0.year = year
                $0.month = month
                $0.day = day
            }
        }
        #expect(fault(message.bytes()) == (exists ? nil : .malformed))
    }

    @Test(arguments: [
        "", "-", ".", "1.", ".5", "+1", "1e5", "1,5", " 1", "١", "1.2.3", "NaN", "inf",
        "1234567890123456789", "1.1234567890",
    ])
    func `only plain decimals are read`(text: String) {
        #expect(fault(Kith_V1_Value.with { $0.decimal = text }.bytes()) == .malformed)
    }

    @Test(arguments: [0, 15, 17])
    func `a reference has sixteen bytes`(count: Int) {
        let message = Kith_V1_Value.with { $0.reference = Data(count: count) }
        #expect(fault(message.bytes()) == .malformed)
    }

    @Test func `integers and moments at their extremes are read`() throws {
        for number in [Int64.min, -1, 0, .max] {
            let integer = Kith_V1_Value.with { $0.integer = number }
            #expect(try FieldValue(decoding: integer.bytes()) == .integer(number))
            let moment = Kith_V1_Value.with { $0.instantMs = number }
            guard case .instant(let instant) = try FieldValue(decoding: moment.bytes()) else {
                Issue.record("not a moment")
                continue
            }
            #expect(Instant.range.contains(instant.milliseconds))
            #expect(Instant(rfc3339: instant.rfc3339) == instant)
        }
    }

    @Test func `a group has a limit`() {
        let member = Kith_V1_Group.Member.with { $0.value = .with { $0.boolean = true } }
        for over in [0, 1] {
            let message = Kith_V1_Value.with {
                $0.group.members = Array(repeating: member, count: Limits.groupMembers + over)
            }
            #expect(fault(message.bytes()) == (over == 0 ? nil : .limit))
        }
    }

    @Test(arguments: [1, 2, 50, 99, 1_000, 5_000])
    func `groups within groups are refused, however deep`(depth: Int) {
        var bytes = Kith_V1_Value.with { $0.boolean = true }.bytes()
        for _ in 0...depth { bytes = Self.inGroup(bytes) }
        #expect(fault(bytes) == .malformed)
    }

    /// Field 10, a group; its field 1, a member; its field 2, the value.
    private static func inGroup(_ value: Data) -> Data {
        [UInt8(2), 1, 10].reduce(value) { Data([$1 << 3 | 2]) + varint($0.count) + $0 }
    }

    private static func varint(_ number: Int) -> Data {
        var (bytes, rest) = (Data(), number)
        while rest > 127 {
            bytes.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        bytes.append(UInt8(rest))
        return bytes
    }

    private func fault(_ bytes: Data) -> ProtocolFault.Code? {
        code { () throws(ProtocolFault) in try FieldValue(decoding: bytes) }
    }
}
