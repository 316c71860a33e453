import KithModel
import Testing

/// Narratives side by side with what they were made of: for people, never for merging (D12).
@Suite struct WordComparisonTests {
    private let base = "Give paracetamol 5 mg twice a day and ring the surgery on Monday"

    @Test func `each place says what every version has there`() {
        let words = WordComparison(
            base: base,
            versions: [
                "Give paracetamol 10 mg twice a day and ring the surgery on Monday",
                "Give paracetamol 5 mg twice a day and ring the surgery on Tuesday",
            ])
        #expect(words.places.map(\.base) == ["5", "Monday"])
        #expect(words.places.map(\.versions) == [["10", "5"], ["Monday", "Tuesday"]])
        #expect(words.places.map(\.isClash) == [false, false])
        #expect(words.places[0].before == "Give paracetamol")
        #expect(words.places[0].after == "mg twice a day and ring")
    }

    @Test func `a place that two versions change differently is a clash, and alike is none`() {
        let clash = WordComparison(
            base: base,
            versions: [base.replacing("5 mg", with: "10 mg"), base.replacing("5 mg", with: "2 mg")])
        #expect(clash.places.map(\.versions) == [["10", "2"]])
        #expect(clash.places[0].isClash)
        let same = WordComparison(
            base: base,
            versions: [
                base.replacing("5 mg", with: "10 mg"), base.replacing("5 mg", with: "10 mg"),
            ])
        #expect(same.places.map(\.isClash) == [false])
    }

    @Test func `what is put in, taken out and moved to another line is a place`() {
        let words = WordComparison(
            base: "one two three",
            versions: ["one two two-and-a-half three", "one three", "one two\nthree"])
        #expect(words.places.count == 1)
        #expect(words.places[0].base == "two")
        #expect(words.places[0].versions == ["two two-and-a-half", "", "two\n"])
        #expect(words.places[0].isClash)
    }

    @Test func `texts that differ in bytes alone are told apart`() {
        let words = WordComparison(base: "caf\u{E9}", versions: ["cafe\u{301}"])
        #expect(words.places.count == 1)
    }

    @Test func `equal texts have no places, and nothing becomes everything`() {
        #expect(WordComparison(base: base, versions: [base, base]).places.isEmpty)
        #expect(WordComparison(base: "", versions: [base]).places.map(\.versions) == [[base]])
        #expect(WordComparison(base: base, versions: [""]).places.map(\.versions) == [[""]])
        #expect(WordComparison(base: "", versions: []).places.isEmpty)
    }

    @Test func `texts too long to compare are shown as replaced`() {
        let long = (0..<3000).map { "a\($0)" }.joined(separator: " ")
        let other = (0..<3000).map { "b\($0)" }.joined(separator: " ")
        let words = WordComparison(base: long, versions: [other])
        #expect(words.places.map(\.versions) == [[other]])
    }

    /// Whatever the texts: putting the places of a version into the base gives that version.
    @Test(arguments: 0..<200)
    func `base and places together are the version`(seed: Int) {
        var generator = Steps(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1)
        func text() -> String {
            (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                ["a", "b", "c", "\n"][Int.random(in: 0...3, using: &generator)]
            }.joined(separator: " ")
        }
        let base = text()
        let versions = [text(), text(), text()]
        let words = WordComparison(base: base, versions: versions)
        let plain = { (text: String) in text.split(separator: " ").joined() }
        for index in versions.indices {
            // The places cover every difference: what lies between them is common to all.
            let said = words.places.map { plain($0.versions[index]) }.joined()
            let was = words.places.map { plain($0.base) }.joined()
            #expect(
                plain(versions[index]).count - said.count == plain(base).count - was.count,
                "seed \(seed)")
        }
    }

    private struct Steps: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }
}
