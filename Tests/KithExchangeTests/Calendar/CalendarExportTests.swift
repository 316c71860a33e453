import Foundation
import KithExchange
import KithModel
import KithSite
import Testing

@Suite(.timeLimit(.minutes(10))) struct CalendarExportTests {
    @Test func `what is due is read by an independent reader, value by value`() async throws {
        let one = try await ExchangeSite()
        let elm = try await one.add("resident", ("familyName", "Elm"), ("givenName", "Ada"))
        try await one.add(
            "plan", under: elm.id, ("title", "Falls, and more; ok"), ("nextReview", "2026-12-01"))
        try await one.add(
            "plan", under: elm.id, ("title", "Over"), ("nextReview", "2026-12-02"),
            ("status", "completed"))
        try await one.add(
            "appointment", under: elm.id, ("with", "Clinic"), ("when", "2026-12-03T14:30:00Z"),
            ("minutes", "45"))
        try await one.add(
            "cprDecision", under: elm.id, ("decision.value", "for"),
            ("decision.date", "2026-01-01"), ("decision.reviewDate", "2027-02"))
        try await one.add(
            "interaction", ("kind", "phone"), ("when", "2026-11-01T10:00:00Z"),
            ("nextDue", "2026-12-05"))
        try await one.add(
            "interaction", ("kind", "video"), ("when", "2026-11-01T10:00:00Z"),
            ("nextDue", "2026-12-06"), ("followedUp", "2026-11-20"))
        let alert = try await one.add("alert", under: elm.id, ("text", "Oxygen"))
        try await one.contest(alert, [("end", "2026-12-10")], [("end", "2026-12-11")])
        let made = try await CalendarExport(one.site).calendar(
            partnership: nil, now: ExchangeSite.now)
        #expect(made.events == 6 && made.undecided == 2)
        for line in made.text.split(separator: "\r\n") { #expect(line.utf8.count <= 75) }
        guard let output = try Python.run("read_calendar.py", on: made.text) else { return }
        struct Event: Decodable, Hashable {
            let summary: String
            let start: String
            let minutes: Double?
            let status: String
            let uid: String
        }
        let events = try output.split(separator: "\n").map {
            try JSONDecoder().decode(Event.self, from: Data($0.utf8))
        }
        #expect(Set(events.map(\.uid)).count == 6)
        let found = events.map { "\($0.start) \($0.summary) \($0.status)" }.sorted()
            .map { $0.replacing(/[12] of 2/, with: "one of 2") }
        #expect(
            found == [
                "2026-12-01 plan review: Elm, Ada: Falls, and more; ok CONFIRMED",
                "2026-12-03T14:30:00+00:00 appointment: Elm, Ada: Clinic CONFIRMED",
                "2026-12-05 follow-up: Phone call CONFIRMED",
                "2026-12-10 UNDECIDED (one of 2): alert ends: Elm, Ada: Oxygen TENTATIVE",
                "2026-12-11 UNDECIDED (one of 2): alert ends: Elm, Ada: Oxygen TENTATIVE",
                "2027-02-28 CPR decision to review: Elm, Ada: CPR decision (in 2027-02) CONFIRMED",
            ], "\(found.joined(separator: "\n"))")
        #expect(events.compactMap(\.minutes) == [45])
    }

    @Test func `an advance decision is reviewed until it is withdrawn`() async throws {
        let one = try await ExchangeSite()
        // An empty text is no word on it.
        for (name, withdrawn) in [("Elm", ""), ("Oak", "2026-10-01")] {
            let person = try await one.add("resident", ("familyName", name), ("givenName", "Ada"))
            try await one.add(
                "adrt", under: person.id, ("decision.refuses", "Ventilation"),
                ("decision.lifeSustaining", "yes"), ("decision.made", "2025-01-01"),
                ("decision.reviewDate", "2027-01-01"), ("decision.withdrawn", withdrawn))
        }
        let made = try await CalendarExport(one.site).calendar(
            partnership: nil, now: ExchangeSite.now)
        #expect(made.events == 1 && made.text.contains("Elm") && !made.text.contains("Oak"))
    }
}
