import KithModel
import KithSite
import KithStore
import Testing

@testable import KithReview
@testable import KithSite

/// A page costs the same over a long log as over a short one: none of them goes through a table of the log or
/// the state from one end to the other. `LongWalkTests` does the same for the command line and sessions.
@Suite(.timeLimit(.minutes(10))) struct PageWalkTests {
    private static let edits = 700

    @Test func `no page walks through the whole log`() async throws {
        let served = try await ServedSite()
        let partnership = try await served.share("Joint plans", with: "Riverside")
        // What the planner knows is of a time at which there was next to nothing.
        _ = try await served.site.store.refreshStatistics()
        var records = FilledRecords(at: served, in: partnership)
        _ = try await records.write(Compartment.granted, marker: "Qqfirst")
        // And some conflicts; those are walked through, and fewer than the edits below.
        _ = try await records.write([.restricted], marker: "Qqsecond")
        let task = try #require(records.ids["task"]).description
        for number in 0..<Self.edits {
            let seen = try await served.site.record(task, kind: nil).version
            let edit = RecordEdit(
                target: .existing(task), values: [.init("what", "Ring \(number)")],
                seen: seen)
            _ = try await served.site.save(
                [edit], by: Author(user: "nurse", name: "Nurse", role: "nurse"))
        }
        let resident = try #require(records.ids["resident"])
        let browser = try await served.person(
            "grace", [.clinician, .careStaff, .reviewer, .auditor])
        let starts =
            ["/", "/summary", "/residents?search=Qq", "/round/list?r=\(resident)"]
            + ["", "/changes?since=1", "/timeline", "/pack"].map { "/residents/\(resident)\($0)" }
        _ = try await served.site.store.walks(ofRows: Self.edits)
        for _ in 1...2 {
            let pages = try await Crawler(served, browser).crawl(from: starts)
            #expect(pages.count > 50)
            for walk in try await served.site.store.walks(ofRows: Self.edits) {
                Issue.record("\(walk)")
            }
            // And once more by what it knows then.
            _ = try await served.site.store.refreshStatistics()
            _ = try await served.site.store.walks(ofRows: Self.edits)
        }
    }
}
