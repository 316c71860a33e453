import Foundation
import KithModel
import KithProtocol
import KithStore
import KithSync
import SwiftProtobuf
import Testing

@testable import KithSite

/// Who lacks what, by what each has signed, and who has received a version of a plan (D30).
@Suite(.timeLimit(.minutes(10))) struct PeerLagTests {
    private let village: Village
    private let plans = "Riverside plans"

    init() throws {
        village = try Village()
    }

    private func star() async throws -> (practice: Neighbour, elm: Neighbour, oak: Neighbour) {
        try await village.star(plans, rounds: 3)
    }

    private func lag(of peer: Neighbour, at site: Neighbour) async throws -> PeerLag {
        let id = try await peer.site.profile().site
        let view = try #require(try await site.site.peers().first { $0.site == id })
        return try #require(view.lags.first { $0.partnership == plans })
    }

    @Test func `what a partner lacks is counted, with its bytes and the oldest of it`() async throws
    {
        let (practice, elm, oak) = try await star()
        #expect(try await !lag(of: practice, at: elm).isBehind)
        for name in ["Whitfield", "Brook", "Ashby"] {
            _ = try await elm.add("resident", to: plans, "familyName=\(name)")
        }
        let behind = try await lag(of: practice, at: elm)
        #expect(behind.entriesToSend == 3 && behind.entriesToReceive == 0)
        #expect((1_000...10_000).contains(behind.bytesToSend))
        #expect(behind.oldestToSend != nil)
        try await elm.sync(with: practice)
        #expect(try await !lag(of: practice, at: elm).isBehind)
        // Oak is not dialled from Elm; what it holds is heard of all the same.
        let lacking = try await lag(of: oak, at: elm)
        #expect(lacking.entriesToSend == 3, "\(lacking)")
        try await oak.sync(with: practice)
        try await elm.sync(with: practice)
        let heard = try await lag(of: oak, at: elm)
        #expect(!heard.isBehind && heard.stated != nil, "\(heard)")
        for site in [practice, elm, oak] { await site.close() }
    }

    /// Gives a site the word of another, on who is in, that it holds other entries of its own feed as well:
    /// one for each sequence, which follow from the last that is here.
    private func state(
        _ sequences: @escaping @Sendable (_ last: UInt64) -> [UInt64], by author: Neighbour,
        at site: Neighbour
    ) async throws {
        let id = CompartmentID(try await site.site.partnership(plans).id, .membership)
        let theirs = author.site.store.keys
        try await site.site.store.write { transaction in
            let leaf = try #require(
                try transaction.frontier(id).first { $0.feed.author == theirs.site })
            let statement = Kith_V1_Statement.with {
                $0.site = Data(theirs.site.bytes)
                $0.counter = 1_000
                $0.partnership = Data(id.partnership.bytes)
                $0.compartment = .membership
                $0.frontier = sequences(leaf.sequence).enumerated().map { number, sequence in
                    .init(
                        Position(
                            feed: leaf.feed, sequence: sequence,
                            hash: EntryHash(header: Data("not here \(number)".utf8))))
                }
            }
            try transaction.keepStatement(
                try statement.serializedData(), signature: Data(count: 64), by: theirs.site, on: id,
                counter: 1_000, frontier: [], time: Instant(milliseconds: 0))
        }
    }

    @Test func `what a partner has signed to hold and is not here is counted`() async throws {
        let (practice, elm, oak) = try await star()
        try await state({ [$0 + 4] }, by: practice, at: elm)
        let behind = try await lag(of: practice, at: elm)
        #expect(behind.entriesToReceive == 4 && behind.bytesToReceive > 400)
        await village.close(practice, elm, oak)
    }

    @Test func `numbers that no log can have are counted, and stop nothing`() async throws {
        let (practice, elm, oak) = try await star()
        try await state(
            { _ in Array(repeating: Limits.sequence, count: 4) }, by: practice, at: elm)
        #expect(try await lag(of: practice, at: elm).entriesToReceive > 1_000_000)
        await village.close(practice, elm, oak)
    }

    @Test func `what keeps two sites apart is said`() async throws {
        let (practice, elm, oak) = try await star()
        _ = try await elm.add("resident", to: plans, "familyName=Whitfield")
        let blocked = try await lag(of: oak, at: elm).blocked
        #expect(blocked?.contains("dial") == true || blocked?.contains("never met") == true)
        let id = try await practice.site.profile().site
        await practice.close()
        _ = try await elm.site.sync([id.description]) { _ in }
        let peer = try #require(try await elm.site.peers().first { $0.site == id })
        #expect(peer.lastProblem != nil)
        #expect(peer.lags.first { $0.partnership == plans }?.blocked == peer.lastProblem)
        for site in [elm, oak] { await site.close() }
    }

    @Test func `a plan says who has signed for the version that is read`() async throws {
        let (practice, elm, oak) = try await star()
        let resident = try await elm.add("resident", to: plans, "familyName=Whitfield")
        let query = TreeQuery(resident.description, kind: "resident")
        func received(at site: Neighbour) async throws -> [String: Bool] {
            let receipts = try await site.site.tree(query).receipts
            return Dictionary(uniqueKeysWithValues: receipts.map { ($0.name, $0.hasReceived) })
        }
        #expect(try await received(at: elm) == ["Riverside": false, "Oak": false])
        try await elm.sync(with: practice)
        #expect(try await received(at: elm) == ["Riverside": true, "Oak": false])
        try await oak.sync(with: practice)
        #expect(try await received(at: practice) == ["Elm": true, "Oak": true])
        try await elm.sync(with: practice)
        #expect(try await received(at: elm) == ["Riverside": true, "Oak": true])
        // What is part of it counts, too.
        try await elm.add("allergy", to: plans, under: resident, "agent=Penicillin")
        #expect(try await received(at: elm) == ["Riverside": false, "Oak": false])
        for site in [practice, elm, oak] { await site.close() }
    }
}
