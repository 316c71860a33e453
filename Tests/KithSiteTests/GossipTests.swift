import Foundation
import GRDB
import KithModel
import KithProtocol
import KithStore
import Testing

@testable import KithSite

/// What one site has received is told to all of the compartment by whomever they meet (D30).
@Suite(.timeLimit(.minutes(10))) struct GossipTests {
    private let village: Village
    private let plans = "Riverside plans"

    init() throws {
        village = try Village()
    }

    private func star() async throws -> (practice: Neighbour, elm: Neighbour, oak: Neighbour) {
        let star = try await village.star(plans)
        _ = try await star.practice.add("resident", to: plans, "familyName=Ashby")
        for _ in 0..<3 {
            for site in [star.elm, star.oak] { try await site.sync(with: star.practice) }
        }
        return star
    }

    private func statement(
        of author: Neighbour, at site: Neighbour, on compartment: Compartment = .personal
    ) async throws -> KeptStatement? {
        let id = CompartmentID(try await site.site.partnership(plans).id, compartment)
        let author = author.site.store.keys.site
        return try await site.site.store.read { try $0.statements(on: id) }
            .first { $0.mark.site == author }
    }

    @Test func `a home learns what another has received from the practice that both meet`()
        async throws
    {
        let (practice, elm, oak) = try await star()
        let before = try await statement(of: oak, at: elm)
        _ = try await elm.add("resident", to: plans, "familyName=Whitfield")
        try await elm.sync(with: practice)
        try await oak.sync(with: practice)
        #expect(try await statement(of: oak, at: elm)?.mark == before?.mark)

        // No entry is new to either, and still there is something to tell.
        let report = try await elm.sync(with: practice)
        #expect(report.isEqual && report.received == 0 && report.sent == 0)
        let heard = try #require(try await statement(of: oak, at: elm))
        let said = try #require(try await statement(of: oak, at: oak))
        #expect(heard.mark == said.mark && heard.signature == said.signature)
        #expect(heard.frontierDigest == (try await statement(of: elm, at: elm))?.frontierDigest)
        await village.close(practice, elm, oak)
    }

    @Test func `once everyone has heard, a session is one round trip again, and nobody signs anew`()
        async throws
    {
        let (practice, elm, oak) = try await star()
        _ = try await elm.add("resident", to: plans, "familyName=Whitfield")
        for _ in 0..<3 { for site in [elm, oak] { try await site.sync(with: practice) } }
        let said = try await statement(of: elm, at: oak)
        for site in [elm, oak, elm] {
            let report = try await site.sync(with: practice)
            #expect(report.isEqual && report.roundTrips == 1)
        }
        #expect(try await statement(of: elm, at: oak)?.mark == said?.mark)
        #expect(try await statement(of: elm, at: elm)?.mark == said?.mark)
        await village.close(practice, elm, oak)
    }

    @Test func `a word that its site did not sign is not kept, and stops nobody`() async throws {
        let (practice, elm, oak) = try await star()
        _ = try await elm.add("resident", to: plans, "familyName=Whitfield")
        try await elm.sync(with: practice)
        try await oak.sync(with: practice)
        let before = try await statement(of: oak, at: elm)
        let author = oak.site.store.keys.site
        try await practice.site.store.write {
            try $0.database.execute(
                sql: "UPDATE statement SET signature = randomblob(64) WHERE site = ?",
                arguments: [Data(author.bytes)])
        }
        #expect(try await elm.sync(with: practice).isEqual)
        #expect(try await statement(of: oak, at: elm)?.mark == before?.mark)
        await village.close(practice, elm, oak)
    }

    @Test func `a site that was set back goes on counting where its partners heard it last`()
        async throws
    {
        let (practice, elm, oak) = try await star()
        let told = try #require(try await statement(of: oak, at: practice))
        try await oak.site.store.write {
            try $0.database.execute(
                sql: "DELETE FROM statement WHERE site = ?",
                arguments: [Data($0.keys.site.bytes)])
            try $0.setNote("statements", "0")
        }
        _ = try await oak.add("resident", to: plans, "familyName=Whitfield")
        for _ in 0..<2 { try await oak.sync(with: practice) }
        let now = try #require(try await statement(of: oak, at: practice))
        #expect(now.mark > told.mark)
        _ = try await elm.add("resident", to: plans, "familyName=Brook")
        for _ in 0..<2 { for site in [elm, oak] { try await site.sync(with: practice) } }
        let last = try #require(try await statement(of: oak, at: practice))
        #expect(last.mark.counter > told.mark.counter)
        await village.close(practice, elm, oak)
    }

    @Test func `what a removed member last said is told to nobody`() async throws {
        let (practice, elm, oak) = try await star()
        #expect(try await statement(of: oak, at: elm) != nil)
        _ = try await practice.remove(oak, from: plans)
        for _ in 0..<2 { try await elm.sync(with: practice) }
        #expect(try await statement(of: oak, at: elm) == nil)
        #expect(try await elm.sync(with: practice).roundTrips == 1)
        await village.close(practice, elm, oak)
    }
}
