import Foundation
import KithModel
import KithSite
import Testing

@testable import KithReview

/// The home round is saved in one go.
@Suite struct RoundTests {
    @Test func `a list is saved for a round to come, and its outcomes are written in it`()
        async throws
    {
        let served = try await ServedSite()
        var residents: [RecordView] = []
        for name in ["Whitfield", "Adeyemi"] {
            residents.append(try await served.add("resident", [("familyName", name)]))
        }
        let liaison = try await served.person("liaison", [.careStaff])
        let page = try await liaison.ask(
            "GET", "/round/list?" + residents.map { "r=\($0.id)" }.joined(separator: "&"))
        for words in [
            "Allergies</strong>: <span class=\"absent\">not recorded", "CPR decision</strong>",
        ] {
            #expect(page.body.components(separatedBy: words).count == 3, "\(words) of each")
        }
        let chosen = residents.map { ("r", "\($0.id)") }
        func send(
            _ browser: Browser, _ page: Browser.Reply, _ typed: [(String, String)]
        ) async throws -> Browser.Reply {
            try await browser.ask(
                "POST", "/round",
                form: [
                    ("token", page.hidden("token")), ("once", served.once()),
                    ("round", page.hidden("round")),
                ] + chosen + typed)
        }
        let kept = try await send(
            liaison, page,
            [
                ("act", "list"), ("leadName", "Dr Rao"),
                ("reason.\(residents[0].id)", "chesty <since> Monday"),
            ])
        #expect(kept.header("Location") == "/round?done=list", "\(kept.body)")
        // Somebody else opens it on the day.
        let doctor = try await served.person("doctor", [.clinician, .careStaff])
        let choice = try await doctor.ask("GET", "/round")
        #expect(choice.body.contains("Lists that are saved") && choice.body.contains("Dr Rao"))
        let path = try #require(
            Crawler.links(in: choice.body).first { $0.hasPrefix("/round/list?round=") })
        let list = try await doctor.ask("GET", path)
        for words in ["Whitfield", "Adeyemi", "value=\"chesty &lt;since&gt; Monday\"", "Dr Rao"] {
            #expect(list.body.contains(words), "\(words)")
        }
        let saved = try await send(
            doctor, list,
            [
                ("leadName", "Dr Rao"), ("mode", "video"), ("seen.\(residents[0].id)", "yes"),
                ("outcome.\(residents[0].id)", "Chest clear"),
                ("reason.\(residents[0].id)", "chesty <since> Monday"),
            ])
        #expect(saved.header("Location") == "/round?done=round", "\(saved.body)")
        // One round, one place for each on it, and the call tied to it.
        let rounds = try await served.site.records(RecordQuery(kind: "homeRound"))
        let items = try await served.site.records(RecordQuery(kind: "roundItem"))
        #expect(rounds.count == 1 && items.count == 2)
        #expect(items.allSatisfy { $0.parent == rounds[0].id })
        #expect(
            items.flatMap { $0.field("outcome")?.candidates.map(\.words) ?? [] } == ["Chest clear"])
        #expect(items.flatMap { $0.field("seen")?.candidates ?? [] }.count == 2)
        #expect(items.allSatisfy { !($0.field("reason")?.isConflict ?? true) })
        let calls = try await served.site.records(RecordQuery(kind: "interaction"))
        #expect(calls.count == 1)
        #expect(calls[0].field("homeRound")?.candidates.first?.value == .reference(rounds[0].id))
        #expect(try await !doctor.ask("GET", "/round").body.contains("Lists that are saved"))
        // Whoever may not read clinical records is told of no list.
        let other = try await served.person(
            "other", [.careStaff], reading: [.personal, .relations])
        #expect(try await !other.ask("GET", "/round").body.contains("Lists that are saved"))
    }

    @Test func `a round with all its outcomes is saved, or nothing of it`() async throws {
        let served = try await ServedSite()
        var residents: [RecordView] = []
        for name in ["Whitfield", "Adeyemi"] {
            residents.append(try await served.add("resident", [("familyName", name)]))
        }
        let plan = try await served.add("plan", under: residents[0].id, [("title", "Falls")])
        let browser = try await served.person("carer", [.careStaff])
        let list = try await browser.ask(
            "GET", "/round/list?" + residents.map { "r=\($0.id)" }.joined(separator: "&"))
        func form(_ outcome: String, once: String) -> [(String, String)] {
            let outcomes = residents.flatMap { resident in
                [
                    ("r", "\(resident.id)"), ("seen.\(resident.id)", "yes"),
                    ("version.\(resident.id)", "\(resident.version)"),
                ]
            }
            return [
                ("token", list.hidden("token")), ("once", once), ("leadName", "#1"),
                ("mode", "video"), ("attendees", "#1"),
                ("outcome.\(residents[0].id)", "#1 chest clear"),
                ("outcome.\(residents[1].id)", outcome),
            ] + outcomes
        }
        func count(_ kind: String) async throws -> Int {
            try await served.site.records(RecordQuery(kind: kind)).count
        }
        // The last of all is what cannot be taken.
        let tooLong = String(repeating: "x", count: 70_000)
        let before = try await served.site.status().entries
        let refused = try await browser.ask(
            "POST", "/round", form: form(tooLong, once: "abcdefgh1"))
        #expect(refused.status == 400 && refused.body.contains("#1 chest clear"))
        #expect(try await served.site.status().entries == before)
        for kind in ["homeRound", "roundItem", "interaction"] {
            #expect(try await count(kind) == 0, "\(kind)")
        }
        let saved = try await browser.ask("POST", "/round", form: form("slept", once: "abcdefgh2"))
        #expect(saved.header("Location") == "/round?done=round", "\(saved.body)")
        let round = try #require(
            try await served.site.records(RecordQuery(kind: "homeRound")).first)
        #expect(try await count("homeRound") == 1)
        #expect(round.field("leadName")?.candidates.first?.words == "#1", "a name is a name")
        let items = try await served.site.records(RecordQuery(kind: "roundItem"))
        #expect(items.count == 2 && items.allSatisfy { $0.parent == round.id })
        #expect(
            items.contains { item in
                item.field("plan")?.candidates.first?.value == .reference(plan.id)
            })
        let calls = try await served.site.records(RecordQuery(kind: "interaction"))
        #expect(calls.count == 2)
        #expect(
            calls.allSatisfy {
                $0.field("homeRound")?.candidates.first?.value == .reference(round.id)
            })
    }
}
