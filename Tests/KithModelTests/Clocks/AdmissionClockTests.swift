import Testing

@testable import KithModel

@Suite struct AdmissionClockTests {
    private func start(
        _ record: Int, _ days: String..., contested: Bool = false
    ) -> AdmissionClock.Start {
        .init(
            record: record, what: "admission", days: days.map(day), isContested: contested)
    }

    @Test func `seven working days after admission there is an assessment and an agreed plan`() {
        let due = AdmissionClock().outcomes(
            of: [start(0, "2026-11-16")], assessed: [], hasAgreedPlan: false)
        #expect(
            due.map(\.what) == [
                "comprehensive assessment after admission",
                "plan agreed with the person after admission",
            ])
        #expect(due.allSatisfy { $0.day == day("2026-11-25") && $0.remark == nil })
    }

    @Test func `an assessment of the day or later stops the clock, one before it does not`() {
        let clock = AdmissionClock()
        let starts = [start(0, "2026-11-16")]
        #expect(
            clock.outcomes(of: starts, assessed: [day("2026-11-16")], hasAgreedPlan: true).isEmpty)
        let early = clock.outcomes(
            of: starts, assessed: [day("2026-11-15")], hasAgreedPlan: true)
        #expect(early.map(\.what) == ["comprehensive assessment after admission"])
    }

    @Test func `coming back from hospital starts it anew, and the oldest that was missed is due`() {
        let clock = AdmissionClock()
        let starts = [start(2, "2026-11-18"), start(0, "2026-10-01"), start(1, "2026-11-02")]
        let missed = clock.outcomes(
            of: starts, assessed: [day("2026-10-05")], hasAgreedPlan: true)
        #expect(missed.map(\.record) == [1])
        #expect(missed.map(\.day) == [day("2026-11-11")])
        #expect(
            clock.outcomes(of: starts, assessed: [day("2026-11-18")], hasAgreedPlan: true).isEmpty)
    }

    @Test func `of days that people disagree on the earliest counts, and all are named`() {
        let due = AdmissionClock().outcomes(
            of: [start(0, "2026-11-18", "2026-11-16", contested: true)], assessed: [],
            hasAgreedPlan: true)
        #expect(due.map(\.day) == [day("2026-11-25")])
        #expect(due.map(\.days) == [[day("2026-11-25"), day("2026-11-27")]])
        #expect(due.map(\.isContested) == [true])
    }

    @Test func `nobody who came on an unknown day is counted, and a far year says its limits`() {
        #expect(
            AdmissionClock().outcomes(of: [start(0)], assessed: [], hasAgreedPlan: false).isEmpty)
        let far = AdmissionClock().outcomes(
            of: [start(0, "2031-01-02")], assessed: [], hasAgreedPlan: true)
        #expect(far.map(\.remark) == ["bank holidays are known from 2018 to 2028"])
    }
}
