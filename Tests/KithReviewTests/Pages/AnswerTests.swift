import Foundation
import KithModel
import KithSite
import Testing

@testable import KithReview

/// Saying that one has seen a plan, and what becomes of a change that somebody proposes.
@Suite struct AnswerTests {
    private let served: ServedSite
    private let resident: RecordView
    private let plan: RecordView

    init() async throws {
        served = try await ServedSite()
        resident = try await served.add("resident", [("familyName", "Whitfield")])
        plan = try await served.add(
            "plan", under: resident.id, [("title", "Falls"), ("status", "active")])
    }

    @Test func `one press acknowledges a plan as it was shown, in an entry that is signed`()
        async throws
    {
        let browser = try await served.person("anna", [.reviewer])
        let page = try await browser.ask("GET", "/residents/\(resident.id)")
        #expect(page.body.contains("action=\"/records/\(plan.id)/acknowledge\""))
        let seen = try await served.site.record(plan.id.description, kind: nil).version
        _ = try await served.site.save(
            [
                RecordEdit(
                    target: .existing(plan.id.description), values: [.init("title", "Later")],
                    seen: seen)
            ], by: Author(user: "root", name: "Somebody", role: ""))
        let path = "/records/\(plan.id)/acknowledge"
        let form = [
            ("token", page.hidden("token")), ("once", "abcdefgh1"), ("seen", String(seen)),
        ]
        let before = try await served.site.status().entries
        for _ in 0..<2 {
            let reply = try await browser.ask("POST", path, form: form)
            #expect(reply.header("Location")?.hasSuffix("done=acknowledged") == true)
        }
        #expect(try await served.site.status().entries == before + 1)
        let comments = try await served.site.records(RecordQuery(kind: "comment"))
        #expect(comments.count == 1)
        let comment = try #require(comments.first)
        #expect(comment.parent == plan.id && comment.created.committer.name == "anna Person")
        #expect(comment.field("kind")?.candidates.first?.words == "Acknowledgement")
        // What was read, not what somebody wrote since.
        #expect(comment.field("seenVersion")?.candidates.first?.words == String(seen))
        let shown = try await browser.ask("GET", "/residents/\(resident.id)")
        #expect(shown.body.contains("Seen and acknowledged"))
        for (seen, once) in [("", "abcdefgh2"), ("-1", "abcdefgh3"), ("999999999", "abcdefgh4")] {
            let reply = try await browser.ask(
                "POST", path,
                form: [("token", page.hidden("token")), ("once", once), ("seen", seen)])
            #expect(reply.status == 400, "\(seen)")
        }
        let other = try await browser.ask(
            "POST", "/records/\(resident.id)/acknowledge",
            form: [("token", page.hidden("token")), ("once", "abcdefgh5"), ("seen", "1")])
        #expect(other.status == 404, "plans alone are acknowledged")
    }

    @Test func `a proposal is answered by who keeps the record, and its author reads the answer`()
        async throws
    {
        let reviewer = try await served.person("anna", [.reviewer])
        let carer = try await served.person("carer", [.careStaff])
        let page = try await reviewer.ask("GET", "/records/new?kind=proposal&parent=\(plan.id)")
        // The fields have names that people know.
        #expect(page.body.contains("<option value=\"nextReview\""))
        #expect(!page.body.contains("<option value=\"archived\""))
        for (value, once) in [("Falls and sleep", "abcdefgh1"), ("Nothing", "abcdefgh2")] {
            let form = page.fill([
                ("v.field", "title"), ("v.value", value), ("v.reason", "She says so"),
                ("v.status", "proposed"),
            ]).filter { $0.0 != "once" }
            let reply = try await reviewer.ask(
                "POST", "/records/new", form: form + [("once", once)])
            #expect(reply.header("Location")?.hasSuffix("done=proposed") == true, "\(reply.body)")
        }
        let proposals = try await served.site.records(RecordQuery(kind: "proposal"))
        #expect(proposals.count == 2)
        for (proposal, answer) in zip(proposals, ["accept", "decline"]) {
            let path = "/records/\(proposal.id)"
            let theirs = try await reviewer.ask("GET", path)
            #expect(!theirs.body.contains("Answer the proposal"), "not by who made it")
            let refused = try await reviewer.ask(
                "POST", path + "/answer",
                form: [
                    ("token", theirs.hidden("token")), ("once", "abcdefgh9"), ("answer", answer),
                ])
            #expect(refused.status == 403)
            let shown = try await carer.ask("GET", path)
            let reply = try await carer.ask(
                "POST", path + "/answer",
                form: [
                    ("token", shown.hidden("token")), ("once", "abcdefgh\(answer)"),
                    ("seen", String(proposal.version)), ("answer", answer),
                    ("reason", "Because \(answer)"),
                ])
            #expect(
                reply.header("Location")?.hasSuffix("\(answer)ed") == true
                    || reply.header("Location")?.hasSuffix("declined") == true, "\(reply.body)")
            let read = try await reviewer.ask("GET", path)
            #expect(read.body.contains("Because \(answer)"))
            #expect(read.body.contains(answer == "accept" ? "Accepted" : "Declined"))
        }
        let wanted = try #require(proposals[0].field("value")?.candidates.first?.words)
        let now = try await served.site.record(plan.id.description, kind: nil)
        #expect(now.field("title")?.candidates.map(\.words) == [wanted])
        #expect(
            now.field("title")?.candidates.first?.provenance.first?.reason
                == "proposed by anna Person")
    }
}
