import Foundation
import KithModel
import KithSite
import Testing

@testable import KithReview

/// Sessions as a browser and as a thief of cookies see them.
@Suite struct SessionTests {
    private let served: ServedSite

    init() async throws { served = try await ServedSite() }

    @Test func `cookies are for this host, TLS and HTTP alone, and new at each sign-in`()
        async throws
    {
        let browser = try await served.person("anna", [.reviewer])
        var again = Browser(port: served.port)
        let reply = try await again.ask(
            "POST", "/sign-in",
            form: [
                ("login", "anna"), ("password", ServedSite.password),
                ("code", try served.code("anna")),
            ])
        again.keep(reply)
        let set = reply.headers.filter { $0.name.lowercased() == "set-cookie" }.map(\.value)
        #expect(set.count == 2)
        for cookie in set {
            #expect(cookie.hasPrefix("__Host-"))
            for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
                #expect(cookie.contains(part), "\(cookie)")
            }
            #expect(!cookie.contains("Domain"))
        }
        #expect(again.cookies[Cookies.session] != browser.cookies[Cookies.session])
    }

    @Test func `a cookie that somebody else chose is never taken over`() async throws {
        let anna = try await served.person("anna", [.reviewer])
        let chosen = String(repeating: "A", count: anna.cookies[Cookies.session]?.count ?? 0)
        var browser = Browser(port: served.port, cookies: [Cookies.session: chosen])
        let reply = try await browser.ask(
            "POST", "/sign-in",
            form: [
                ("login", "anna"), ("password", ServedSite.password),
                ("code", try served.code("anna")),
            ])
        browser.keep(reply)
        #expect(reply.status == 303 && browser.cookies[Cookies.session] != chosen)
        let fixed = Browser(port: served.port, cookies: [Cookies.session: chosen])
        #expect(try await fixed.ask("GET", "/").status == 303)
        // Beside the real one it makes both worth nothing: which was meant cannot be known.
        let real = try #require(browser.cookies[Cookies.session])
        for both in [[real, chosen], [chosen, real]] {
            let cookies = both.map { "\(Cookies.session)=\($0)" }.joined(separator: "; ")
            let reply = try await browser.ask("GET", "/", changing: ["Cookie": cookies])
            #expect(reply.status == 303)
        }
        #expect(try await browser.ask("GET", "/").status == 200)
    }

    @Test
    func `whoever proves again who they are gets a new token, and open forms are still taken`()
        async throws
    {
        let resident = try await served.add("resident", [("familyName", "Whitfield")])
        var doctor = try await served.person("doctor", [.clinician, .careStaff])
        let note = try await doctor.ask("GET", "/records/new?kind=note&parent=\(resident.id)")
        served.wait(seconds: 600)
        let page = try await doctor.ask(
            "GET", "/records/new?kind=cprDecision&parent=\(resident.id)")
        func form(_ decision: String, _ password: String) throws -> [(String, String)] {
            page.fill([
                ("v.decision.value", decision), ("v.decision.date", "2026-11-20"),
                ("attest", "yes"), ("password", password), ("code", try served.code("doctor")),
            ])
        }
        let old = doctor
        let wrong = try await doctor.ask("POST", "/records/new", form: form("for", "not this"))
        #expect(wrong.status == 400 && wrong.header("Set-Cookie") == nil)
        // What the site does not take renews the token too: the proof was right.
        let refused = try await doctor.ask(
            "POST", "/records/new", form: form("perhaps", ServedSite.password))
        #expect(refused.status == 400, "\(refused.status)")
        doctor.keep(refused)
        let typed = try form("not-for", ServedSite.password)
        let signed = try await doctor.ask("POST", "/records/new", form: typed)
        #expect(signed.status == 303, "\(signed.body)")
        doctor.keep(signed)
        let (before, now) = (old.cookies[Cookies.session], doctor.cookies[Cookies.session])
        #expect(now != before && now?.isEmpty == false)
        // Whoever took the old one along is out; the form that was sent twice was done, and says no more.
        #expect(try await old.ask("GET", "/").header("Location") == "/sign-in")
        let twice = try await old.ask("POST", "/records/new", form: typed)
        #expect(twice.header("Location") == signed.header("Location"), "\(twice.status)")
        let unknown = typed.filter { $0.0 != "once" } + [("once", served.once())]
        #expect(try await old.ask("POST", "/records/new", form: unknown).status == 401)
        let thief = Browser(
            port: served.port, cookies: [Cookies.session: String((now ?? "").reversed())])
        #expect(try await thief.ask("POST", "/records/new", form: typed).status == 401)
        #expect(try await served.site.records(RecordQuery(kind: "cprDecision")).count == 1)
        // And what was typed in another tab before is saved.
        let saved = try await doctor.ask(
            "POST", "/records/new", form: note.fill([("v.text", "Slept well")]))
        #expect(saved.status == 303, "\(saved.body)")
    }

    @Test func `another password ends every other session, and gives this one a new token`()
        async throws
    {
        var anna = try await served.person("anna", [.reviewer])
        let (old, other) = (anna, try await served.signIn("anna", ServedSite.password))
        let page = try await anna.ask("GET", "/account")
        #expect(page.status == 200)
        let sent = try await anna.ask(
            "POST", "/account/password",
            form: [
                ("token", page.hidden("token")), ("once", served.once()),
                ("password", ServedSite.password), ("code", try served.code("anna")),
                ("newPassword", "eight blue saucepans"),
                ("newPasswordAgain", "eight blue saucepans"),
            ])
        #expect(sent.header("Location") == "/account?done=password", "\(sent.body)")
        anna.keep(sent)
        #expect(try await anna.ask("GET", "/account?done=password").status == 200)
        for gone in [old, other] {
            #expect(try await gone.ask("GET", "/").header("Location") == "/sign-in")
        }
    }

    @Test func `a cookie is worth nothing after sign-out, disabling, or half an hour`() async throws
    {
        let browser = try await served.person("anna", [.reviewer])
        let page = try await browser.ask("GET", "/")
        let out = try await browser.ask(
            "POST", "/sign-out", form: [("token", page.hidden("token")), ("once", "abcdefgh")])
        #expect(out.status == 303 && out.header("Clear-Site-Data") == "\"cache\"")
        #expect(try await browser.ask("GET", "/").header("Location") == "/sign-in")
        let second = try await served.signIn("anna", ServedSite.password)
        served.wait(seconds: 31 * 60)
        #expect(try await second.ask("GET", "/").status == 303)
        let third = try await served.signIn("anna", ServedSite.password)
        _ = try await served.site.changeUser(UserChange(login: "anna", act: .disable))
        #expect(try await third.ask("GET", "/").status == 303)
    }

    @Test func `what was typed when the session ended is kept, signed in for, and saved`()
        async throws
    {
        let browser = try await served.person("anna", [.careStaff])
        let page = try await browser.ask("GET", "/records/new?kind=contact")
        served.wait(seconds: 31 * 60)
        var form = [
            ("token", page.hidden("token")), ("once", page.hidden("once")), ("kind", "contact"),
            ("parent", ""), ("partnership", page.optionValue), ("seen", "0"),
            ("v.name", "Kept \"Nurse\" <b>"),
        ]
        let secrets = ["password", "code", "newPassword", "newPasswordAgain"]
        let demand = try await browser.ask(
            "POST", "/records/new", form: form + secrets.map { ($0, "Zzyzx secret") })
        // What proves who somebody is does not stand in a page.
        #expect(!demand.body.contains("Zzyzx"))
        #expect(demand.status == 401 && demand.body.contains("What you typed is kept"))
        #expect(demand.hidden("kept.v.name") == "Kept &quot;Nurse&quot; &lt;b&gt;")
        #expect(try await served.site.records(RecordQuery(kind: "contact")).isEmpty)
        // The fields go along with the sign-in, as the page's own form sends them.
        form = form.filter { !["token", "once"].contains($0.0) }.map { ("kept.\($0.0)", $0.1) }
        form += [
            ("keptPath", "/records/new"), ("login", "anna"), ("password", ServedSite.password),
            ("code", try served.code("anna")),
        ]
        var fresh = Browser(port: served.port)
        let shown = try await fresh.ask("POST", "/sign-in", form: form)
        fresh.keep(shown)
        #expect(shown.status == 200 && shown.body.contains("Save what you typed"))
        // It is shown under the name that the form has for it.
        #expect(
            shown.body.contains(
                "<dt>Name</dt><dd class=\"text\">Kept &quot;Nurse&quot; &lt;b&gt;</dd>"))
        let saved = try await fresh.ask(
            "POST", "/records/new",
            form: [
                ("token", shown.hidden("token")), ("once", "abcdefgh1"), ("kind", "contact"),
                ("parent", ""), ("partnership", page.optionValue), ("seen", "0"),
                ("v.name", "Kept \"Nurse\" <b>"),
            ])
        #expect(saved.status == 303, "\(saved.body)")
        let contacts = try await served.site.records(RecordQuery(kind: "contact"))
        #expect(contacts.map(\.title) == ["Kept \"Nurse\" <b>"])
    }

    @Test func `what was kept is shown with whose it is, also where it is about several`()
        async throws
    {
        var residents: [RecordView] = []
        for name in ["Whitfield", "Adeyemi"] {
            residents.append(
                try await served.add(
                    "resident", [("familyName", name), ("dateOfBirth", "1938-04-02")]))
        }
        let allergy = try await served.add("allergy", under: residents[0].id, [("agent", "Latex")])
        func kept(
            _ fields: [(String, String)], _ path: String, by login: String = "mary"
        ) async throws -> Browser.Reply {
            try await Browser(port: served.port).ask(
                "POST", "/sign-in",
                form: fields.map { ("kept.\($0.0)", $0.1) } + [
                    ("keptPath", path), ("login", login), ("password", ServedSite.password),
                    ("code", try served.code(login)),
                ])
        }
        _ = try await served.person("mary", [.careStaff])
        let whose = "For <strong>Whitfield</strong> · <span class=\"whole\">born 1938-04-02"
        for (fields, path) in [
            (
                [("kind", "note"), ("parent", "\(residents[0].id)"), ("v.text", "x")],
                "/records/new"
            ),
            ([("kind", "comment"), ("parent", "\(allergy.id)"), ("v.text", "x")], "/records/new"),
            ([("v.severity", "severe")], "/records/\(allergy.id)/edit"),
            ([("compartment", "clinical")], "/residents/\(residents[0].id)/glass"),
        ] as [([(String, String)], String)] {
            let page = try await kept(fields, path)
            #expect(page.status == 200 && page.body.contains(whose), "\(path) \(page.body)")
        }
        let round = try await kept(
            residents.map { ("outcome.\($0.id)", "of \($0.title)") }, "/round")
        for name in ["Whitfield", "Adeyemi"] {
            #expect(
                round.body.contains("<dt>Outcome (\(name))</dt><dd class=\"text\">of \(name)</dd>"))
        }
        // Whoever may not know who it is about is not told by signing in with an address.
        _ = try await served.person("narrow", [.careStaff], reading: [.relations])
        let fields = [("kind", "note"), ("parent", "\(residents[0].id)")]
        let outcome = ("outcome.\(residents[0].id)", "x")
        let told = try await kept(fields + [outcome], "/records/new", by: "narrow")
        #expect(told.status == 200 && !told.body.contains("Whitfield"), "\(told.body)")
        let reads = try await served.site.audit(AuditQuery(user: "mary", action: .read))
        #expect(reads.contains { $0.record == residents[0].id })
    }

    /// An attempt to sign in on the page.
    private func attempt(
        _ browser: Browser, _ password: String, _ code: String
    ) async throws -> Browser.Reply {
        try await browser.ask(
            "POST", "/sign-in",
            form: [("login", "manager"), ("password", password), ("code", code)])
    }

    @Test
    func `strangers who guess on the page are made to wait, and the manager gets in meanwhile`()
        async throws
    {
        // The manager's browser has signed in before, and signs out.
        var manager = try await served.person("manager", [.administrator])
        let page = try await manager.ask("GET", "/")
        let token = try await manager.ask("GET", page.header("Location") ?? "/").hidden("token")
        manager.keep(
            try await manager.ask(
                "POST", "/sign-out", form: [("token", token), ("once", served.once())]))
        var told: [Int] = []
        for number in 0..<12 {
            // Each from another address, so that the account alone is what is guarded.
            let stranger = Browser(port: served.port, from: "127.0.0.\(100 + number)")
            let reply = try await attempt(stranger, "guess number \(number)", "000000")
            #expect(reply.status == 401 && reply.header("Set-Cookie") == nil)
            if reply.body.contains("wrong too often") { told.append(number) }
        }
        #expect(told == [10, 11])
        // Even what is right is not looked at while they wait.
        let stranger = Browser(port: served.port, from: "127.0.0.99")
        let code = try served.code("manager")
        let right = try await attempt(stranger, ServedSite.password, code)
        #expect(right.status == 401 && right.body.contains("wrong too often"))
        #expect(try await attempt(manager, ServedSite.password, code).status == 303)
        served.wait(seconds: 700)
        let later = try await attempt(stranger, ServedSite.password, try served.code("manager"))
        #expect(later.status == 303, "and an account is never shut for good")
    }

    @Test func `a password of one's own is typed twice alike before it counts`() async throws {
        let made = try await served.account("nora", [.reviewer])
        func attempt(_ first: String, _ second: String) async throws -> Browser.Reply {
            try await Browser(port: served.port).ask(
                "POST", "/sign-in",
                form: [
                    ("login", "nora"), ("password", made), ("code", try served.code("nora")),
                    ("newPassword", first), ("newPasswordAgain", second),
                ])
        }
        for (first, second) in [
            (ServedSite.password, ServedSite.password + "s"), (ServedSite.password, ""),
            ("", ServedSite.password),
        ] {
            let reply = try await attempt(first, second)
            #expect(reply.status == 401 && reply.header("Set-Cookie") == nil, "\(first) \(second)")
        }
        #expect(try await attempt(ServedSite.password, ServedSite.password).status == 303)
    }

    @Test func `a code that was typed once is worth nothing to whoever saw it`() async throws {
        _ = try await served.person("manager", [.administrator])
        let code = try served.code("manager")
        let (first, second) = (Browser(port: served.port), Browser(port: served.port))
        #expect(try await attempt(first, ServedSite.password, code).status == 303)
        let again = try await attempt(second, ServedSite.password, code)
        #expect(again.status == 401 && again.body.contains("Each code counts once"))
        served.wait(seconds: 30)
        #expect(try await attempt(second, ServedSite.password, code).status == 401)
    }

    @Test(arguments: [
        "//evil.example", "/\\evil.example", "https://evil.example", "/x\r\nSet-Cookie: a=b",
        "javascript:alert(1)", "evil",
    ])
    func `after the sign-in nobody is sent elsewhere`(next: String) async throws {
        _ = try await served.person("anna", [.reviewer])
        let browser = Browser(port: served.port)
        let reply = try await browser.ask(
            "POST", "/sign-in",
            form: [
                ("login", "anna"), ("password", ServedSite.password),
                ("code", try served.code("anna")), ("next", next),
            ])
        #expect(reply.header("Location") == "/", "\(reply.header("Location") ?? "")")
        #expect(reply.headers.filter { $0.name == "Set-Cookie" && $0.value == "a=b" }.isEmpty)
    }

    @Test func `every reading stands in the audit, with who and about whom`() async throws {
        let resident = try await served.add("resident", [("familyName", "Whitfield")])
        let browser = try await served.person("anna", [.reviewer])
        let plan = try await served.add("plan", under: resident.id, [("title", "Falls")])
        func items(_ record: RecordID?) async throws -> [AuditItem] {
            try await served.site.audit(
                AuditQuery(user: "anna", action: .read, record: record?.description))
        }
        let ofOne = ["", "/changes", "/timeline", "/pack", "/glass"].map {
            "/residents/\(resident.id)\($0)"
        }
        let others = ["/records/\(resident.id)?all=1", "/round/list?r=\(resident.id)", "/summary"]
        for path in ofOne + others {
            let before = try await items(resident.id).count
            let reply = try await browser.ask("GET", path)
            #expect(reply.status == 200, "\(path) \(reply.body)")
            let added = try await items(resident.id).dropLast(before)
            #expect(!added.isEmpty, "\(path) is not in the audit")
            #expect(added.allSatisfy { $0.channel == .webPage && $0.actor.name == "anna Person" })
        }
        // Whose record it is stands beside the record.
        _ = try await browser.ask("GET", "/records/\(plan.id)")
        #expect(try await items(plan.id).first?.resident == resident.id)
        // Lists and searches are looked at, too, if not of one person.
        for path in ["/", "/residents", "/residents?search=Whit"] {
            let before = try await items(nil).count
            #expect(try await browser.ask("GET", path).status == 200)
            #expect(try await items(nil).count > before, "\(path) is not in the audit")
        }
    }
}

extension Browser.Reply {
    /// The value of the first choice on the page.
    var optionValue: String {
        guard let start = body.range(of: "<option value=\"") else { return "" }
        return String(body[start.upperBound...].prefix { $0 != "\"" })
    }
}
