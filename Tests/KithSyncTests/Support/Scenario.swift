import Foundation
import KithModel
import KithProtocol
import KithTestSupport
import Testing

/// Two logs before a session.
struct Scenario: Sendable, CustomTestStringConvertible {
    let name: String
    var first = ModelLog()
    var second = ModelLog()
    var areas = [Scenario.area(1)]

    var testDescription: String { name }

    init(_ name: String, _ write: (inout Scenario) -> Void) {
        self.name = name
        write(&self)
    }

    var pair: SessionPair { pair(batchEntries: 3) }

    func pair(batchEntries: Int) -> SessionPair {
        SessionPair(first, second, sharing: areas, batchEntries: batchEntries)
    }

    static func area(
        _ number: UInt8, _ compartment: Compartment = .clinical
    ) -> ModelLog.Area {
        let founder = SiteID(publicKeyDER: [number])
        return ModelLog.Area(
            partnership: PartnershipID(founder: founder, nonce: [number]), compartment: compartment)
    }

    /// Writes the same entries into both logs.
    @discardableResult
    mutating func both(
        _ count: Int, in area: ModelLog.Area = Scenario.area(1), by author: UInt8,
        after last: Position? = nil
    ) -> [Position] {
        second.write(count, in: area, by: author, after: last)
        return first.write(count, in: area, by: author, after: last)
    }

    static let equal = Scenario("equal") { $0.both(4, by: 1) }

    static let firstAhead = Scenario("the first is ahead") {
        let last = $0.both(2, by: 1).last
        $0.first.write(5, in: area(1), by: 1, after: last)
    }

    static let secondAhead = Scenario("the second is ahead") {
        let last = $0.both(2, by: 1).last
        $0.second.write(5, in: area(1), by: 1, after: last)
    }

    static let bothAhead = Scenario("both are ahead") {
        $0.areas = [area(1), area(2), area(2, .membership)]
        let (mine, theirs) = ($0.both(3, by: 1).last, $0.both(3, by: 2).last)
        $0.first.write(8, in: area(1), by: 1, after: mine)
        $0.second.write(20, in: area(1), by: 2, after: theirs)
        $0.second.write(4, in: area(2, .membership), by: 2)
        $0.both(3, in: area(2), by: 3)
    }

    static let firstEmpty = Scenario("the first is empty") {
        $0.second.write(7, in: area(1), by: 2)
    }

    static let forked = Scenario("one feed is forked") {
        let base = $0.both(20, by: 1)
        $0.first.write(9, in: area(1), by: 1, after: base.last, branch: 1)
        $0.second.write(3, in: area(1), by: 1, after: base.last, branch: 2)
    }

    static let forkedAtStart = Scenario("a feed is forked at its first entry") {
        $0.first.write(4, in: area(1), by: 1, branch: 1)
        $0.second.write(6, in: area(1), by: 1, branch: 2)
    }

    static let forkedAndBehind = Scenario("a fork, and a lagging feed on either side") {
        let base = $0.both(6, by: 1)
        $0.first.write(5, in: area(1), by: 1, after: base[3], branch: 1)
        $0.second.write(7, in: area(1), by: 1, after: base.last, branch: 2)
        $0.first.write(9, in: area(1), by: 2, after: $0.both(1, by: 2).last)
        $0.second.write(9, in: area(1), by: 3, after: $0.both(1, by: 3).last)
    }

    static let nestedForks = Scenario("forks within forks") {
        let base = $0.both(10, by: 1)
        let inner = $0.first.write(10, in: area(1), by: 1, after: base[4], branch: 1)
        $0.first.write(3, in: area(1), by: 1, after: inner[2], branch: 3)
        $0.second.write(4, in: area(1), by: 1, after: base[4], branch: 1)
        $0.second.write(6, in: area(1), by: 1, after: inner[1], branch: 4)
        $0.second.write(2, in: area(1), by: 1, after: base[0], branch: 5)
    }

    static let all = [
        equal, firstAhead, secondAhead, bothAhead, firstEmpty, forked, forkedAtStart,
        forkedAndBehind, nestedForks,
    ]

    /// Trees of a few feeds in a few compartments, of which each side holds some branches.
    static func random(seed: UInt64) -> Scenario {
        var generator = SeededGenerator(seed: seed)
        return Scenario("seed \(seed)") { scenario in
            scenario.areas = [area(1), area(1, .membership), area(2)]
            for branch in Int64(1)...Int64(generator.number(1...12)) {
                let area = scenario.areas[generator.number(0...2)]
                let author = UInt8(generator.number(1...3))
                // What only one side holds is where the other cannot go on from.
                let count = generator.number(1...9)
                var first = scenario.first.entries(in: area, by: author)
                let second = Set(scenario.second.entries(in: area, by: author))
                switch generator.number(0...2) {
                case 0:
                    let last = first.randomElement(using: &generator)
                    scenario.first.write(
                        count, in: area, by: author, after: last, branch: branch)
                case 1:
                    let last = scenario.second.entries(in: area, by: author)
                        .randomElement(using: &generator)
                    scenario.second.write(
                        count, in: area, by: author, after: last, branch: branch)
                default:
                    first.removeAll { !second.contains($0) }
                    let last = first.randomElement(using: &generator)
                    scenario.first.write(
                        count, in: area, by: author, after: last, branch: branch)
                    scenario.second.write(
                        count, in: area, by: author, after: last, branch: branch)
                }
            }
        }
    }
}
