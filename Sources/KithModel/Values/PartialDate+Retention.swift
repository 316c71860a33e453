extension PartialDate {
    /// The last day that the date may mean: of a year its last, of a month its last.
    public var latestDay: PartialDate {
        let month = month ?? 12
        let last = (28...31).last { PartialDate(year: year, month: month, day: $0) != nil }
        return PartialDate(year: year, month: month, day: day ?? last) ?? self
    }

    /// The same day so many years later, 1 March for 29 February; nil beyond the year 9999.
    public func adding(years: Int) -> PartialDate? {
        PartialDate(year: year + years, month: month, day: day)
            ?? PartialDate(year: year + years, month: 3, day: 1)
    }

    /// Whether the last day that this date may mean comes before another's.
    public func isBefore(_ other: PartialDate) -> Bool {
        let (left, right) = (latestDay, other.latestDay)
        return (left.year, left.month ?? 0, left.day ?? 0)
            < (right.year, right.month ?? 0, right.day ?? 0)
    }
}
