/// A set of small numbers.
struct Bits: Hashable {
    private var words: [UInt64] = []

    func contains(_ number: Int) -> Bool {
        let word = number >> 6
        return word < words.count && words[word] & 1 << UInt64(number & 63) != 0
    }

    func intersects(_ other: Bits) -> Bool {
        zip(words, other.words).contains { $0 & $1 != 0 }
    }

    mutating func insert(_ number: Int) {
        let word = number >> 6
        if word >= words.count {
            words += Array(repeating: 0, count: word + 1 - words.count)
        }
        words[word] |= 1 << UInt64(number & 63)
    }

    mutating func formUnion(_ other: Bits) {
        if other.words.count > words.count {
            words += Array(repeating: 0, count: other.words.count - words.count)
        }
        for index in other.words.indices { words[index] |= other.words[index] }
    }
}
