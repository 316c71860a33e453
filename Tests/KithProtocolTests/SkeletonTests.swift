import Foundation
import KithModel
import KithTestSupport
import SwiftProtobuf
import Testing

@testable import KithProtocol

@Suite struct SkeletonTests {
    @Test func `a skeleton comes back as it was written`() throws {
        for seed in UInt64(0)..<300 {
            var generator = SeededGenerator(seed: seed)
            let skeleton = generator.skeleton()
            #expect(try Skeleton(decoding: skeleton.encoded()) == skeleton, "seed \(seed)")
        }
    }

    @Test func `damage to a skeleton never traps`() {
        for seed in UInt64(0)..<20 {
            var generator = SeededGenerator(seed: seed)
            let problems = Damage.problems(
                of: Skeleton.init(decoding:), generator.skeleton().encoded(),
                throwing: ProtocolFault.self, seed: seed)
            #expect(problems.isEmpty, "seed \(seed)")
        }
    }

    @Test func `operations, what they name and texts have limits`() {
        let operation = Kith_V1_Operation()
        let reference = Kith_V1_OperationReference.with { $0.entry = Data(count: 32) }
        for over in [0, 1] {
            let expected: ProtocolFault.Code? = over == 0 ? nil : .limit
            #expect(
                fault {
                    $0.operations = Array(repeating: operation, count: Limits.operations + over)
                } == expected)
            #expect(
                fault {
                    $0.operations = [operation]
                    $0.operations[0].supersedes = Array(
                        repeating: reference, count: Limits.supersedes + over)
                } == expected)
            // Of bytes, not of characters.
            let text =
                String(repeating: "é", count: Limits.personBytes / 2)
                + String(repeating: "e", count: over)
            for change: (inout Kith_V1_Person) -> Void in [
                { $0.user = text }, { $0.name = text }, { $0.role = text },
                { $0.organisation = text },
            ] {
                #expect(fault { change(&$0.committer) } == expected)
                #expect(fault { change(&$0.performer) } == expected)
            }
        }
    }

    @Test(arguments: [0, 1, 15, 16, 17])
    func `a group id has sixteen bytes or none`(count: Int) {
        #expect((fault { $0.group = Data(count: count) } == nil) == [0, 16].contains(count))
    }

    @Test(arguments: [0, 15, 17, 32])
    func `a record id has sixteen bytes`(count: Int) {
        #expect(fault { $0.record = Data(count: count) } == .malformed)
    }

    @Test func `a reason that is not known yet is kept as unknown`() throws {
        for raw in [0, 10, .max, .min] {
            let bytes = changed { $0.change = .UNRECOGNIZED(Int(Int32(truncatingIfNeeded: raw))) }
            #expect(try Skeleton(decoding: bytes).change == nil)
        }
    }

    @Test func `what an operation names must be an entry`() {
        for count in [0, 31, 33] {
            let operation = Kith_V1_Operation.with {
                $0.supersedes = [.with { $0.entry = Data(count: count) }]
            }
            #expect(fault { $0.operations = [operation] } == .malformed)
        }
    }

    @Test func `indices at their extremes are read`() throws {
        let bytes = changed {
            $0.kind = .max
            $0.operations = [
                .with {
                    $0.field = .max
                    $0.supersedes = [
                        .with {
                            $0.entry = Data(count: 32)
                            $0.index = .max
                        }
                    ]
                }
            ]
        }
        #expect(try Skeleton(decoding: bytes).operations[0].supersedes[0].index == .max)
    }

    private func changed(_ change: (inout Kith_V1_Skeleton) -> Void) -> Data {
        var message = Kith_V1_Skeleton()
        message.record = Data(count: 16)
        change(&message)
        return message.bytes()
    }

    private func fault(_ change: (inout Kith_V1_Skeleton) -> Void) -> ProtocolFault.Code? {
        code { () throws(ProtocolFault) in try Skeleton(decoding: changed(change)) }
    }
}

@Suite struct PartBodyTests {
    @Test func `a body comes back as it was written`() throws {
        for seed in UInt64(0)..<200 {
            var generator = SeededGenerator(seed: seed)
            let values = (0..<generator.number(0...6)).map { _ in generator.value() }
            let body = PartBody(values: values, reason: generator.text())
            let read = try PartBody(decoding: body.encoded(), operations: values.count)
            #expect(read.values == body.values, "seed \(seed)")
            #expect(read.reason.utf8.elementsEqual(body.reason.utf8), "seed \(seed)")
            #expect(try read.values.map(FieldValue.init(decoding:)) == values, "seed \(seed)")
        }
    }

    @Test func `damage to a body never traps`() {
        for seed in UInt64(0)..<20 {
            var generator = SeededGenerator(seed: seed)
            let values = (0..<3).map { _ in generator.value() }
            let problems = Damage.problems(
                of: { try PartBody(decoding: $0, operations: 3) },
                PartBody(values: values, reason: "why").encoded(), throwing: ProtocolFault.self)
            #expect(problems.isEmpty, "seed \(seed)")
        }
    }

    @Test func `a body without a value for each operation is malformed`() {
        let bytes = PartBody(values: [.cleared, .boolean(true)], reason: "").encoded()
        for count in [0, 1, 3, .max] {
            let fault = code { () throws(ProtocolFault) in
                try PartBody(decoding: bytes, operations: count)
            }
            #expect(fault == .malformed)
        }
    }
}
