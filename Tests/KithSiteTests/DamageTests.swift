import Foundation
import GRDB
import KithModel
import KithStore
import Synchronization
import Testing

@testable import KithSite

/// What a disk has damaged at one site comes back from another, over real mutual TLS (D37).
@Suite(.timeLimit(.minutes(10))) struct DamageTests {
    private let village: Village
    private let plans = "Riverside plans"

    init() throws {
        village = try Village()
    }

    /// The entries that others hold too.
    private static let shared = """
        (SELECT arrival FROM entry JOIN chain ON chain.id = entry.chain
        JOIN feed ON feed.id = chain.feed
        JOIN partnership ON partnership.id = feed.partnership WHERE is_private = 0)
        """

    private func three() async throws -> (practice: Neighbour, elm: Neighbour, oak: Neighbour) {
        try await village.star(plans)
    }

    private func damage(_ sql: String, at site: Neighbour) async throws {
        try await site.site.store.write { try $0.database.execute(sql: sql) }
        while try await site.site.scrubSome() {}
    }

    @Test(arguments: [
        "UPDATE part SET body = zeroblob(length(body)) WHERE body IS NOT NULL AND entry IN",
        "UPDATE entry SET header = zeroblob(length(header)) WHERE arrival IN",
        "UPDATE entry SET signature = zeroblob(64) WHERE arrival IN",
    ])
    func `what is damaged is told, and mended by the next sync with whoever holds it`(
        sql: String
    ) async throws {
        let (practice, elm, oak) = try await three()
        let resident = try await elm.add("resident", to: plans, "familyName=Whitfield")
        for _ in 0..<2 { for site in [elm, oak] { try await site.sync(with: practice) } }
        try await damage(sql + Self.shared, at: oak)
        let told = try await oak.site.status().entriesDamaged
        #expect(told > 0)
        #expect(try await oak.site.doctor().contains { $0.check == "damage" })

        let report = try await oak.sync(with: practice)
        #expect(report.isEqual && report.problem == nil)
        #expect(try await oak.site.status().entriesDamaged == 0)
        #expect(try await oak.site.verify().ok)
        #expect(try await oak.site.rebuild(checkOnly: true).isEqual)
        #expect(try await oak.words(resident, "familyName") == ["Whitfield"])
        #expect(try await oak.digests(of: plans) == practice.digests(of: plans))
        // Nothing is asked for twice.
        #expect(try await oak.sync(with: practice).bytesReceived < 1_024)
    }

    @Test func `a site that is damaged itself mends nobody, and the third does`() async throws {
        let (practice, elm, oak) = try await three()
        _ = try await elm.add("resident", to: plans, "familyName=Whitfield")
        for _ in 0..<2 { for site in [elm, oak] { try await site.sync(with: practice) } }
        let flip = """
            UPDATE part SET body = zeroblob(length(body)) WHERE entry = (
                SELECT max(entry) FROM part WHERE body IS NOT NULL)
            """
        try await damage(flip, at: oak)
        try await damage(flip, at: practice)
        _ = try? await oak.sync(with: practice)
        #expect(try await oak.site.status().entriesDamaged > 0)
        try await practice.sync(with: elm)
        #expect(try await practice.site.status().entriesDamaged == 0)
        try await oak.sync(with: practice)
        #expect(try await oak.site.status().entriesDamaged == 0)
        #expect(try await oak.site.verify().ok)
    }

    @Test func `while a session runs the log is looked through in smaller steps`()
        async throws
    {
        let (_, elm, _) = try await three()
        let site = elm.site
        while try await site.scrubSome() {}
        let before = try await site.store.read { try $0.version() }
        for number in 0..<15 {
            _ = try await elm.add("resident", to: plans, "familyName=Whitfield \(number)")
        }
        func lookedThrough() async throws -> Int64 {
            let note = try await site.store.read { try $0.note("scrub.through") }
            return try #require(note.flatMap { Int64($0) })
        }
        site.busyPeers.withLock { _ = $0.insert("somebody") }
        #expect(try await site.scrubSome(), "more is due")
        #expect(try await lookedThrough() == before + 10)
        site.busyPeers.withLock { _ = $0.remove("somebody") }
        _ = try await site.scrubSome()
        #expect(try await lookedThrough() == site.store.read { try $0.version() })
    }

    @Test func `a night without news is one round trip of a few hundred bytes`() async throws {
        let (practice, elm, _) = try await three()
        _ = try await elm.add("resident", to: plans, "familyName=Whitfield")
        for _ in 0..<3 { try await elm.sync(with: practice) }
        let report = try await elm.sync(with: practice)
        #expect(report.isEqual && report.roundTrips == 1)
        #expect(report.bytesSent < 1_024 && report.bytesReceived < 1_024)
    }
}
