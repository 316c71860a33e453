import Foundation
import Testing

@testable import KithModel

/// The day of a date that a test spells out.
func day(_ text: String) -> Day {
    guard let date = PartialDate(text), date.day != nil else {
        preconditionFailure("\(text) is no day")
    }
    return Day(earliestOf: date)
}

@Suite struct WorkingDaysTests {
    @Test(arguments: [
        // From a Monday, over one weekend.
        ("2026-11-16", 7, "2026-11-25"),
        // From a Friday, a Saturday and a Sunday: the days of the weekend do not count.
        ("2026-11-20", 7, "2026-12-01"), ("2026-11-21", 7, "2026-12-01"),
        ("2026-11-22", 7, "2026-12-01"),
        // Over Christmas 2026, whose Boxing Day is made up for on the Monday.
        ("2026-12-21", 7, "2027-01-04"),
        // Over Easter 2026.
        ("2026-04-01", 7, "2026-04-14"),
        // Over the bank holiday that was moved to a Friday in 2020.
        ("2020-05-06", 7, "2020-05-18"),
        // Over the funeral of the Queen.
        ("2022-09-15", 2, "2022-09-20"),
        ("2026-11-16", 0, "2026-11-16"),
    ])
    func `working days are Monday to Friday without the bank holidays of England`(
        start: String, count: Int, end: String
    ) {
        let counted = WorkingDays().day(count, after: day(start))
        #expect(counted.day == day(end))
        #expect(counted.isExact)
    }

    @Test func `where the file of bank holidays ends, the count says so and is early, not late`() {
        let days = WorkingDays()
        // 1 January 2029 is a bank holiday that the file does not know.
        let counted = days.day(7, after: day("2028-12-27"))
        #expect(!counted.isExact)
        #expect(counted.day == day("2029-01-05"))
        #expect(days.limits == "bank holidays are known from 2018 to 2028")
        #expect(days.day(7, after: day("2028-12-01")).isExact)
        #expect(!days.day(1, after: day("2017-12-29")).isExact)
    }

    @Test func `the file has eight bank holidays a year, and those that were proclaimed`() {
        let holidays = BankHolidays.england
        let proclaimed = [2022: 2, 2023: 1]
        for year in holidays.years {
            let all = (0..<366).map { day("\(year)-01-01").adding($0) }
                .filter { $0.date.year == year && holidays.contains($0) }
            #expect(all.count == 8 + (proclaimed[year] ?? 0), "\(year)")
            #expect(all.allSatisfy { $0.weekday <= 5 }, "\(year)")
        }
    }
}

@Suite struct DayTests {
    @Test func `days count through the calendar, and back to their dates`() {
        #expect(Day(number: 0).description == "1970-01-01")
        #expect(Day(number: 0).weekday == 4)
        #expect(day("2026-11-22").weekday == 7)
        var previous = day("1896-12-31")
        for _ in 0..<150_000 {
            let next = previous.adding(1)
            #expect(next > previous)
            #expect(Day(earliestOf: next.date) == next)
            #expect(next.weekday == previous.weekday % 7 + 1)
            previous = next
        }
    }

    @Test func `a partial date has a first and a last day, and a moment the day of its zone`() {
        #expect(PartialDate("2024-02").map { Day(latestOf: $0).description } == "2024-02-29")
        #expect(PartialDate("2024").map { Day(earliestOf: $0).description } == "2024-01-01")
        let moment = Instant(rfc3339: "2026-06-30T23:30:00Z")
        let london = TimeZone(identifier: "Europe/London")
        #expect(moment.map { Day($0, in: .gmt).description } == "2026-06-30")
        #expect(moment.map { Day($0, in: london ?? .gmt).description } == "2026-07-01")
        #expect(Day(Instant(milliseconds: -1), in: .gmt).description == "1969-12-31")
        #expect(Day(Instant(milliseconds: .min), in: .gmt).description == "0001-01-01")
        #expect(Day(number: .max).description == "9999-12-31")
        #expect(WorkingDays().day(9, after: Day(number: .max)).day.description == "9999-12-31")
    }
}
