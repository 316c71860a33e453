import KithModel
import Testing

@testable import KithExchange

@Suite struct FHIRDateTests {
    @Test(
        arguments: [
            ("1938", "1938", nil), ("1938-04", "1938-04", nil), ("2024-02-29", "2024-02-29", nil),
            ("1970-01-01T00:00:00Z", "1970-01-01", 0),
            ("1970-01-01T00:00:00.5Z", "1970-01-01", 500),
            ("1969-12-31T23:59:59.999Z", "1969-12-31", -1),
            ("2000-03-01T00:00:00+00:00", "2000-03-01", 951_868_800_000),
            ("2024-02-29T23:30:00-05:00", "2024-02-29", 1_709_267_400_000),
            ("0001-01-01T00:00:00+14:00", "0001-01-01", -62_135_596_800_000),
            ("9999-12-31T23:59:60.123456789-12:00", "9999-12-31", 253_402_300_799_999),
        ] as [(String, String, Int64?)])
    func `a date is read as it was written`(text: String, day: String, moment: Int64?) throws {
        let date = try #require(FHIRDate(text, allowsTime: true))
        #expect(date.date.description == day)
        #expect(date.instant?.milliseconds == moment)
    }

    @Test(arguments: [
        "", "T", "1938-4-2", "1938-04-31", "0000", "1938-04T10:00:00Z", "1938-04-02T10:00Z",
        "1938-04-02T10:00:00", "1938-04-02T24:00:00Z", "1938-04-02T10:60:00Z",
        "1938-04-02T10:00:61Z", "1938-04-02T10:00:00+15:00", "1938-04-02T10:00:00.Z",
        "1938-04-02T10:00:00z", "1938-04-02 10:00:00Z", "1938-04-02T10:00:00ZT", "１９３８",
        "1938-04-02T1\u{301}:00:00Z", "-938-04-02", "1938-04-02T10:00:00+0100",
    ])
    func `what is no date is refused`(text: String) {
        #expect(FHIRDate(text, allowsTime: true) == nil)
    }
}
