import Foundation
import GRDB
import KithModel
import KithProtocol
import KithSite
import Testing

@testable import KithReview
@testable import KithSite
@testable import KithStore

/// Conflicts that are about entries of the log and no record: what was set aside, and forks.
@Suite struct LogConflictTests {
    private let served: ServedSite

    /// A site that set an entry of `clinical` aside.
    init() async throws {
        served = try await ServedSite()
        let resident = try await served.add("resident", [("familyName", "Whitfield")])
        for text in ["one", "two"] {
            try await served.add("note", under: resident.id, [("text", text)])
        }
        let id = try await served.site.partnerships()[0].id
        try await served.site.store.write { transaction in
            let frontier = try transaction.frontier(CompartmentID(id, .clinical))
            let leaf = try #require(frontier.first)
            let place = try #require(try transaction.place(of: leaf.hash))
            try transaction.setAside(place, "notEntitled")
        }
    }

    /// The feed goes on twice from its first entry: this site writes nothing more in it.
    private func fork() async throws {
        try await served.site.store.write { transaction in
            try transaction.execute(
                """
                INSERT INTO chain (feed, parent, fork_sequence, last_sequence, last_hash, last_arrival)
                SELECT feed, chain.id, 1, 2, randomblob(32), last_arrival
                FROM chain JOIN feed ON feed.id = chain.feed WHERE feed.compartment = ?
                """, [Compartment.clinical.rawValue])
        }
    }

    /// The only conflict of a kind, and its page, which names no record that is none.
    private func shown(
        _ kind: ConflictKind, to person: Browser
    ) async throws -> (conflict: ConflictView, page: Browser.Reply) {
        let found = try await served.site.conflicts(ConflictQuery(kinds: [kind]))
        let conflict = try #require(found.first)
        #expect(found.count == 1)
        let list = try await person.ask("GET", "/conflicts")
        #expect(list.body.contains("href=\"/conflicts/\(conflict.id)\""), "\(list.body)")
        let page = try await person.ask("GET", "/conflicts/\(conflict.id)")
        #expect(page.status == 200)
        for body in [list.body, page.body] {
            #expect(!body.contains("“”") && !body.contains("Go to the plan"), "\(body)")
        }
        return (conflict, page)
    }

    @Test func `what was set aside is on the list, is looked into by somebody, and settled`()
        async throws
    {
        let carer = try await served.person("carer", [.careStaff])
        let (conflict, page) = try await shown(.setAside, to: carer)
        #expect(page.body.contains("was not entitled"))
        let noted = try await carer.ask(
            "POST", "/conflicts/\(conflict.id)/work",
            form: [
                ("token", page.hidden("token")), ("once", "abcdefgh1"), ("owner", "Ann"),
                ("shownOwner", ""), ("due", ""), ("shownDue", ""), ("note", "asked them"),
            ])
        #expect(noted.status == 303, "\(noted.body)")
        let again = try await carer.ask("GET", "/conflicts/\(conflict.id)")
        #expect(again.body.contains("asked them") && again.body.contains("Ann"))
        let decided = try await carer.ask(
            "POST", "/conflicts/\(conflict.id)",
            form: [
                ("token", again.hidden("token")), ("once", "abcdefgh2"),
                ("seen", again.hidden("seen")), ("choice", "1"), ("reason", "a copied disk"),
            ])
        #expect(
            decided.header("Location")?.hasPrefix("/conflicts?done=resolved") == true,
            "\(decided.body)")
        #expect(try await served.site.conflicts(ConflictQuery(kinds: [.setAside])).isEmpty)
    }

    @Test func `a fork is on the list, with whose entries they are and what to do`() async throws {
        try await fork()
        let carer = try await served.person("carer", [.careStaff])
        let (_, page) = try await shown(.fork, to: carer)
        #expect(page.body.contains("two entries numbered 2 in clinical"), "\(page.body)")
        #expect(page.body.contains("It has been looked into") && page.body.contains("Elm House"))
    }

    @Test func `others are told nothing of them, nor how many there are`() async throws {
        try await fork()
        let narrow = try await served.person("nar", [.careStaff], reading: [.personal])
        let list = try await narrow.ask("GET", "/conflicts")
        #expect(!list.body.contains("/conflicts/"), "\(list.body)")
        for conflict in try await served.site.conflicts(ConflictQuery()) {
            #expect(try await narrow.ask("GET", "/conflicts/\(conflict.id)").status == 404)
        }
        #expect(try await narrow.ask("GET", "/").status == 200)
    }
}
