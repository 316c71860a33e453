public import Foundation

extension PartialDate {
    /// The first day that it may mean, as a number that sorts as days do: `20261101` for `2026-11`.
    public var firstDay: Int { (year * 100 + (month ?? 1)) * 100 + (day ?? 1) }

    /// The last day that it may mean, likewise; of a month the thirty-first, which no day comes after.
    public var lastDay: Int { (year * 100 + (month ?? 12)) * 100 + (day ?? 31) }
}

extension Instant {
    /// The day that it is on in a time zone, as such a number.
    public func day(in zone: TimeZone) -> Int {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let parts = calendar.dateComponents([.year, .month, .day], from: date)
        return ((parts.year ?? 0) * 100 + (parts.month ?? 0)) * 100 + (parts.day ?? 0)
    }
}
