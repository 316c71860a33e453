/// Counts working days: Monday to Friday, without bank holidays.
public struct WorkingDays: Sendable {
    private let holidays: BankHolidays

    /// Leaves those holidays out.
    public init(without holidays: BankHolidays = .england) {
        self.holidays = holidays
    }

    /// What a count came to.
    public struct Count: Equatable, Sendable {
        /// The day.
        public let day: Day
        /// Whether the bank holidays of every year on the way are known. Otherwise only weekends were
        /// left out, and the day may be too early, never too late.
        public let isExact: Bool
    }

    /// Whether people work on a day.
    public func contains(_ day: Day) -> Bool { day.weekday <= 5 && !holidays.contains(day) }

    /// The day that is so many working days after another, which itself does not count.
    public func day(_ count: Int, after start: Day) -> Count {
        var day = start
        var left = count
        var isExact = holidays.know(start)
        // Beyond the end of the calendar days do not advance any more.
        while left > 0, day.adding(1) > day {
            day = day.adding(1)
            isExact = isExact && holidays.know(day)
            if contains(day) { left -= 1 }
        }
        return Count(day: day, isExact: isExact)
    }

    /// What has to be said beside a day that is not exact.
    public var limits: String {
        "bank holidays are known from \(holidays.years.lowerBound) to \(holidays.years.upperBound)"
    }
}
