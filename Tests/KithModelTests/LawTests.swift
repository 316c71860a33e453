import KithTestSupport
import Testing

@Suite struct LawTests {
    /// Numbers to 1,000, simpler by half, then by little.
    private func law(_ problem: @escaping @Sendable ([Int]) throws -> String?) -> Law<Int> {
        Law(
            ofLength: 0...40, step: { $0.number(0...1_000) },
            smaller: { number in
                [0, number / 2, number - 1, number - 2].filter { 0..<number ~= $0 }
            }, problem: problem)
    }

    @Test func `a law that holds has no counterexample`() async {
        #expect(
            await law { $0.reversed().reversed() == $0 ? nil : "differs" }
                .counterexample(cases: 200) == nil)
    }

    @Test func `of a law that does not hold the smallest counterexample is found`() async throws {
        let rising = law { numbers in
            zip(numbers, numbers.dropFirst()).contains { $1 > $0 + 99 } ? "a leap" : nil
        }
        let leap = try #require(await rising.counterexample(cases: 200))
        #expect(leap.steps == [0, 100])
        #expect(leap.description.contains("a leap\nafter 2 of "))
        let total = law { $0.reduce(0, +) > 2_500 ? "too much" : nil }
        let most = try #require(await total.counterexample(cases: 200))
        #expect(most.steps.reduce(0, +) == 2_501 && !most.steps.contains(0))
    }

    @Test func `the seed that a failure names repeats it`() async throws {
        let law = law { $0.contains { $0 > 995 } ? "large" : nil }
        let first = try #require(await law.counterexample(cases: 500))
        let again = try #require(await law.counterexample(cases: 1, seed: first.seed))
        #expect(again.steps == [996])
        #expect(again.description == first.description)
    }

    @Test func `an error that is thrown is a counterexample too`() async throws {
        struct Odd: Error {}
        let law = law { if $0.contains(where: { $0 % 2 == 1 }) { throw Odd() } else { nil } }
        #expect(try #require(await law.counterexample(cases: 50)).steps == [1])
    }
}
