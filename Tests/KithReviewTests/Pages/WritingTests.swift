import Foundation
import KithModel
import KithSite
import Testing

@testable import KithReview

/// Forms: what is written, what is kept beside it, and what hostile names look like.
@Suite struct WritingTests {
    private let served: ServedSite
    private let resident: RecordView

    init() async throws {
        served = try await ServedSite()
        resident = try await served.add(
            "resident", [("familyName", "Whitfield"), ("dateOfBirth", "1938-04-02")])
    }

    private func fill(
        _ page: Browser.Reply, _ typed: [(String, String)]
    ) -> [(String, String)] { page.fill(typed) }

    @Test func `a saved form is on the plan at once, and sent twice it is there once`()
        async throws
    {
        let browser = try await served.person("carer", [.careStaff])
        let page = try await browser.ask(
            "GET", "/records/new?kind=allergy&parent=\(resident.id)")
        #expect(page.status == 200)
        let form = fill(page, [("v.agent", "Latex"), ("v.severity", "severe")])
        // Without its mark it could not be told from itself when it comes again.
        for mark in ["", "short", String(repeating: "x", count: 65)] {
            let unmarked = form.filter { $0.0 != "once" } + [("once", mark)]
            let reply = try await browser.ask("POST", "/records/new", form: unmarked)
            #expect(reply.status == 400, "\(mark)")
        }
        let first = try await browser.ask("POST", "/records/new", form: form)
        let second = try await browser.ask("POST", "/records/new", form: form)
        #expect(first.status == 303, "\(first.body)")
        #expect(second.header("Location") == first.header("Location"))
        let plan = try await browser.ask("GET", "/residents/\(resident.id)")
        #expect(plan.body.components(separatedBy: "<h4>Latex</h4>").count == 2)
        #expect(plan.body.contains("carer Person"))
        #expect(try await served.site.records(RecordQuery(kind: "allergy")).count == 1)
    }

    @Test func `two people who change the same keep both, and the second is told`() async throws {
        let allergy = try await served.add(
            "allergy", under: resident.id, [("agent", "Latex"), ("severity", "mild")])
        let one = try await served.person("one", [.careStaff])
        let two = try await served.person("two", [.careStaff])
        let path = "/records/\(allergy.id)/edit"
        let (first, second) = (
            try await one.ask("GET", path), try await two.ask("GET", path)
        )
        func send(
            _ browser: Browser, _ page: Browser.Reply, _ word: String
        ) async throws
            -> Browser.Reply
        {
            try await browser.ask("POST", path, form: fill(page, [("v.severity", word)]))
        }
        #expect(try await send(one, first, "severe").header("Location")?.hasSuffix("saved") == true)
        let both = try await send(two, second, "moderate")
        #expect(both.header("Location")?.hasSuffix("both") == true, "\(both.status) \(both.body)")
        let plan = try await one.ask("GET", "/residents/\(resident.id)")
        for words in ["Severe", "Moderate", "2 values, not yet decided"] {
            #expect(plan.body.contains(words), "\(words)")
        }
        // A field that nobody changed is not written again.
        #expect(try await served.site.history(allergy.id.description).count == 5)
    }

    @Test func `a form of one person's tab is saved for that person, whatever another tab shows`()
        async throws
    {
        let other = try await served.add("resident", [("familyName", "Adeyemi")])
        let browser = try await served.person("carer", [.careStaff])
        let page = try await browser.ask("GET", "/records/new?kind=note&parent=\(resident.id)")
        #expect(
            page.body.contains(
                "<strong>Whitfield</strong> · <span class=\"whole\">born 1938-04-02</span>"))
        _ = try await browser.ask("GET", "/records/new?kind=note&parent=\(other.id)")
        let saved = try await browser.ask(
            "POST", "/records/new", form: fill(page, [("v.text", "for Whitfield")]))
        #expect(saved.header("Location")?.hasPrefix("/residents/\(resident.id)") == true)
        let notes = try await served.site.records(RecordQuery(kind: "note"))
        #expect(notes.map(\.parent) == [resident.id])
    }

    @Test func `more than the form has is not taken: neither roles nor other fields`() async throws
    {
        let browser = try await served.person("reviewer", [.reviewer])
        let page = try await browser.ask("GET", "/records/new?kind=comment&parent=\(resident.id)")
        for (field, value) in [
            ("kind", "allergy"), ("attest", "yes"), ("v.archived", "yes"),
            ("role", "administrator"),
            ("v.source", "forged"), ("v.parent", "x"),
        ] {
            var form = fill(page, [("v.text", "a remark"), ("v.agent", "x")])
            form.removeAll { $0.0 == field || $0.0 == "once" }
            form += [(field, value), ("once", "abcdefgh\(field)")]
            let reply = try await browser.ask("POST", "/records/new", form: form)
            #expect([303, 400, 403].contains(reply.status), "\(field) \(reply.status)")
        }
        #expect(try await served.site.records(RecordQuery(kind: "allergy")).isEmpty)
        let users = try await served.site.users()
        #expect(users.first?.roles == [.reviewer])
        for comment in try await served.site.records(
            RecordQuery(kind: "comment", includesArchived: true))
        {
            #expect(!comment.isArchived && comment.field("source")?.candidates.isEmpty == true)
            #expect(comment.created.entryClass == .comment)
        }
    }

    @Test func `a decision is signed by a clinician who proves who it is, and by nobody else`()
        async throws
    {
        let clinician = try await served.person("doctor", [.clinician])
        let carer = try await served.person("carer", [.careStaff])
        let path = "/records/new?kind=cprDecision&parent=\(resident.id)"
        let typed = [
            ("v.decision.value", "not-for"), ("v.decision.date", "2026-11-20"), ("attest", "yes"),
        ]
        let page = try await carer.ask("GET", path)
        #expect(!page.body.contains("name=\"attest\""))
        let refused = try await carer.ask("POST", "/records/new", form: fill(page, typed))
        #expect(refused.status == 400 && refused.body.contains("role does not include"))
        served.wait(seconds: 600)
        let form = try await clinician.ask("GET", path)
        #expect(form.body.contains("A new code, to sign"))
        let unproved = try await clinician.ask("POST", "/records/new", form: fill(form, typed))
        #expect(unproved.status == 400 && unproved.body.contains("signed with your password"))
        // What was typed is still there.
        #expect(unproved.body.contains("value=\"2026-11-20\""))
        let signed = try await clinician.ask(
            "POST", "/records/new",
            form: fill(
                unproved,
                typed + [("password", ServedSite.password), ("code", try served.code("doctor"))]))
        #expect(signed.status == 303, "\(signed.body)")
        let decisions = try await served.site.records(RecordQuery(kind: "cprDecision"))
        #expect(decisions.first?.created.entryClass == .decision)
    }

    @Test(arguments: [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{token}}{{{token}}}",
        "javascript:alert(1)", "'; DROP TABLE record; --", "\u{202E}gnp.exe", "</textarea><b>",
        "&lt;b&gt;", "=HYPERLINK(\"http://evil\")", "%00%0d%0a", "a\" onfocus=\"x",
        // To Swift each mark is one character with the accent over it; to a browser it is the mark.
        "\"\u{338} onfocus=alert(1) x=\"\u{338}", "\"\u{301}>\u{301}<\u{301}img src=x>",
    ])
    func `hostile names are shown as the text they are, wherever they stand`(
        name: String
    ) async throws {
        let patient = try await served.add(
            "resident", [("familyName", name), ("address", "\(name)\n\(name)")])
        _ = try await served.add("allergy", under: patient.id, [("agent", name)])
        let plan = try await served.add("plan", under: patient.id, [("title", name)])
        _ = try await served.add("contact", [("name", name), ("role", name)])
        let browser = try await served.person("anna", [.clinician, .administrator, .auditor])
        // A stranger may type anything as a login, and in the header that says what they use.
        let stranger = try await Browser(port: served.port).ask(
            "POST", "/sign-in", form: [("login", name), ("password", "x"), ("code", "1")],
            changing: [
                "User-Agent": String(name.unicodeScalars.filter(\.isASCII).map(Character.init))
            ])
        #expect(stranger.status == 401)
        for path in [
            "/audit", "/", "/residents", "/residents?search=\(Browser.encoded(name))",
            "/residents/\(patient.id)", "/residents/\(patient.id)/changes",
            "/residents/\(patient.id)/timeline", "/residents/\(patient.id)/pack",
            "/records/\(plan.id)/edit", "/contacts", "/round",
            "/round/list?r=\(patient.id)", "/summary", "/audit?user=\(Browser.encoded(name))",
            "/records/new?kind=signOff&parent=\(plan.id)&field=\(Browser.encoded(name))",
        ] {
            let reply = try await browser.ask("GET", path)
            #expect(reply.status == 200, "\(path) \(reply.status)")
            for raw in [
                "<script>alert", "<img", "</textarea><b>", "\u{202E}", "onfocus=\"x", "href=\"java",
            ] where !(path.hasSuffix("/edit") && raw == "\u{202E}") {
                // A field for changing a name holds the name as it is.
                #expect(!reply.body.contains(raw), "\(path): \(raw)")
            }
            for mark in ["\"", "<", ">"] {
                for accent in ["\u{301}", "\u{338}"] {
                    let raw = Array((mark + accent).utf8)
                    #expect(
                        !Array(reply.body.utf8).contains(raw), "\(path): \(mark) under an accent")
                }
            }
        }
    }

    @Test(arguments: [
        ("resident", "nhsNumber", "9434765918"), ("resident", "dateOfBirth", "2026-02-30"),
        ("resident", "dateOfBirth", "1850-01-01"),
        ("resident", "familyName", "two\nlines"), ("resident", "familyName", "bell \u{7}"),
        ("resident", "familyName", String(repeating: "x", count: 20_001)),
        ("resident", "familyName", ""),
        ("contact", "phone", "ring me"), ("contact", "email", "nobody"),
        ("allergy", "severity", "bogus"), ("allergy", "agent", "  "),
        ("hospitalContact", "start", "yesterday"), ("cprDecision", "decision.value", "perhaps"),
        ("plan", "nextReview", "soon"),
    ])
    func `what a field does not take is refused here, whatever the browser let through`(
        kind: String, field: String, value: String
    ) async throws {
        let browser = try await served.person("carer", [.careStaff])
        let isOfPerson = !["resident", "contact"].contains(kind)
        let path = "/records/new?kind=\(kind)" + (isOfPerson ? "&parent=\(resident.id)" : "")
        let page = try await browser.ask("GET", path)
        var form = page.fill([
            ("v.familyName", "Brown"), ("v.name", "Nurse Joy"), ("v.agent", "Latex"),
            ("v.title", "Falls"), ("v.status", "active"), ("v.decision.date", "2026-11-20"),
            ("partnership", page.optionValue),
        ])
        form.removeAll { $0.0 == "v.\(field)" }
        form.append(("v.\(field)", value))
        let before = try await served.site.status().entries
        let reply = try await browser.ask("POST", "/records/new", form: form)
        #expect(reply.status == 400, "\(reply.status)")
        #expect(reply.body.contains("Not saved: "), "\(reply.body)")
        // It is told at the field, and what was typed beside it is still there.
        #expect(reply.body.contains("class=\"row wrong\""), "\(reply.body)")
        #expect(try await served.site.status().entries == before)
    }

    @Test(arguments: ["'\"", "%%%", "a* OR b", "\"\"", "NEAR(", "\\", "_", "(((", "9990"])
    func `a search takes its words as words`(text: String) async throws {
        let browser = try await served.person("anna", [.reviewer])
        let reply = try await browser.ask("GET", "/residents?search=\(Browser.encoded(text))")
        #expect(reply.status == 200 && reply.body.contains("0 residents found"))
    }

    @Test func `a record that was erased while its form stood open changes nothing, and says so`()
        async throws
    {
        let browser = try await served.person("carer", [.careStaff])
        let note = try await served.add("allergy", under: resident.id, [("agent", "Latex")])
        let page = try await browser.ask("GET", "/records/\(note.id)/edit")
        _ = try await served.site.erase(
            ErasureDraft(
                record: note.id.description, version: nil, reason: "written of somebody else",
                isPreview: false),
            by: Author(user: "root", name: "Somebody", role: "administrator"))
        let reply = try await browser.ask(
            "POST", "/records/\(note.id)/edit", form: fill(page, [("v.severity", "severe")]))
        #expect(
            reply.status == 400 && reply.body.contains("was erased meanwhile"), "\(reply.status)")
        #expect(reply.body.contains("value=\"severe\" selected"), "what was chosen is still there")
        let after = try await served.site.record(note.id.description, kind: nil)
        #expect(after.field("severity")?.candidates.isEmpty == true)
        let plan = try await browser.ask("GET", "/residents/\(resident.id)")
        #expect(plan.status == 200 && !plan.body.contains("Latex"))
    }

    @Test func `an empty site says how to begin`() async throws {
        let empty = try await ServedSite()
        let browser = Browser(port: empty.port)
        #expect(try await browser.ask("GET", "/sign-in").body.contains("kith user add"))
        let anna = try await empty.person("anna", [.careStaff])
        let today = try await anna.ask("GET", "/")
        #expect(today.body.contains("How to begin") && today.body.contains("no partners yet"))
        for path in ["/residents", "/conflicts", "/round", "/contacts", "/partnership", "/summary"]
        {
            #expect(try await anna.ask("GET", path).status == 200, "\(path)")
        }
    }
}
