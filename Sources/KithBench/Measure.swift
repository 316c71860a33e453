/// One row of the table.
package struct Measure: Codable, Sendable {
    /// Its short name, the same in every run.
    package let name: String
    /// What was measured over its baseline; of a measure without one, the number itself.
    package let ratio: Double
    /// What it has to reach.
    package let target: Double
    /// Whether it has.
    package let reached: Bool
    /// The numbers behind it, with their units.
    package let detail: String

    /// A measure that has to be the target or less.
    init(_ name: String, _ ratio: Double, atMost target: Double, _ detail: String) {
        self.init(name, ratio, target, reached: ratio <= target, detail)
    }

    /// A measure that has to be the target or more.
    init(_ name: String, _ ratio: Double, atLeast target: Double, _ detail: String) {
        self.init(name, ratio, target, reached: ratio >= target, detail)
    }

    private init(
        _ name: String, _ ratio: Double, _ target: Double, reached: Bool, _ detail: String
    ) {
        self.name = name
        self.ratio = ratio
        self.target = target
        self.reached = reached
        self.detail = detail
    }
}

/// How large the workloads are.
package enum Scale: Sendable {
    /// As the targets say.
    case full
    /// A tenth of that.
    case quick

    /// A size of the full scale in this one.
    func of(_ size: Int) -> Int { self == .full ? size : max(size / 10, 1) }
}
