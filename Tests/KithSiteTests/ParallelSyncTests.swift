import Foundation
import KithModel
import KithSite
import KithTestSupport
import NIOCore
import NIOPosix
import Testing

/// One peer that does not answer holds up none of the others (D32).
@Suite(.timeLimit(.minutes(10))) struct ParallelSyncTests {
    private let village: Village
    private let plans = "Riverside plans"

    init() throws {
        village = try Village()
    }

    @Test func `others are met while one peer takes the call and says nothing`() async throws {
        let practice = try await village.site("Riverside", kind: "gp-practice")
        let elm = try await village.site("Elm")
        let oak = try await village.site("Oak")
        try await practice.found(plans)
        try await practice.admit(elm, to: plans)
        try await practice.admit(oak, to: plans)
        for site in [elm, oak] { try await site.sync(with: practice) }
        try await practice.meet(oak)
        let silent = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(silent.localAddress?.port)
        _ = try await practice.site.setPeer(
            PeerChange(peer: "Elm", addresses: ["127.0.0.1:\(port)"], isEnabled: true))
        _ = try await practice.add("resident", to: plans, "familyName=Whitfield")

        let met = AsyncStream.makeStream(of: SyncProgress.self)
        let syncing = Task { [site = practice.site] in
            try await site.sync(["Elm", "Oak"]) { met.continuation.yield($0) }
        }
        // Elm was asked first, and its session is still open when Oak's has sent everything.
        for await step in met.stream where step.peer == "Oak" && step.sent > 0 { break }
        #expect(try await oak.site.records(RecordQuery(kind: "resident")).count == 1)
        try await silent.close()
        syncing.cancel()
        let reports = (try? await syncing.value) ?? []
        #expect(reports.isEmpty || reports.map(\.peer) == ["Elm", "Oak"])
        for site in [practice, elm, oak] { await site.close() }
    }
}
