public import Foundation

/// One day of the proleptic Gregorian calendar, which can be counted from.
public struct Day: Hashable, Comparable, Sendable {
    /// Days since 1970-01-01, from -719,162 (0001-01-01) to 2,932,896 (9999-12-31).
    public let number: Int

    private static let numbers = -719_162...2_932_896

    /// The day so many days after 1970-01-01, moved into the years 1 to 9999.
    public init(number: Int) {
        self.number = min(max(number, Self.numbers.lowerBound), Self.numbers.upperBound)
    }

    /// The first day that a date may mean: of a year its first, of a month its first.
    public init(earliestOf date: PartialDate) {
        self.init(number: Self.number(date.year, date.month ?? 1, date.day ?? 1))
    }

    /// The last day that a date may mean: of a year its last, of a month its last.
    public init(latestOf date: PartialDate) {
        self.init(earliestOf: date.latestDay)
    }

    /// The day that a moment is on in a time zone.
    public init(_ instant: Instant, in zone: TimeZone) {
        let offset = Int64(zone.secondsFromGMT(for: instant.date)) * 1000
        let (day, rest) = (instant.milliseconds + offset)
            .quotientAndRemainder(dividingBy: 86_400_000)
        self.init(number: Int(rest < 0 ? day - 1 : day))
    }

    /// The same day as a date.
    public var date: PartialDate {
        // Source: Howard Hinnant, chrono-Compatible Low-Level Date Algorithms, civil_from_days.
        let shifted = number + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        guard let date = PartialDate(year: year, month: month, day: day) else {
            preconditionFailure("day \(number) is in no year from 1 to 9999")
        }
        return date
    }

    /// The day of the week: 1 Monday to 7 Sunday.
    public var weekday: Int {
        let rest = (number + 3) % 7
        return (rest < 0 ? rest + 7 : rest) + 1
    }

    /// So many days later.
    public func adding(_ days: Int) -> Day { Day(number: number + days) }

    /// Orders by time.
    public static func < (left: Day, right: Day) -> Bool { left.number < right.number }

    private static func number(_ year: Int, _ month: Int, _ day: Int) -> Int {
        // Source: as above, days_from_civil.
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

extension Day: CustomStringConvertible {
    /// `YYYY-MM-DD`.
    public var description: String { date.description }
}
