import KithModel
import KithTestSupport
import Testing

@testable import KithSync

@Suite struct SessionLawTests {
    /// What happens to two logs. Whoever writes goes on from one of the entries that it holds.
    private enum Step: CustomStringConvertible {
        case write(side: Int, area: Int, author: UInt8, count: Int, from: Int)
        case session(caller: Int, order: SessionPair.Order, cutAfter: Int, seed: UInt64)

        var description: String {
            switch self {
            case .write(let side, let area, let author, let count, let from):
                "side \(side) holds \(count) more of author \(author) in area \(area), from \(from)"
            case .session(let caller, let order, let cut, let seed):
                "side \(caller) calls, \(order), cut after \(cut), seed \(seed)"
            }
        }

        var smaller: [Step] {
            guard case .write(let side, let area, let author, let count, let from) = self else {
                return []
            }
            return [1, count / 2].filter { (1..<count).contains($0) }.map {
                .write(side: side, area: area, author: author, count: $0, from: from)
            }
        }
    }

    private static let areas = [
        Scenario.area(1), Scenario.area(1, .membership), Scenario.area(2),
    ]

    private static func run(_ steps: [Step]) -> (logs: [ModelLog], problem: String?) {
        var logs = [ModelLog(), ModelLog()]
        for (number, step) in steps.enumerated() {
            switch step {
            case .write(let side, let area, let author, let count, let from):
                let held = logs[side].entries(in: areas[area], by: author)
                // Mostly at the end; from an earlier entry it is a fork.
                let last = held.isEmpty ? nil : held[max(0, held.count - 1 - from)]
                logs[side].write(
                    count, in: areas[area], by: author, after: last, branch: Int64(number))
            case .session(let caller, let order, let cut, let seed):
                let before = logs.map(\.hashes)
                logs = session(&logs, caller, order, cut, seed).logs
                let all = before[0].union(before[1])
                for side in 0...1 {
                    if !logs[side].hashes.isSuperset(of: before[side]) { return (logs, "lost") }
                    if !logs[side].hashes.isSubset(of: all) { return (logs, "made up") }
                }
            }
        }
        return (logs, nil)
    }

    private static func session(
        _ logs: inout [ModelLog], _ caller: Int, _ order: SessionPair.Order, _ cut: Int,
        _ seed: UInt64
    ) -> (logs: [ModelLog], pair: SessionPair, ending: SessionPair.Ending) {
        var pair = SessionPair(logs[caller], logs[1 - caller], sharing: areas)
        let ending = pair.run(order, seed: seed, cutAfter: cut)
        let (first, second) = (pair.sites[0].log, pair.sites[1].log)
        return (caller == 0 ? [first, second] : [second, first], pair, ending)
    }

    @Test func `after any history one whole session makes equal, and the next sends nothing`() async
    {
        let law = Law<Step>(
            ofLength: 1...16,
            step: { generator in
                generator.number(0...3) > 0
                    ? .write(
                        side: generator.number(0...1), area: generator.number(0...2),
                        author: UInt8(generator.number(1...3)), count: generator.number(1...8),
                        from: generator.number(0...3) == 0 ? generator.number(0...9) : 0)
                    : .session(
                        caller: generator.number(0...1),
                        order: generator.flag() ? .inTurn : .overlapping,
                        cutAfter: generator.number(0...20), seed: generator.next())
            },
            smaller: \.smaller,
            problem: { steps in
                var (logs, problem) = Self.run(steps)
                if let problem { return problem }
                let all = logs[0].hashes.union(logs[1].hashes)
                let (equal, pair, ending) = Self.session(&logs, 0, .overlapping, .max, 7)
                guard ending == .ended, pair.isEqual else {
                    return "a whole session ended \(ending)"
                }
                guard equal.allSatisfy({ $0.hashes == all }) else { return "not the union" }
                logs = equal
                let (_, next, _) = Self.session(&logs, 1, .inTurn, .max, 8)
                guard next.isEqual else { return "equal logs are not found equal" }
                let resent = next.sent.contains { $0.message.kind == .entries }
                return resent ? "equal logs send entries" : nil
            })
        let counterexample = await law.counterexample(cases: 250)
        #expect(counterexample == nil, "\(counterexample?.description ?? "")")
    }
}
