import Crypto
package import Foundation

/// Random numbers that are the same for the same seed and purpose, on every machine.
///
/// Each purpose has a stream of its own, so that switching one kind of fault off does not change
/// what the others do. Source: SplitMix64 (Steele, Lea, Flood 2014); the draws are written out here
/// because the standard library may change its own.
package struct RandomSource: Sendable {
    private var state: UInt64

    /// The stream of a seed for a purpose.
    package init(seed: UInt64, purpose: String) {
        var hash = SHA256()
        hash.update(data: withUnsafeBytes(of: seed.bigEndian) { Data($0) })
        hash.update(data: Data(purpose.utf8))
        state = hash.finalize().prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Sixty-four random bits.
    package mutating func bits() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from zero up to, not including, a bound above zero.
    package mutating func number(below bound: Int) -> Int { Int(bits() % UInt64(bound)) }

    /// A number of a range.
    package mutating func number(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + number(below: range.upperBound - range.lowerBound + 1)
    }

    /// True so many times in a thousand.
    package mutating func chance(permille: Int) -> Bool { number(below: 1000) < permille }

    /// One of some things; nil of none.
    package mutating func pick<Element>(_ all: some RandomAccessCollection<Element>) -> Element? {
        guard !all.isEmpty else { return nil }
        return all[all.index(all.startIndex, offsetBy: number(below: all.count))]
    }

    /// The same things in a random order.
    package mutating func shuffled<Element>(_ all: [Element]) -> [Element] {
        var order = all
        for index in order.indices.dropFirst().reversed() {
            order.swapAt(index, number(below: index + 1))
        }
        return order
    }

    /// Random bytes.
    package mutating func bytes(_ count: Int) -> Data {
        var bytes = Data(capacity: count + 8)
        while bytes.count < count {
            withUnsafeBytes(of: bits().bigEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes.prefix(count)
    }
}
