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
        let form = try await browser.ask("GET", path + "/glass")
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
}
