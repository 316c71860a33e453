import Foundation
import KithModel
import KithTestSupport
import Testing

@testable import KithProtocol

@Suite struct DecodingLawTests {
    /// One change of bytes, at a place between the beginning (0) and the end (999).
    private enum Step {
        case set(at: Int, UInt8)
        case flip(at: Int, bit: Int)
        case insert(at: Int, [UInt8])
        case remove(at: Int, count: Int)
        case repeated(at: Int, count: Int)

        func apply(to bytes: inout [UInt8]) {
            func place(_ at: Int) -> Int { at * bytes.count / 1_000 }
            guard !bytes.isEmpty else { return }
            switch self {
            case .set(let at, let byte): bytes[place(at)] = byte
            case .flip(let at, let bit): bytes[place(at)] ^= 1 << UInt8(bit)
            case .insert(let at, let more): bytes.insert(contentsOf: more, at: place(at))
            case .remove(let at, let count):
                bytes.removeSubrange(place(at)..<min(bytes.count, place(at) + count))
            case .repeated(let at, let count):
                let end = min(bytes.count, place(at) + count)
                bytes.insert(contentsOf: bytes[place(at)..<end], at: end)
            }
        }
    }

    /// What is decoded from damaged bytes comes back as it was read, or the bytes are refused with the
    /// module's own fault.
    private func expect<Value: Equatable & Sendable>(
        _ valid: @escaping @Sendable (inout SeededGenerator) -> Data,
        decode: @escaping @Sendable (Data) throws -> Value,
        encode: @escaping @Sendable (Value) -> Data,
        at location: SourceLocation = #_sourceLocation
    ) async {
        for start in UInt64(1)...8 {
            let law = Law<Step>(
                ofLength: 1...6,
                step: { generator in
                    let at = generator.number(0...999)
                    return switch generator.number(0...4) {
                    case 0: .set(at: at, UInt8(generator.number(0...255)))
                    case 1: .flip(at: at, bit: generator.number(0...7))
                    case 2: .insert(at: at, [UInt8](generator.bytes(generator.number(1...6))))
                    case 3: .remove(at: at, count: generator.number(1...9))
                    default: .repeated(at: at, count: generator.number(1...40))
                    }
                },
                problem: { steps in
                    var generator = SeededGenerator(seed: start)
                    var bytes = [UInt8](valid(&generator))
                    for step in steps { step.apply(to: &bytes) }
                    do {
                        let value = try decode(Data(bytes))
                        return try decode(encode(value)) == value ? nil : "it reads otherwise again"
                    } catch is ProtocolFault {
                        return nil
                    }
                })
            let counterexample = await law.counterexample(cases: 200, seed: start * 1_000)
            #expect(
                counterexample == nil, "\(counterexample?.description ?? "")",
                sourceLocation: location)
        }
    }

    @Test func `a damaged header is refused, or reads the same again`() async {
        await expect(
            { $0.header().encoded() }, decode: EntryHeader.init(decoding:), encode: { $0.encoded() }
        )
    }

    @Test func `a damaged skeleton is refused, or reads the same again`() async {
        await expect(
            { $0.skeleton().encoded() }, decode: Skeleton.init(decoding:), encode: { $0.encoded() })
    }

    @Test func `a damaged value is refused, or reads the same again`() async {
        await expect(
            { $0.value().encoded() }, decode: FieldValue.init(decoding:), encode: { $0.encoded() })
    }
}
