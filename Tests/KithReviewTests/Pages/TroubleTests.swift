import Foundation
import GRDB
import KithModel
import Logging
import Testing

@testable import KithReview
@testable import KithSite
@testable import KithStore

/// A store that takes nothing: what is there can be read, and nothing that somebody typed is lost.
@Suite struct TroubleTests {
    private let served: ServedSite
    private let resident: RecordView
    private let carer: Browser

    init() async throws {
        served = try await ServedSite()
        resident = try await served.add("resident", [("familyName", "Whitfield")])
        carer = try await served.person("carer", [.careStaff])
    }

    /// What SQLite itself says to a connection that may not write, and to one without room.
    enum Trouble: CaseIterable {
        case readOnly, full

        var words: String {
            self == .readOnly ? "the database cannot be written" : "the disk is full"
        }
    }

    private func make(_ trouble: Trouble?) async throws {
        // Outside the store's own transactions, which cannot begin any more in one of these.
        try await served.site.store.writer.writeWithoutTransaction { database in
            switch trouble {
            case .readOnly: try database.execute(sql: "PRAGMA query_only = ON")
            case .full: _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = 1")
            case nil:
                try database.execute(sql: "PRAGMA query_only = OFF")
                _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = 1073741823")
            }
        }
    }

    @Test(arguments: Trouble.allCases)
    func `what cannot be saved stays in its form, and is saved when there is room again`(
        trouble: Trouble
    ) async throws {
        let paths = [
            "/records/new?kind=note&parent=\(resident.id)", "/round/list?r=\(resident.id)",
        ]
        var pages: [Browser.Reply] = []
        for path in paths { pages.append(try await carer.ask("GET", path)) }
        let note = pages[0].fill([
            ("v.text", "Long words " + String(repeating: "word ", count: 3000))
        ])
        let round = pages[1].fill([
            ("leadName", "Dr Rao"), ("outcome.\(resident.id)", "Chest clear"),
            ("attendees", String(repeating: "people ", count: 2500)),
        ])
        let before = try await served.site.status().entries
        try await make(trouble)
        for (path, form, typed) in [
            ("/records/new", note, "Long words word"), ("/round", round, "Chest clear"),
        ] {
            let reply = try await carer.ask("POST", path, form: form)
            #expect(reply.status == 503, "\(path) \(reply.status)")
            #expect(reply.body.contains("Not saved: \(trouble.words)"), "\(path) \(reply.body)")
            #expect(reply.body.contains(typed), "\(path): what was typed is there")
        }
        for path in ["/", "/residents", "/residents/\(resident.id)", "/conflicts"] {
            let page = try await carer.ask("GET", path)
            #expect(page.status == 200, "\(path) can be read")
        }
        #expect(try await served.site.status().entries == before)
        try await make(nil)
        for (path, form) in [("/records/new", note), ("/round", round)] {
            let reply = try await carer.ask("POST", path, form: form)
            #expect(reply.status == 303, "\(path) \(reply.body)")
        }
        let notes = try await served.site.records(RecordQuery(kind: "note"))
        #expect(notes.count == 1)
    }

    @Test
    func `a database that a newer program changed beneath is told on every page, and left alone`()
        async throws
    {
        let page = try await carer.ask("GET", "/records/new?kind=note&parent=\(resident.id)")
        let note = page.fill([("v.text", "She slept well")])
        try await set(version: Store.schemaVersion + 1)
        for (method, path) in [
            ("GET", "/"), ("GET", "/residents/\(resident.id)"), ("GET", "/sign-in"),
            ("POST", "/records/new"),
        ] {
            let reply = try await carer.ask(method, path, form: method == "POST" ? note : nil)
            #expect(reply.status == 503, "\(path) \(reply.status)")
            #expect(reply.body.contains("written by a newer version of Kith"), "\(path)")
            #expect(reply.body.contains("install that version or newer"), "\(path)")
            #expect(!reply.body.contains("Whitfield"), "\(path)")
        }
        try await set(version: Store.schemaVersion)
        #expect(try await served.site.records(RecordQuery(kind: "note")).isEmpty)
        // The same form is taken once a program is there that knows the database.
        #expect(try await carer.ask("POST", "/records/new", form: note).status == 303)
    }

    @Test func `what goes wrong inside is told to nobody but the log`() async throws {
        // As a damaged database would have it: what pages are made of is not there.
        try await served.site.store.writer.writeWithoutTransaction {
            try $0.execute(
                sql: "PRAGMA foreign_keys = OFF; ALTER TABLE operation RENAME TO elsewhere")
        }
        for path in ["/", "/residents/\(resident.id)", "/conflicts"] {
            let reply = try await carer.ask("GET", path)
            #expect(reply.status == 503, "\(path) \(reply.status)")
            for inside in [
                "operation", "SELECT", "no such table", "SQLite", "Swift", "Error", "/tmp",
            ] {
                #expect(!reply.body.contains(inside), "\(path): \(inside) in \(reply.body)")
            }
        }
        #expect(!served.log.lines.joined().contains("Whitfield"))
    }

    /// What no part of the program throws, and whose words hold what a record would.
    private struct Unforeseen: Error, CustomStringConvertible {
        let description = "row 17 of Mabel Whitfield"
    }

    @Test func `what nobody foresaw is told in general words, and the log learns its kind alone`()
        async throws
    {
        let gatekeeper = Gatekeeper(
            review: Review(
                site: served.site, siteName: "Elm House",
                configuration: ReviewConfiguration(
                    host: "127.0.0.1", port: 0, names: ["127.0.0.1"], browsers: .any),
                zone: .gmt, now: { Instant(Date()) }),
            routes: [],
            logger: Logger(label: "test") { [log = served.log] _ in
                LogBook.Handler(book: log)
            })
        let answer = gatekeeper.failure(Unforeseen())
        let page = String(decoding: answer.body, as: UTF8.self)
        #expect("\(answer.status)".hasPrefix("503"))
        #expect(page.contains("Something went wrong that Kith did not expect; try again."))
        for inside in ["Whitfield", "row 17", "Unforeseen"] {
            #expect(!page.contains(inside), "\(inside) in \(page)")
        }
        let log = served.log.lines.joined(separator: "\n")
        #expect(log.contains("Unforeseen"))
        #expect(!log.contains("Whitfield") && !log.contains("row 17"), "\(log)")
    }

    @Test func `what cannot be noted in the audit is not shown`() async throws {
        #expect(try await carer.ask("GET", "/residents/\(resident.id)").body.contains("Whitfield"))
        // As damage to that table alone would have it: everything else can be read.
        try await served.site.store.writer.writeWithoutTransaction {
            try $0.execute(sql: "ALTER TABLE audit RENAME TO elsewhere")
        }
        for path in ["/residents/\(resident.id)", "/residents", "/records/\(resident.id)"] {
            let reply = try await carer.ask("GET", path)
            #expect(reply.status == 503, "\(path) \(reply.status)")
            #expect(!reply.body.contains("Whitfield"), "\(path)")
        }
    }

    private func set(version: Int) async throws {
        try await served.site.store.writer.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA user_version = \(version)")
        }
    }
}
