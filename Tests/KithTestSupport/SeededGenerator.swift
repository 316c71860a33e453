package import Foundation

/// Random numbers that are the same for the same seed; the seed belongs into a failure's message.
///
/// Source: SplitMix64 (Steele, Lea, Flood 2014).
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    package mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &self)
    }

    package mutating func flag() -> Bool { Bool.random(using: &self) }

    package mutating func bytes(_ count: Int) -> Data {
        Data((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) })
    }

    /// Up to twelve characters of one to four bytes each, some of which combine.
    package mutating func text() -> String {
        let alphabet: [Character] = [
            "a", "Z", "7", " ", "é", "e\u{301}", "中", "🧭", "\u{0}", "\u{200D}",
        ]
        return String((0..<number(0...12)).map { _ in alphabet[number(0...alphabet.count - 1)] })
    }
}
