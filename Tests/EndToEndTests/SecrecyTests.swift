import Foundation
import Testing

/// Where clinical words are, and where they are not (D5, Confinement).
@Suite struct SecrecyTests {
    private let marker = "ZQMARKERXJ"

    @Test func `clinical words are sealed in the log, and in no line that a daemon logs`() throws {
        let pair = try Pair()
        try write(pair)
        try pair.riverside.must("sync", "--json")
        let stopped = try pair.daemon.stop()
        #expect(!stopped.errors.contains(marker) && !stopped.output.contains(marker))
        for home in [pair.elm, pair.riverside] {
            let parts = try sealed(home, compartment: "clinical")
            #expect(parts.count >= 2)
            for part in parts { #expect(part.range(of: Data(marker.utf8)) == nil) }
            // The state of an entitled site is open: the search does find what is there.
            #expect(try home.holds(marker))
        }
    }

    @Test func `a partner without clinical has no byte of it, sealed or not`() throws {
        let pair = try Pair(compartments: "relations,personal")
        try write(pair)
        // Its first night begins at once, and is its first sync since then.
        let daemon = try pair.riverside.daemon()
        #expect(daemon.program.says("the nightly sync has ended", within: 60))
        let logged = try daemon.stop().errors + pair.daemon.stop().errors
        #expect(!logged.contains(marker))
        #expect(try pair.riverside.families() == ["Whitfield"], "the personal part did come")
        #expect(try !pair.riverside.holds(marker))
        let parts = try sealed(pair.elm, compartment: "clinical")
        #expect(parts.count >= 2)
        for part in parts {
            // A sealed part begins with a random nonce: its first bytes are nobody else's.
            #expect(try !pair.riverside.holds(part.prefix(16)))
        }
        let shared = try sealed(pair.elm, compartment: "personal")
        #expect(try shared.contains { try pair.riverside.holds($0.prefix(16)) })
        #expect(try sealed(pair.riverside, compartment: "clinical").isEmpty)
    }

    /// A resident with an allergy and a plan that hold the marker.
    private func write(_ pair: Pair) throws {
        let resident = try pair.resident("Whitfield")
        try pair.elm.must(
            "allergy", "add", "--for", resident, "agent=\(marker)", "--reason", marker)
        try pair.elm.must(
            "plan", "add", "--for", resident, "title=\(marker)", "description=\(marker)")
    }

    /// The skeletons and bodies of a compartment's entries in a home's log.
    private func sealed(_ home: TestHome, compartment: String) throws -> [Data] {
        let number = ["personal": 3, "clinical": 4][compartment] ?? 0
        let finished = try Program.run(
            "/usr/bin/sqlite3",
            [
                home.path + "/kith.sqlite",
                """
                SELECT hex(part.skeleton) || char(10) || hex(coalesce(part.body, ''))
                FROM part JOIN entry ON entry.arrival = part.entry
                JOIN chain ON chain.id = entry.chain JOIN feed ON feed.id = chain.feed
                JOIN partnership ON partnership.id = feed.partnership
                WHERE feed.compartment = \(number) AND NOT partnership.is_private
                """,
            ])
        guard finished.status == 0 else { throw TestProblem(finished.errors) }
        return finished.output.split(separator: "\n").map { line in
            Data(
                sequence(state: line[...]) { rest -> UInt8? in
                    defer { rest = rest.dropFirst(2) }
                    return UInt8(rest.prefix(2), radix: 16)
                })
        }
    }
}
