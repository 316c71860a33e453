import Testing

@testable import KithExchange

@Suite struct FHIRTimingTests {
    @Test(arguments: [
        (#"{"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}"#, "every day"),
        (#"{"repeat": {"frequency": 2, "period": 1, "periodUnit": "wk"}}"#, "2 times every week"),
        (
            #"{"repeat": {"frequency": 3, "frequencyMax": 4, "period": 2, "periodMax": 3, "periodUnit": "d"}}"#,
            "3 to 4 times every 2 to 3 days"
        ),
        (#"{"repeat": {"frequency": 1e400}}"#, "1e400 times"),
        (
            #"{"repeat": {"dayOfWeek": ["mon", "fri"], "timeOfDay": ["08:00:00"]}}"#,
            "mon, fri, 08:00:00"
        ),
        (
            #"{"repeat": {"period": 1, "periodUnit": "mo", "count": 5}}"#,
            "every month, more in the source"
        ),
        (#"{"code": {"text": "Twice a day"}, "repeat": {"frequency": 1}}"#, "Twice a day"),
        (#"{"event": ["2026-01-02"]}"#, "2026-01-02"),
        (
            #"{"repeat": {"boundsPeriod": {"start": "2026-01-02", "end": "2026-02"}}}"#,
            "from 2026-01-02 until 2026-02"
        ),
    ])
    func `a schedule is said in words`(json: String, words: String) throws {
        let root = try JSONScanner().scan(Array(json.utf8)).root
        #expect(try FHIRTiming(FHIRElement(root)).words?.text == words)
    }
}
