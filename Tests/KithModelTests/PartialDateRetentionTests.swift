import KithModel
import Testing

@Suite struct PartialDateRetentionTests {
    @Test(arguments: [
        ("2016", "2016-12-31"), ("2016-02", "2016-02-29"), ("2015-02", "2015-02-28"),
        ("2016-04", "2016-04-30"), ("2016-04-07", "2016-04-07"),
    ])
    func `the last day that a date may mean`(text: String, last: String) {
        #expect(PartialDate(text)?.latestDay.description == last)
    }

    @Test func `years are added to a day that exists`() {
        #expect(PartialDate("2016-02-29")?.adding(years: 8)?.description == "2024-02-29")
        #expect(PartialDate("2016-02-29")?.adding(years: 1)?.description == "2017-03-01")
        #expect(PartialDate("9999-01-01")?.adding(years: 1) == nil)
    }

    @Test func `a date that is less exact counts as its last day`() throws {
        let (year, day) = (
            try #require(PartialDate("2016")), try #require(PartialDate("2016-12-30"))
        )
        #expect(day.isBefore(year) && !year.isBefore(day) && !day.isBefore(day))
    }
}
