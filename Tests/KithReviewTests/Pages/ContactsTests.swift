import Foundation
import KithModel
import KithSite
import Testing

@testable import KithReview

/// The people of the partnership, and how current what they sent is.
@Suite struct ContactsTests {
    @Test func `contacts are one tap away, with when they were spoken to and are due`() async throws
    {
        let served = try await ServedSite()
        let joy = try await served.add(
            "contact",
            [
                ("name", "Nurse Joy"), ("role", "community nurse"), ("phone", "01632 960001"),
                ("email", "joy+ward@example.org"), ("escalationPhone", "+44 1632 960099"),
                ("escalationFor", "a fall at night"),
            ])
        try await served.add("contact", [("name", "Dr Silent"), ("phone", "01632 960002")])
        for (when, due) in [
            ("2026-01-05T10:00:00Z", "2026-12-24"), ("2099-01-01T09:30:00Z", "2027-02-01"),
        ] {
            try await served.add(
                "interaction",
                [
                    ("kind", "phone"), ("when", when), ("subject", "Dressings"),
                    ("contact", joy.id.description), ("nextDue", due),
                ], in: "Elm House (private)")
        }
        let anna = try await served.person("anna", [.reviewer])
        let page = try await anna.ask("GET", "/contacts")
        #expect(page.status == 200)
        for link in [
            "href=\"tel:01632960001\"", "href=\"tel:+441632960099\"",
            "href=\"mailto:joy%2Bward%40example.org\"",
        ] {
            #expect(page.body.contains(link), "\(link): \(page.body)")
        }
        let cards = page.body.components(separatedBy: "<article class=\"card\">")
        let card = try #require(cards.first { $0.contains("Nurse Joy") })
        #expect(card.contains("Ring when: a fall at night") && card.contains("community nurse"))
        // The latest that was said, and the first that is due.
        #expect(card.contains("Last spoken: 2099-01-01") && card.contains("next due 2026-12-24"))
        let silent = try #require(cards.first { $0.contains("Dr Silent") })
        #expect(silent.contains("nothing noted") && silent.contains("not in the last 90 days"))
    }

    @Test func `a partner that was not level for a day and a half is named in a banner`()
        async throws
    {
        let served = try await ServedSite()
        let site = try await served.site.profile().site
        let review = Review(
            site: served.site, siteName: "Elm House",
            configuration: ReviewConfiguration(host: "127.0.0.1", port: 0, names: []),
            zone: .gmt, now: { Instant(milliseconds: 1_800_000_000_000) })
        _ = try await served.account("all", [.clinician], reading: Compartment.granted)
        _ = try await served.account("some", [.careStaff], reading: [.personal])
        let users = try await served.site.users()
        func visit(of login: String) throws -> Visit {
            let user = try #require(users.first { $0.login == login })
            return Visit(
                review: review, target: "/", parameters: [:], query: FormFields(),
                form: FormFields(),
                session: WebSession(
                    user: user, begun: review.now(), proved: review.now(), formToken: ""),
                token: nil, device: nil, address: "", certificate: nil, now: review.now())
        }
        let reader = try visit(of: "all")
        func peer(_ name: String, hours: Int64?, toSend: Int = 0) -> PeerView {
            PeerView(
                site: site, name: name, addresses: [], isEnabled: true, partnerships: ["Plans"],
                lastEqual: hours.map {
                    Instant(milliseconds: 1_800_000_000_000 - $0 * 3_600_000)
                }, lastAttempt: nil, lastProblem: nil, entriesToSend: toSend)
        }
        let peers = [
            peer("River <b>", hours: 35, toSend: 3), peer("Late", hours: 37),
            peer("Never", hours: nil),
        ]
        let warning = try #require(Currency.warning(peers, in: "Plans", reader))
        #expect(warning.contains("Late, Never") && !warning.contains("River"))
        #expect(Currency.warning(Array(peers.prefix(1)), in: "Plans", reader) == nil)
        #expect(Currency.warning(peers, in: "Others", reader) == nil)
        let nodes = Currency.nodes(peers, in: "Plans", reader)
        #expect(
            nodes.map { $0["word"] as? String } == [
                "Up to date", "Not up to date", "Not heard from",
            ])
        #expect((nodes[0]["received"] as? String)?.contains("not proved to hold 3 entries") == true)
        let told = Currency.nodes(peers, in: "Plans", try visit(of: "some"))[0]["received"]
        #expect((told as? String)?.contains("not proved to hold everything") == true)
        #expect((nodes[2]["heard"] as? String)?.contains("nothing of theirs") == true)
        let receipts = Currency.receipts(
            [
                VersionReceipt(
                    site: site, name: "River", hasReceived: true,
                    signed: Instant(milliseconds: 1_800_000_000_000)),
                VersionReceipt(site: site, name: "Late", hasReceived: false, signed: nil),
            ], reader)
        #expect(receipts.count == 2 && receipts[0].contains("held by River (signed "))
        #expect(receipts[1] == "Not yet signed for by Late.")
        let map = Pictures.map(
            "Elm House", nodes.map { ($0["name"] as? String ?? "", $0["level"] as? String ?? "") })
        #expect(map.contains("1 of them up to date") && map.contains("River &lt;b&gt;"))
        #expect(map.components(separatedBy: "stroke-dasharray").count == 2, "one line is broken")
    }
}
