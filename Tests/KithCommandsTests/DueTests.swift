import Foundation
import KithModel
import KithSite
import Testing

@testable import KithCommands

@Suite struct DueTests {
    private func item(
        _ date: String, _ days: Int, _ what: String, title: String = "Falls", kind: String = "plan",
        contested: Bool = false, resident: String? = "Whitfield, Nell", who: String? = nil,
        field: String? = "nextReview", remark: String? = nil
    ) -> DueItem {
        let date = PartialDate(date) ?? Day(number: 0).date
        return DueItem(
            record: Samples.falls.id, short: Samples.falls.short, kind: kind, title: title,
            field: field, what: what, date: date, overdueDays: days, isContested: contested,
            dates: [date], resident: resident == nil ? nil : Samples.smith.id,
            residentTitle: resident, who: who, partnership: "Elm and Patel", remark: remark)
    }

    @Test func `late things come first, then what is due, each with whom and by whom`() async {
        let play = Play(
            site: PlayedSite {
                $0.due = [
                    item("2026-11-01", 21, "plan review", who: "Dr Patel"),
                    item("2026-11-22", 0, "task", title: "Ring", kind: "task", resident: nil),
                    item("2026-11-30", -8, "agreement ends", title: "Sharing", kind: "agreement"),
                ]
            })
        let result = await play("due")
        #expect(result.status == 0)
        let lines = result.out.split(separator: "\n").map(String.init)
        #expect(lines[0] == "Late: 1")
        #expect(
            lines[2].hasPrefix("2026-11-01"), "\(lines[2])")
        for words in ["+21", "plan review: Falls", "Whitfield, Nell", "Dr Patel"] {
            #expect(lines[2].contains(words), "\(lines[2])")
        }
        #expect(lines.contains("Due within 14 days: 2"))
        #expect(result.out.contains("today"))
        #expect(result.out.contains("-8"))
        #expect(play.site.told.dueQueries.map(\.within) == [14])
        expectFits(result.out)
    }

    @Test func `days that people disagree on are marked, and what limits a day is said`() async {
        let play = Play(
            site: PlayedSite {
                $0.due = [
                    item(
                        "2026-11-01", 21, "comprehensive assessment after return from hospital",
                        title: "Elm House, 12", kind: "residency", contested: true,
                        resident: String(repeating: "Ðlöng \u{202E}name ", count: 20),
                        who: String(repeating: "王", count: 90), field: nil,
                        remark: "bank holidays are known from 2018 to 2028")
                ]
            })
        let result = await play("due", "--within", "0", "--resident", "smith")
        #expect(result.out.contains("2026-11-01 !!"))
        #expect(result.out.contains("people say different days"))
        #expect(result.out.contains("bank holidays are known from 2018 to 2028"))
        #expect(result.out.contains("Nothing more is due today."))
        #expect(play.site.told.dueQueries.map(\.resident) == ["smith"])
        expectFits(result.out)
    }

    @Test func `what is due is printed whole, however long it is`() async {
        let title = "Ask the family whether the hearing aid that was sent away has come back"
        let play = Play(
            site: PlayedSite {
                $0.due = [
                    item(
                        "2026-11-01", 21, "task", title: title, kind: "task",
                        resident: "Cholmondeley, Margaret", who: "Filip Nowak",
                        field: "due")
                ]
            })
        let result = await play("due")
        for word in "\(title) Cholmondeley, Margaret Filip Nowak".split(separator: " ") {
            #expect(result.out.contains(word), "\(word)")
        }
        expectFits(result.out)
    }

    @Test func `nothing due is said, and JSON is one list`() async throws {
        let none = await Play()("due")
        #expect(none.out.contains("Nothing is late."))
        #expect(none.out.contains("Nothing more is due within 14 days."))
        let play = Play(site: PlayedSite { $0.due = [item("2026-11-01", 21, "plan review")] })
        let result = await play("due", "--json")
        let json = try JSONSerialization.jsonObject(with: Data(result.out.utf8)) as? [String: Any]
        let items = try #require(json?["due"] as? [[String: Any]])
        #expect(items.first?["date"] as? String == "2026-11-01")
        #expect(items.first?["overdueDays"] as? Int == 21)
    }

    @Test func `what is overdue is on the screen of how things stand`() async {
        var status = Samples.status()
        status.overdue = 3
        status.overdueSince = PartialDate("2026-10-01")
        let result = await Play(site: PlayedSite { [status] in $0.status = status })("status")
        #expect(
            result.out.contains("3 things are overdue, the oldest since 2026-10-01: 'kith due'"))
        #expect(await !Play()("status").out.contains("overdue"))
    }

    @Test func `a number of days that is none is told`() async {
        let result = await Play()("due", "--within", "soon")
        #expect(result.status == 2)
        #expect(result.isOneLine)
    }
}
