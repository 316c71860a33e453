import Foundation
import HTTPTypes
import KithModel
import KithProtocol
import Testing

@testable import KithReview
@testable import KithSite
@testable import KithStore

/// Every route against everyone who may not use it: none does anything, none tells anything.
@Suite struct EveryRouteTests {
    private let served: ServedSite
    private let marked: RecordView
    private let allergy: RecordView
    static let marker = "Zzyzxmarker"

    init() async throws {
        served = try await ServedSite()
        marked = try await served.add(
            "resident", [("familyName", Self.marker), ("nhsNumber", "9990001006")])
        allergy = try await served.add(
            "allergy", under: marked.id, [("agent", "\(Self.marker)cillin")])
    }

    /// The path of a route, with ids of records that exist.
    private func path(_ route: Route) -> String {
        let id = route.path.hasPrefix("/residents") ? marked.id : allergy.id
        return route.path.replacingOccurrences(
            of: ":id",
            with: route.path.hasPrefix("/conflicts")
                ? "\(allergy.id.short).severity" : id.description)
    }

    /// What every answer has to say, written down once more: what is taken out of the program's own list
    /// is missed here.
    private static let strict = [
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin", "X-Robots-Tag": "noindex, nofollow",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    ]
    private static let policy = [
        "default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self'",
        "font-src 'none'", "connect-src 'none'", "object-src 'none'", "form-action 'self'",
        "base-uri 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
    ]

    private func expectStrict(
        _ reply: Browser.Reply, _ what: String, caching: String = "no-store"
    ) {
        for (name, value) in Self.strict {
            #expect(reply.header(name) == value, "\(what): \(name)")
        }
        let policy = reply.header("Content-Security-Policy") ?? ""
        #expect(policy.components(separatedBy: "; ") == Self.policy, "\(what)")
        #expect(reply.header("Cache-Control") == caching, "\(what)")
        // Neither what serves it nor what others may do with it is told.
        for name in ["Server", "X-Powered-By", "Access-Control-Allow-Origin", "ETag"] {
            #expect(reply.header(name) == nil, "\(what): \(name)")
        }
        if !reply.body.isEmpty {
            let type = reply.header("Content-Type") ?? ""
            #expect(type.contains("charset=utf-8") || type == "image/svg+xml", "\(what): \(type)")
        }
    }

    @Test
    func `nobody who is not signed in gets anything, and every answer has the strict headers`()
        async throws
    {
        let browser = Browser(port: served.port)
        for route in Routes.all where route.access != .open {
            let reply = try await browser.ask(
                route.method.rawValue, path(route), form: route.method == .post ? [] : nil)
            #expect(
                route.method == .post ? reply.status == 401 : reply.status == 303,
                "\(route.path) \(reply.status)")
            #expect(!reply.body.contains(Self.marker), "\(route.path)")
            expectStrict(reply, route.path)
        }
        for path in ["/nothing", "/residents/", "/records/x/y/z"] {
            let reply = try await browser.ask("GET", path)
            #expect(reply.status == 404)
            expectStrict(reply, path)
        }
        expectStrict(try await browser.ask("GET", "/sign-in"), "/sign-in")
        expectStrict(try await browser.ask("POST", "/sign-in", form: []), "POST /sign-in")
        for path in [Assets.stylePath, Assets.scriptPath, Assets.iconPath] {
            let reply = try await browser.ask("GET", path)
            #expect(reply.status == 200)
            expectStrict(reply, path, caching: "public, max-age=31536000, immutable")
        }
    }

    @Test func `what is given to whoever may have it has the strict headers too`() async throws {
        let browser = try await served.person(
            "anna", [.clinician, .administrator, .auditor], reading: Compartment.granted)
        var shown = 0
        for route in Routes.all where route.method == .get {
            let reply = try await browser.ask("GET", path(route))
            expectStrict(reply, route.path)
            guard reply.status == 200 else { continue }
            if reply.body.contains(Self.marker) { shown += 1 }
            // And from every page there is the way out.
            #expect(reply.body.contains("action=\"/sign-out\""), "\(route.path)")
        }
        #expect(shown > 10)
    }

    @Test func `no method does anything but those that the page has`() async throws {
        let browser = try await served.person("anna", [.clinician, .administrator])
        let before = try await served.site.status().entries
        for method in ["TRACE", "OPTIONS", "PUT", "DELETE", "PATCH", "CONNECT", "PROPFIND"] {
            for path in ["/", "/residents/\(marked.id)", "/sign-out"] {
                let reply = try await browser.ask(method, path)
                #expect([400, 405].contains(reply.status), "\(method) \(path) \(reply.status)")
                #expect(!reply.body.contains(Self.marker), "\(method) \(path)")
            }
        }
        // The head of a page is that of the page, without a word of it.
        let head = try await browser.ask("HEAD", "/residents/\(marked.id)")
        #expect(head.status == 200 && head.body.isEmpty)
        #expect(try await served.site.status().entries == before)
    }

    @Test func `a role that does not include a route is refused there`() async throws {
        let people: [(WebRole, Browser)] = [
            (.reviewer, try await served.person("reviewer", [.reviewer])),
            (.careStaff, try await served.person("carer", [.careStaff])),
            (.administrator, try await served.person("admin", [.administrator])),
            (.auditor, try await served.person("auditor", [.auditor])),
        ]
        for (role, browser) in people {
            let token = try await token(of: browser)
            for route in Routes.all {
                guard case .oneOf(let permissions) = route.access,
                    role.permissions.isDisjoint(with: permissions)
                else { continue }
                let reply = try await browser.ask(
                    route.method.rawValue, path(route),
                    form: route.method == .post
                        ? [("token", token), ("once", "abcdefgh\(role)")] : nil)
                #expect(reply.status == 403, "\(role) \(route.path) \(reply.status)")
                #expect(!reply.body.contains(Self.marker), "\(role) \(route.path)")
            }
        }
        // What they posted was not done.
        #expect(try await served.site.record(marked.id.description, kind: nil).isArchived == false)
        // Each refusal is in the program's log: who and where, and nothing of any record.
        for login in ["reviewer", "carer", "admin", "auditor"] {
            let own = served.log.lines.filter { $0.contains("user=\(login)") }
            #expect(own.contains { $0.contains("refused") && $0.contains("route=/") }, "\(login)")
        }
        #expect(!served.log.lines.joined().contains(Self.marker))
    }

    private func token(of browser: Browser) async throws -> String {
        for path in ["/", "/audit", "/partnership"] {
            let token = try await browser.ask("GET", path).hidden("token")
            if !token.isEmpty { return token }
        }
        throw NoToken()
    }

    private struct NoToken: Error {}

    @Test func `a form without its token, of another origin or type does nothing`() async throws {
        let browser = try await served.person("anna", [.clinician, .administrator, .auditor])
        let other = try await served.person("otto", [.clinician])
        let (token, foreign) = (try await token(of: browser), try await self.token(of: other))
        let before = try await served.site.status().entries
        for route in Routes.all where route.method == .post && route.access != .open {
            let path = path(route)
            func post(
                _ token: String?, _ changing: [String: String?] = [:]
            ) async throws -> Int {
                let form = [("once", "abcdefgh")] + (token.map { [("token", $0)] } ?? [])
                return try await browser.ask("POST", path, form: form, changing: changing).status
            }
            #expect(try await post(nil) == 403, "\(path)")
            #expect(try await post("") == 403, "\(path)")
            #expect(try await post(foreign) == 403, "\(path)")
            #expect(try await post(token, ["Origin": "https://evil.example"]) == 403, "\(path)")
            #expect(try await post(token, ["Origin": "null"]) == 403, "\(path)")
            #expect(try await post(token, ["Origin": nil]) == 403, "\(path)")
            #expect(try await post(token, ["Content-Type": "text/plain"]) == 415, "\(path)")
            #expect(try await post(token, ["Content-Type": nil]) == 415, "\(path)")
            #expect(
                try await browser.ask("GET", path).status != 303
                    || !["/sign-out"].contains(path), "\(path)")
        }
        #expect(try await served.site.status().entries == before)
        // And by GET nothing is signed out either.
        #expect(try await browser.ask("GET", "/sign-out").status == 405)
        #expect(try await browser.ask("GET", "/").status == 200)
    }

    @Test(arguments: [
        "evil.example", "127.0.0.1.evil.example", "evil.example:443", "127.0.0.1@evil.example", "",
        "127.0.0.1:x", "[::1", "127.0.0.1,evil.example",
    ])
    func `another host name is refused, so that no other name's page reads this one`(
        host: String
    ) async throws {
        let browser = try await served.person("anna", [.clinician])
        for route in [("GET", "/"), ("POST", "/sign-in"), ("GET", Assets.stylePath)] {
            let reply = try await browser.ask(
                route.0, route.1, form: route.0 == "POST" ? [] : nil, changing: ["Host": host])
            #expect([400, 421].contains(reply.status), "\(host) \(reply.status)")
            #expect(!reply.body.contains(Self.marker))
        }
    }

    @Test
    func `whoever reads another compartment finds no page, title, count or result that leaks`()
        async throws
    {
        try await served.add("contact", [("name", "Nurse Known")])
        let browser = try await served.person("housing", [.careStaff], reading: [.relations])
        var paths = ["/", "/residents?search=\(Self.marker)", "/conflicts", "/round", "/contacts"]
        paths += ["/round/list?r=\(marked.id)", "/summary", "/partnership"]
        for id in [marked.id, allergy.id] {
            paths += [
                "/residents/\(id)", "/residents/\(id)/changes", "/residents/\(id)/timeline",
                "/residents/\(id)/pack", "/records/\(id)", "/records/\(id)/edit",
                "/records/new?kind=comment&parent=\(id)", "/records/new?kind=allergy&parent=\(id)",
                "/conflicts/\(id.short).severity", "/conflicts/\(id.short).nhsNumber",
            ]
        }
        for path in paths {
            let reply = try await browser.ask("GET", path)
            // What they typed themselves stands in the field that they typed it in.
            let told = reply.body.replacingOccurrences(of: "value=\"\(Self.marker)\"", with: "")
            #expect(!told.contains(Self.marker), "\(path)")
            #expect(!reply.body.contains("999 000 1006"), "\(path)")
            if path.contains(marked.id.description) || path.contains(allergy.id.short) {
                #expect([403, 404].contains(reply.status), "\(path) \(reply.status)")
                let missing = path.replacingOccurrences(
                    of: marked.id.description, with: String(repeating: "0", count: 26)
                ).replacingOccurrences(
                    of: allergy.id.description, with: String(repeating: "0", count: 26))
                let absent = try await browser.ask("GET", missing)
                #expect(absent.status == reply.status, "\(path): what is not there looks the same")
            }
        }
        #expect(try await browser.ask("GET", "/contacts").body.contains("Nurse Known"))
        // Writing what they may not read is refused too, whatever the form says.
        let page = try await browser.ask("GET", "/records/new?kind=contact")
        for (kind, parent) in [("allergy", marked.id.description), ("resident", "")] {
            let reply = try await browser.ask(
                "POST", "/records/new",
                form: [
                    ("token", page.hidden("token")), ("once", "abcdefgh\(kind)"), ("kind", kind),
                    ("parent", parent), ("v.agent", "x"), ("v.familyName", "x"),
                ])
            #expect([403, 404].contains(reply.status), "\(kind) \(reply.status)")
        }
    }

    @Test func `a value that names a record of another kind tells no title of it`() async throws {
        // As a member that lies writes it: the organisation of a contact is somebody's allergy.
        let contact = try await served.site.store.write { [allergy] transaction in
            let kind = try #require(Vocabulary.kind(named: "contact"))
            let id = transaction.cryptography.newRecordID()
            let values: [(String, FieldValue)] = [
                ("name", .text("Nurse Known")), ("organisation", .reference(allergy.id)),
            ]
            let skeleton = Skeleton(
                record: id, kind: kind.number,
                operations: try values.map {
                    .init(field: try #require(kind.field(named: $0.0)).number, supersedes: [])
                }, change: .create,
                committer: Person(user: "liar", name: "Liar", role: "", organisation: ""),
                performer: nil, event: nil, group: Data())
            _ = try transaction.author(
                [DraftPart(skeleton: skeleton, values: values.map(\.1), reason: "")],
                class: kind.entryClass, in: kind.compartment, of: allergy.partnershipID,
                now: Instant(Date()))
            return id
        }
        let browser = try await served.person("housing", [.careStaff], reading: [.relations])
        for path in ["/records/\(contact)", "/contacts"] {
            let reply = try await browser.ask("GET", path)
            #expect(reply.status == 200 && reply.body.contains("Nurse Known"), "\(path)")
            #expect(!reply.body.contains(Self.marker), "\(path)")
        }
        let view = try await served.site.record(contact.description, kind: nil)
        #expect(view.field("organisation")?.candidates.first?.words == allergy.id.short)
    }
}
