/// The clock that starts when a person comes to a home, or back to it from hospital: within seven
/// working days they are assessed by all who care for them, and have a plan that was agreed with them.
///
/// Source: NHS England, Framework for Enhanced Health in Care Homes; the number is in `ClockRules`.
public struct AdmissionClock: Sendable {
    /// A day on which it starts.
    public struct Start: Sendable {
        /// Its place in the caller's list of records.
        public let record: Int
        /// What happened, in a few words.
        public let what: String
        /// The days that somebody says, at least one.
        public let days: [Day]
        /// Whether the day is known only to the month or year, or people say different ones.
        public let isContested: Bool

        /// Describes a start.
        public init(record: Int, what: String, days: [Day], isContested: Bool) {
            self.record = record
            self.what = what
            self.days = days
            self.isContested = isContested
        }

        fileprivate var first: Day { days.min() ?? Day(number: 0) }
    }

    /// What is due by it.
    public struct Outcome: Equatable, Sendable {
        /// The record of the start that it is due for.
        public let record: Int
        /// What is due, in a few words.
        public let what: String
        /// By when.
        public let day: Day
        /// The days by which it would be due, for every day that the start may be.
        public let days: [Day]
        /// Whether people say different days of the start.
        public let isContested: Bool
        /// What has to be said of the count; nil when it is exact.
        public let remark: String?
    }

    private let rules: ClockRules
    private let workingDays: WorkingDays

    /// Goes by rules and holidays.
    public init(rules: ClockRules = .standard, workingDays: WorkingDays = WorkingDays()) {
        self.rules = rules
        self.workingDays = workingDays
    }

    /// What is still to be done for a person who lives in a home.
    ///
    /// `assessed` holds, of each comprehensive assessment that stands, the earliest day it may have
    /// been done: one that may have been before a start does not count for it. Of several starts
    /// that nobody assessed the person after, the earliest is due.
    public func outcomes(
        of starts: [Start], assessed: [Day], hasAgreedPlan: Bool
    ) -> [Outcome] {
        let ordered = starts.filter { !$0.days.isEmpty }.sorted { $0.first < $1.first }
        var outcomes: [Outcome] = []
        let last = assessed.max()
        let waiting = ordered.first { start in last.map { $0 < start.first } ?? true }
        if let waiting {
            outcomes.append(outcome("comprehensive assessment", of: waiting))
        }
        if !hasAgreedPlan, let start = ordered.first {
            outcomes.append(outcome("plan agreed with the person", of: start))
        }
        return outcomes
    }

    private func outcome(_ what: String, of start: Start) -> Outcome {
        let counts = Set(start.days).sorted().map {
            workingDays.day(rules.assessmentWorkingDays, after: $0)
        }
        return Outcome(
            record: start.record, what: "\(what) after \(start.what)", day: counts[0].day,
            days: counts.map(\.day), isContested: start.isContested,
            remark: counts.allSatisfy(\.isExact) ? nil : workingDays.limits)
    }
}
