import Foundation
import HTTPTypes
import KithModel
import KithSite
import Testing

@testable import KithReview

/// Everybody who may read some compartments and not others follows every link and tries every address:
/// what happens in a compartment that they may not read changes nothing of what they find, in any page,
/// picture, search, count or error.
@Suite(.timeLimit(.minutes(10))) struct CrawlTests {
    private let served: ServedSite
    private let partnership: PartnershipID

    init() async throws {
        served = try await ServedSite()
        partnership = try await served.share("Joint plans", with: "Riverside")
    }

    /// Somebody, and what they may read.
    private struct Reader {
        let name: String
        let reads: [Compartment]
        let crawler: Crawler
    }

    /// Everybody: of one compartment, of all but one, of all, of none.
    private func readers() async throws -> [Reader] {
        var readers: [Reader] = []
        func add(_ name: String, _ roles: [WebRole], _ reads: [Compartment]?) async throws {
            readers.append(
                Reader(
                    name: name, reads: reads ?? [],
                    crawler: Crawler(
                        served, try await served.person(name, roles, reading: reads))))
        }
        let all = Compartment.granted
        for one in all {
            try await add("only-\(one.name)", [.careStaff, .clinician], [one])
            try await add("but-\(one.name)", [.reviewer, .careStaff], all.filter { $0 != one })
        }
        try await add("administrator", [.administrator], nil)
        try await add("auditor", [.auditor], nil)
        readers.append(
            Reader(name: "nobody", reads: [], crawler: Crawler(served, Browser(port: served.port))))
        return readers
    }

    /// Where a crawl begins: what links lead from, and what people type.
    private func starts(_ residents: [RecordID]) -> [String] {
        let searches = Compartment.granted.map { "/residents?search=\(Self.marker($0, 1))" }
        let list = "/round/list?" + residents.map { "r=\($0)" }.joined(separator: "&")
        return ["/", "/sign-in", "/summary", "/residents?search=999", list] + searches
            + residents.flatMap { id in
                ["", "/changes?since=1", "/timeline", "/pack", "/glass"].map {
                    "/residents/\(id)\($0)"
                }
            }
    }

    /// A word that stands in one compartment alone.
    private static func marker(_ compartment: Compartment, _ time: Int) -> String {
        "Qq\(compartment.name)\(time == 1 ? "first" : "second")qq"
    }

    /// What somebody finds. The audit is about what people did, and grows with each look.
    private func found(by reader: Reader, _ residents: [RecordID]) async throws -> [String: String]
    {
        let first = starts(residents).filter { reader.name != "nobody" || $0.hasPrefix("/") }
        return try await reader.crawler.crawl(from: first)
            .filter { !$0.key.hasPrefix("/audit") && !$0.key.hasPrefix("/emergencies") }
    }

    @Test func `what happens in a compartment changes nothing for whoever may not read it`()
        async throws
    {
        var records = FilledRecords(at: served, in: partnership)
        var written: [RecordID] = []
        for compartment in Compartment.granted {
            written += try await records.write(
                [compartment], marker: Self.marker(compartment, 1))
        }
        let residents = [try #require(records.ids["resident"])]
        let readers = try await readers()
        var known: [String: [String: String]] = [:]
        var stale = Set(readers.map(\.name))
        for compartment in Compartment.granted {
            let others = readers.filter { !$0.reads.contains(compartment) }
            // What they found last, unless something of theirs was written since.
            for reader in others where stale.remove(reader.name) != nil {
                known[reader.name] = try await found(by: reader, residents)
            }
            _ = try await records.write([compartment], marker: Self.marker(compartment, 2))
            for reader in others {
                let (old, new) = (
                    known[reader.name] ?? [:], try await found(by: reader, residents)
                )
                known[reader.name] = new
                let changed = Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }
                let words = Self.difference(changed, old, new)
                #expect(words.isEmpty, "\(reader.name), \(compartment)")
            }
            stale.formUnion(readers.filter { $0.reads.contains(compartment) }.map(\.name))
        }
        // Whoever may read it sees it, and no word of what they may not read stands anywhere.
        for reader in readers where reader.reads.count > 1 {
            let page = try await reader.crawler.ask("GET", "/residents/\(residents[0])")
            for compartment in reader.reads where reader.reads.contains(.personal) {
                let isOnPage = page.body.contains(Self.marker(compartment, 2))
                #expect(isOnPage || compartment == .relations, "\(reader.name) \(compartment)")
            }
        }
        for reader in readers {
            let pages = known[reader.name] ?? [:]
            #expect(pages.count >= 4, "\(reader.name) \(pages.count)")
            for compartment in Compartment.granted where !reader.reads.contains(compartment) {
                for time in [1, 2] {
                    let marker = Self.marker(compartment, time)
                    let told = pages.filter {
                        // What they typed themselves stands where they typed it.
                        $0.value.replacing("value=\"\(marker)\"", with: "")
                            .replacing("search=\(marker)", with: "").contains(marker)
                    }.keys.sorted()
                    #expect(told == [], "\(reader.name) \(marker)")
                }
            }
        }
    }

    /// The first lines that differ.
    private static func difference(
        _ paths: Set<String>, _ old: [String: String], _ new: [String: String]
    ) -> String {
        paths.sorted().prefix(4).map { path in
            let (left, right) = (
                (old[path] ?? "nothing").split(separator: "\n").map(String.init),
                (new[path] ?? "nothing").split(separator: "\n").map(String.init)
            )
            let line = zip(left, right).first { $0 != $1 }
            return "\(path): \(line.map { "\($0.prefix(300)) | \($1.prefix(300))" } ?? "longer")"
        }.joined(separator: "; ")
    }

    @Test func `what one may not read answers every request as what is not there`() async throws {
        var records = FilledRecords(at: served, in: partnership)
        var written: [Compartment: [RecordID]] = [:]
        for _ in 1...2 {
            for compartment in Compartment.granted {
                written[compartment] = try await records.write(
                    [compartment], marker: Self.marker(compartment, 1))
            }
        }
        let absent = RecordID(bytes: Array(repeating: 0x5A, count: 16))
        let absentID = try #require(absent)
        var tries = 0
        for reader in try await readers() where !reader.reads.isEmpty {
            let token = try await reader.crawler.ask("GET", "/contacts").hidden("token")
            #expect(!token.isEmpty)
            for compartment in Compartment.granted where !reader.reads.contains(compartment) {
                let all = written[compartment] ?? []
                for hidden in [all.first, all.last].compactMap(\.self) {
                    for (method, path) in Self.addresses {
                        let real = try await answer(reader, method, path, hidden, token)
                        let none = try await answer(reader, method, path, absentID, token)
                        #expect(real == none, "\(reader.name) \(method) \(path) \(compartment)")
                        tries += 1
                    }
                }
            }
        }
        #expect(tries > 400)
    }

    /// Every address that names a record, of the routes and by what is asked for.
    private static let addresses: [(method: String, path: String)] =
        Routes.all.filter { $0.path.contains(":id") }.flatMap { route in
            (route.path.hasPrefix("/conflicts") ? [":id.severity", ":id.agent", ":id"] : [":id"])
                .map {
                    (
                        route.method.rawValue,
                        route.path.replacingOccurrences(of: ":id", with: $0)
                    )
                }
        } + [
            ("GET", "/records/new?kind=comment&parent=:id"),
            ("GET", "/records/new?kind=contact&parent=:id"), ("GET", "/round/list?r=:id"),
            ("GET", "/residents?search=:id"), ("POST", "/records/new"), ("POST", "/round"),
        ]

    private func answer(
        _ reader: Reader, _ method: String, _ path: String, _ id: RecordID, _ token: String
    ) async throws -> String {
        let form: [(String, String)]? =
            method == "POST"
            ? [
                ("token", token), ("once", served.once()), ("kind", "comment"),
                ("parent", id.description), ("r", id.description), ("v.text", "x"), ("seen", "1"),
                ("version", "1"), ("reason", "x"), ("compartment", "clinical"),
                ("answer", "accept"),
                ("archived", "yes"),
            ] : nil
        let reply = try await reader.crawler.ask(
            method, path.replacingOccurrences(of: ":id", with: id.description), form: form)
        let place = reply.header("Location") ?? ""
        return "\(reply.status) \(place)\n\(Crawler.settled(reply.body))"
            .replacingOccurrences(of: id.description, with: "ID")
            .replacingOccurrences(of: id.short, with: "ID")
    }
}
