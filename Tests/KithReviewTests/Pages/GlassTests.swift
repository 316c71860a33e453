import Foundation
import KithModel
import KithSite
import Testing

@testable import KithReview

/// Reading, in an emergency, what a role does not include.
@Suite struct GlassTests {
    @Test func `the glass is broken with a reason, for one person and an hour, and it is said`()
        async throws
    {
        let served = try await ServedSite()
        let resident = try await served.add("resident", [("familyName", "Whitfield")])
        let other = try await served.add("resident", [("familyName", "Adeyemi")])
        for (person, agent) in [(resident, "Latexmarker"), (other, "Nutsmarker")] {
            _ = try await served.add("allergy", under: person.id, [("agent", agent)])
        }
        let browser = try await served.person("carer", [.careStaff], reading: [.personal])
        let path = "/residents/\(resident.id)"
        let before = try await browser.ask("GET", path)
        #expect(before.body.contains("your role does not include it"))
        #expect(!before.body.contains("Latexmarker"))
        // Nor is there a pack that would be taken for one with nothing to tell.
        let pack = try await browser.ask("GET", path + "/pack")
        #expect(pack.status == 403 && pack.body.contains("would lack what matters"))
        let form = try await browser.ask("GET", path + "/glass")
        #expect(form.body.contains("<option value=\"clinical\" selected>"), "\(form.body)")
        func send(_ reason: String, once: String) async throws -> Browser.Reply {
            try await browser.ask(
                "POST", path + "/glass",
                form: [
                    ("token", form.hidden("token")), ("once", once), ("compartment", "clinical"),
                    ("reason", reason),
                ])
        }
        #expect(try await send(" ", once: "abcdefgh1").status == 400)
        #expect(try await !browser.ask("GET", path).body.contains("Latexmarker"))
        let broken = try await send("She does not wake up", once: "abcdefgh2")
        #expect(broken.status == 303, "\(broken.body)")
        let during = try await browser.ask("GET", path)
        #expect(during.body.contains("Latexmarker") && during.body.contains("for an emergency"))
        #expect(try await browser.ask("GET", path + "/pack").body.contains("Latexmarker"))
        #expect(try await browser.ask("GET", "/residents/\(other.id)/pack").status == 403)
        let another = try await browser.ask("GET", "/residents/\(other.id)")
        #expect(another.status == 200 && !another.body.contains("Nutsmarker"))
        for _ in 0..<3 {
            served.wait(seconds: 25 * 60)
            _ = try await browser.ask("GET", "/")
        }
        let after = try await browser.ask("GET", path)
        #expect(after.status == 200 && !after.body.contains("Latexmarker"))
        let acts = try await served.site.audit(AuditQuery(action: .breakGlass))
        #expect(acts.count == 1 && acts[0].what.contains("She does not wake up"))
    }

    @Test func `an emergency reading waits until somebody else says on the page what they found`()
        async throws
    {
        let served = try await ServedSite()
        let resident = try await served.add("resident", [("familyName", "Whitfield")])
        _ = try await served.add("allergy", under: resident.id, [("agent", "Latex")])
        let carer = try await served.person("carer", [.careStaff, .auditor], reading: [.personal])
        let glass = try await carer.ask("GET", "/residents/\(resident.id)/glass")
        let broken = try await carer.ask(
            "POST", "/residents/\(resident.id)/glass",
            form: [
                ("token", glass.hidden("token")), ("once", "abcdefgh1"),
                ("compartment", "clinical"), ("reason", "Crew asks <b>"),
            ])
        #expect(broken.status == 303)
        let act = try #require(
            try await served.site.audit(AuditQuery(isBreakGlass: true)).first?.number)

        func send(
            _ browser: Browser, _ page: Browser.Reply, _ finding: String, act: Int64
        ) async throws -> Browser.Reply {
            try await browser.ask(
                "POST", "/emergencies",
                form: [
                    ("token", page.hidden("token")), ("act", String(act)), ("finding", finding),
                    ("once", "abcdefgh\(finding.count)"),
                ])
        }
        // Not by whoever did it, though their role would let them.
        let own = try await carer.ask("GET", "/emergencies")
        #expect(
            own.body.contains("You did this yourself") && !own.body.contains("name=\"finding\""))
        #expect(try await send(carer, own, "I was right", act: act).status == 400)
        #expect(try await served.site.status().unreviewedBreakGlass == 1)

        let admin = try await served.person("admin", [.administrator])
        for path in ["/partnership", "/emergencies"] {
            let page = try await admin.ask("GET", path)
            #expect(page.body.contains("href=\"/emergencies\""), "\(path)")
        }
        #expect(
            try await admin.ask("GET", "/partnership").body
                .contains("An emergency reading was not reviewed yet"))
        let page = try await admin.ask("GET", "/emergencies")
        #expect(page.body.contains("Crew asks &lt;b&gt;") && page.body.contains("carer Person"))
        #expect(!page.body.contains("Whitfield"), "an administrator is not told who it is")
        #expect(try await send(admin, page, " ", act: act).status == 400)
        let wrong = try await send(admin, page, "No such item", act: act + 1000)
        #expect(wrong.status == 400 && wrong.body.contains("no break-glass act"))
        let saved = try await send(admin, page, "The crew\r\nconfirms it", act: act)
        #expect(saved.header("Location") == "/emergencies?done=reviewed", "\(saved.body)")
        #expect(try await served.site.status().unreviewedBreakGlass == 0)
        let after = try await admin.ask("GET", "/emergencies?done=reviewed")
        #expect(after.body.contains("The crew confirms it") && after.body.contains("admin Person"))
        #expect(after.body.contains("Everything here was reviewed"))
        let item = try await served.site.audit(AuditQuery(isBreakGlass: true)).first
        #expect(item?.breakGlass?.review?.finding == "The crew confirms it")
        // Nobody else sees who read what.
        let reviewer = try await served.person("reviewer", [.reviewer])
        #expect(try await reviewer.ask("GET", "/emergencies").status == 403)
    }
}
