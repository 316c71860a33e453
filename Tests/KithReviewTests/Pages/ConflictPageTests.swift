import Foundation
import KithModel
import KithSite
import Testing

@testable import KithReview

/// Conflicts on the web page: whose they are and until when, what was noted, deciding and taking back.
@Suite struct ConflictPageTests {
    private let served: ServedSite
    private let resident: RecordView

    init() async throws {
        served = try await ServedSite()
        resident = try await served.add("resident", [("familyName", "Whitfield")])
    }

    /// Two values of a field of a record, by people who did not see each other's.
    private func disagree(_ record: RecordView, _ values: [[(String, String)]]) async throws {
        for value in values {
            _ = try await served.site.save(
                [
                    RecordEdit(
                        target: .existing(record.id.description),
                        values: value.map { .init($0.0, $0.1) }, seen: record.version)
                ], by: Author(user: "x", name: "Somebody Else", role: "carer"))
        }
    }

    private func only(_ kind: ConflictKind) async throws -> ConflictView {
        let open = try await served.site.conflicts(ConflictQuery(kinds: [kind]))
        #expect(open.count == 1)
        return try await served.site.conflict(try #require(open.first).id)
    }

    /// The fields that every form carries, from a page.
    private func form(
        _ page: Browser.Reply, _ once: String, _ typed: [(String, String)]
    ) -> [(String, String)] {
        [
            ("token", page.hidden("token")), ("once", "abcdefgh\(once)"),
            ("seen", page.hidden("seen")),
        ]
            + typed
    }

    @Test func `whoever comments says whose it is, until when, and what was found out`()
        async throws
    {
        try await disagree(resident, [[("language", "Welsh")], [("language", "English")]])
        let conflict = try await only(.field)
        let path = "/conflicts/\(conflict.id)"
        let reviewer = try await served.person("anna", [.reviewer])
        let page = try await reviewer.ask("GET", path)
        #expect(page.body.contains("Nobody has taken it on"))
        let sent = try await reviewer.ask(
            "POST", path + "/work",
            form: form(
                page, "1",
                [
                    ("owner", "Ann <b>Other</b>"), ("shownOwner", ""), ("due", "2020-01-01"),
                    ("shownDue", ""), ("note", "ring the son"),
                ]))
        #expect(sent.status == 303, "\(sent.body)")
        let again = try await reviewer.ask("GET", path)
        for words in [
            "Taken on by <strong>Ann &lt;b&gt;Other", "to be decided by 2020-01-01", "overdue",
            "ring the son", "anna Person",
        ] {
            #expect(again.body.contains(words), "\(words): \(again.body)")
        }
        let list = try await reviewer.ask("GET", "/conflicts").body
        #expect(list.contains("overdue") && list.contains("to be decided by 2020-01-01"))
        // What was not changed is not written, and what somebody else changed meanwhile stays.
        _ = try await served.site.work(
            on: ConflictWork(conflict: conflict.id, owner: "Bob"),
            by: Author(user: "b", name: "Bob", role: "carer"))
        _ = try await reviewer.ask(
            "POST", path + "/work",
            form: form(
                again, "2",
                [
                    ("owner", "Ann <b>Other</b>"), ("shownOwner", "Ann <b>Other</b>"),
                    ("due", "2026-12-01"), ("shownDue", "2020-01-01"), ("note", ""),
                ]))
        let view = try await only(.field)
        #expect(view.owners == ["Bob"] && view.due == PartialDate("2026-12-01"))
        #expect(view.details?.notes.count == 1)
        // What means nothing is told, and what was typed is still there.
        let wrong = try await reviewer.ask(
            "POST", path + "/work",
            form: form(
                again, "3",
                [("owner", "Cy"), ("shownOwner", "Bob"), ("due", "soon"), ("shownDue", "")]))
        #expect(wrong.status == 400 && wrong.body.contains("Not saved"))
        #expect(wrong.body.contains("value=\"soon\"") && wrong.body.contains("value=\"Cy\""))
        #expect(try await only(.field).owners == ["Bob"])
        // And who may not comment is refused.
        let auditor = try await served.person("aud", [.auditor])
        let refused = try await auditor.ask(
            "POST", path + "/work",
            form: form(
                try await auditor.ask("GET", "/audit"), "4", [("owner", "Me"), ("shownOwner", "")])
        )
        #expect(refused.status == 403)
        #expect(try await only(.field).owners == ["Bob"])
    }

    @Test func `a decision is taken back where it was made, with a reason`() async throws {
        try await disagree(resident, [[("language", "Welsh")], [("language", "English")]])
        let conflict = try await only(.field)
        let path = "/conflicts/\(conflict.id)"
        let carer = try await served.person("carer", [.careStaff])
        let page = try await carer.ask("GET", path)
        let decided = try await carer.ask(
            "POST", path, form: form(page, "1", [("choice", "1"), ("reason", "asked her")]))
        let place = try #require(decided.header("Location"))
        let after = try await carer.ask("GET", place)
        #expect(after.body.contains("href=\"\(path)/undo\">Take it back"), "\(place)")
        // Its old address leads there too, for whoever may, and tells others no more than before.
        #expect(try await carer.ask("GET", path).header("Location") == path + "/undo")
        let reviewer = try await served.person("anna", [.reviewer])
        #expect(try await reviewer.ask("GET", path).status == 404)
        #expect(try await reviewer.ask("GET", path + "/undo").status == 403)

        let undo = try await carer.ask("GET", path + "/undo")
        #expect(undo.body.contains("English") && undo.body.contains("Welsh"))
        #expect(undo.body.contains("Of <strong>Whitfield</strong>"), "whose it is")
        let empty = try await carer.ask(
            "POST", path + "/undo", form: form(undo, "2", [("reason", " ")]))
        #expect(empty.status == 400 && empty.body.contains("say why"))
        let back = try await carer.ask(
            "POST", path + "/undo", form: form(undo, "3", [("reason", "a slip")]))
        #expect(back.status == 303, "\(back.body)")
        let open = try await only(.field)
        #expect(open.isReopened && open.values.sorted() == ["English", "Welsh"])
        let shown = try await carer.ask("GET", path)
        #expect(shown.body.contains("Decided before") && shown.body.contains("asked her"))
        #expect(try await carer.ask("GET", path + "/undo").status == 404, "nothing stands")
        // An address that is no conflict's makes no link.
        let hostile = try await carer.ask("GET", "/?done=resolved&decided=//evil.example/x.y")
        #expect(!hostile.body.contains("evil.example"))
    }

    @Test func `a clinical decision is taken back by a clinician alone`() async throws {
        let record = try await served.add(
            "cprDecision", under: resident.id,
            [("decision.value", "for"), ("decision.date", "2026-11-01")])
        try await disagree(
            record,
            [
                [("decision.value", "not-for"), ("decision.date", "2026-11-20")],
                [("decision.value", "for"), ("decision.date", "2026-11-18")],
            ])
        let conflict = try await only(.field)
        let path = "/conflicts/\(conflict.id)"
        let clinician = try await served.person("rao", [.clinician])
        let decided = try await clinician.ask(
            "POST", path,
            form: form(
                try await clinician.ask("GET", path), "1", [("choice", "1"), ("reason", "talked")]))
        #expect(decided.status == 303, "\(decided.body)")
        let carer = try await served.person("carer", [.careStaff])
        let page = try await carer.ask("GET", path + "/undo")
        #expect(page.status == 200 && page.body.contains("Only a clinician"))
        let refused = try await carer.ask(
            "POST", path + "/undo",
            form: form(try await carer.ask("GET", "/conflicts"), "2", [("reason", "no")]))
        #expect(refused.status == 400 && refused.body.contains("Not taken back"))
        #expect(try await served.site.conflicts(ConflictQuery()).isEmpty)
        // The proof of the sign-in is old by now, so that it is signed again.
        served.wait(seconds: 3600 / 4)
        let again = try await clinician.ask("GET", path + "/undo")
        #expect(again.status == 200 && again.body.contains("you sign that it is taken back"))
        let typed = [
            ("reason", "a mistake"), ("password", ServedSite.password),
            ("code", try served.code("rao")),
        ]
        let back = try await clinician.ask("POST", path + "/undo", form: form(again, "3", typed))
        #expect(back.status == 303, "\(back.body)")
        #expect(try await only(.field).isReopened)
    }

    @Test func `records that do not go together are decided, or one of them is changed`()
        async throws
    {
        for title in ["Falls", "Balance"] {
            try await served.add(
                "plan", under: resident.id, [("title", title), ("status", "active")])
        }
        let conflict = try await only(.activePlans)
        let path = "/conflicts/\(conflict.id)"
        let carer = try await served.person("carer", [.careStaff])
        let page = try await carer.ask("GET", path)
        for side in conflict.details?.sides ?? [] {
            let record = try #require(side.record)
            #expect(page.body.contains("/records/\(record)/edit\">Change this one"))
        }
        let reviewer = try await served.person("anna", [.reviewer])
        let read = try await reviewer.ask("GET", path)
        #expect(read.status == 200 && !read.body.contains("Change this one"))
        #expect(!read.body.contains("name=\"choice\""))
        let decided = try await carer.ask(
            "POST", path, form: form(page, "1", [("choice", "1"), ("reason", "both are right")]))
        #expect(decided.status == 303, "\(decided.body)")
        #expect(try await served.site.conflicts(ConflictQuery()).isEmpty)
        let undo = try await carer.ask("GET", path + "/undo")
        let back = try await carer.ask(
            "POST", path + "/undo", form: form(undo, "2", [("reason", "not both")]))
        #expect(back.status == 303, "\(back.body)")
        #expect(try await only(.activePlans).isReopened)
    }

    @Test
    func `whose role does not include what it is about neither works on it nor takes it back`()
        async throws
    {
        try await disagree(resident, [[("language", "Welsh")], [("language", "English")]])
        let conflict = try await only(.field)
        let path = "/conflicts/\(conflict.id)"
        let outsider = try await served.person("out", [.careStaff], reading: [.relations])
        let page = try await outsider.ask("GET", "/conflicts")
        func expectNothing() async throws {
            for (number, target) in [path, path + "/work", path + "/undo"].enumerated() {
                let reply = try await outsider.ask(
                    "POST", target,
                    form: form(
                        page, "\(UUID().uuidString.prefix(8))\(number)",
                        [
                            ("choice", "1"), ("reason", "x"), ("owner", "Me"), ("shownOwner", ""),
                            ("seen", "1"),
                        ]))
                #expect(reply.status == 404, "\(target) \(reply.status)")
                #expect(!reply.body.contains("Welsh") && !reply.body.contains("Whitfield"))
            }
            #expect(try await outsider.ask("GET", path + "/undo").status == 404)
        }
        try await expectNothing()
        #expect(try await only(.field).owners.isEmpty)
        _ = try await served.site.resolve(
            Resolution(
                conflict: conflict.id, choice: .pick(1), seen: conflict.version, reason: "asked"),
            by: Author(user: "c", name: "Carer", role: "carer"))
        try await expectNothing()
        #expect(try await served.site.conflicts(ConflictQuery()).isEmpty)
    }
}
