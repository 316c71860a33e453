import Foundation

/// Something that holds after any sequence of steps; where it does not, the sequence is made small.
///
/// `KITH_LAW_CASES` says how many sequences are tried in the place of a law's own number, and
/// `KITH_LAW_SEED` where they begin: the seed that a failure names repeats it alone.
package struct Law<Step: Sendable>: Sendable {
    /// A sequence for which a law does not hold, and for which no shorter part does either.
    package struct Counterexample: Sendable, CustomStringConvertible {
        package let seed: UInt64
        package let steps: [Step]
        package let problem: String
        /// Steps before it was made small.
        let found: Int

        package var description: String {
            let lines = steps.map { "    \($0)" }.joined(separator: "\n")
            return """
                KITH_LAW_SEED=\(seed) KITH_LAW_CASES=1: \(problem)
                after \(steps.count) of \(found) steps:
                \(lines)
                """
        }
    }

    private let length: ClosedRange<Int>
    private let step: @Sendable (inout SeededGenerator) -> Step
    private let smaller: @Sendable (Step) -> [Step]
    private let problem: @Sendable ([Step]) async throws -> String?

    /// Describes a law.
    ///
    /// - Parameters:
    ///   - length: how many steps a sequence has.
    ///   - step: draws a step. Steps must make sense in any sequence: they name others by distance,
    ///     not by number.
    ///   - smaller: steps that are simpler than one, the simplest first.
    ///   - problem: what is wrong after the steps; nil when the law holds. An error thrown is one too.
    package init(
        ofLength length: ClosedRange<Int>,
        step: @escaping @Sendable (inout SeededGenerator) -> Step,
        smaller: @escaping @Sendable (Step) -> [Step] = { _ in [] },
        problem: @escaping @Sendable ([Step]) async throws -> String?
    ) {
        self.length = length
        self.step = step
        self.smaller = smaller
        self.problem = problem
    }

    /// Tries sequences; gives the smallest found for which the law does not hold.
    package func counterexample(cases: Int, seed: UInt64 = 1) async -> Counterexample? {
        let first = Self.number("KITH_LAW_SEED") ?? seed
        let count = Self.number("KITH_LAW_CASES") ?? UInt64(cases)
        for seed in first..<first + count {
            var generator = SeededGenerator(seed: seed)
            let steps = (0..<generator.number(length)).map { _ in step(&generator) }
            if let problem = await problem(after: steps) {
                return await smallest(
                    Counterexample(seed: seed, steps: steps, problem: problem, found: steps.count))
            }
        }
        return nil
    }

    private static func number(_ variable: String) -> UInt64? {
        ProcessInfo.processInfo.environment[variable].flatMap { UInt64($0) }
    }

    private func problem(after steps: [Step]) async -> String? {
        do {
            return try await problem(steps)
        } catch {
            return "\(error)"
        }
    }

    /// Leaves out halves, then quarters, down to single steps, then makes steps simpler, until nothing
    /// of that still fails. Complexity: some dozens of trials for each step that stays.
    private func smallest(_ found: Counterexample) async -> Counterexample {
        var smallest = found
        while let next = await firstFailing(among: candidates(of: smallest.steps), as: smallest) {
            smallest = next
        }
        return smallest
    }

    private func firstFailing(
        among candidates: some Sequence<[Step]>, as found: Counterexample
    ) async -> Counterexample? {
        for steps in candidates {
            if let problem = await problem(after: steps) {
                return Counterexample(
                    seed: found.seed, steps: steps, problem: problem, found: found.found)
            }
        }
        return nil
    }

    private func candidates(of steps: [Step]) -> some Sequence<[Step]> {
        let halvings = sequence(first: steps.count) { $0 > 1 ? $0 / 2 : nil }
        let shorter = halvings.lazy.flatMap { length in
            stride(from: 0, to: steps.count, by: max(1, length)).lazy.map { start in
                Array(steps[..<start] + steps[min(steps.count, start + length)...])
            }
        }
        let simpler = steps.indices.lazy.flatMap { index in
            smaller(steps[index]).lazy.map { step in
                var simpler = steps
                simpler[index] = step
                return simpler
            }
        }
        return [AnySequence(shorter), AnySequence(simpler)].lazy.joined()
    }
}
