import KithSimulator
import Testing

@Suite struct RandomSourceTests {
    @Test func `the same seed and purpose give the same numbers, another purpose gives others`() {
        func numbers(_ seed: UInt64, _ purpose: String) -> [Int] {
            var random = RandomSource(seed: seed, purpose: purpose)
            return (0..<20).map { _ in random.number(below: 1000) }
        }
        #expect(numbers(1, "people") == numbers(1, "people"))
        #expect(numbers(1, "people") != numbers(1, "network"))
        #expect(numbers(1, "people") != numbers(2, "people"))
    }
}
