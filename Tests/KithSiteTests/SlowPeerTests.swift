import Foundation
import KithModel
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import KithSite

/// Sessions with several partners run beside each other (D32).
@Suite(.timeLimit(.minutes(10))) struct SlowPeerTests {
    private let village: Village
    private let plans = "Riverside plans"

    init() throws {
        village = try Village()
    }

    private func star() async throws -> (practice: Neighbour, elm: Neighbour, oak: Neighbour) {
        try await village.star(plans, rounds: 2)
    }

    @Test func `a partner that accepts the line and says nothing delays nobody else`() async throws
    {
        let (practice, elm, oak) = try await star()
        let isGivenUp = Mutex(false)
        let (begins, begun) = AsyncStream.makeStream(of: Void.self)
        let silent = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                begun.yield()
                channel.closeFuture.whenComplete { _ in isGivenUp.withLock { $0 = true } }
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(silent.localAddress?.port)
        let stuck = try await elm.site.profile().site
        _ = try await practice.site.setPeer(
            PeerChange(peer: stuck.description, addresses: ["127.0.0.1:\(port)"]))
        _ = try await practice.add("resident", to: plans, "familyName=Whitfield")
        let expected = try await oak.site.profile().site
        // The silent one is first in the queue.
        let syncing = Task {
            try await practice.site.sync([stuck.description, expected.description]) { _ in }
        }
        for await _ in begins { break }
        while try await !oak.holds("Whitfield") { await Task.yield() }
        #expect(
            !isGivenUp.withLock { $0 },
            "the other was met only after the silent partner was given up")
        syncing.cancel()
        _ = await syncing.result
        try await silent.close()
        await village.close(practice, elm, oak)
    }

    @Test func `what one partner brings goes on to those that were met beside it`() async throws {
        let (practice, elm, oak) = try await star()
        _ = try await elm.add("resident", to: plans, "familyName=Ashby")
        _ = try await oak.add("resident", to: plans, "familyName=Brook")
        let reports = try await practice.site.sync([]) { _ in }
        #expect(reports.count == 2 && reports.allSatisfy { $0.isEqual && $0.problem == nil })
        for site in [practice, elm, oak] {
            #expect(try await site.holds("Ashby"))
            #expect(try await site.holds("Brook"))
        }
        let again = try await practice.site.sync([]) { _ in }
        #expect(again.allSatisfy { $0.isEqual && $0.sent + $0.received == 0 })
        await village.close(practice, elm, oak)
    }

    @Test func `a partner that is named twice is met once`() async throws {
        let (practice, elm, oak) = try await star()
        let id = try await practice.site.profile().site.description
        let reports = try await elm.site.sync([id, "Riverside", id]) { _ in }
        #expect(reports.count == 1 && reports.allSatisfy(\.isEqual))
        await village.close(practice, elm, oak)
    }
}
