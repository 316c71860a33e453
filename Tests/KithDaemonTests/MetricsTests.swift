import Foundation
import FoundationNetworking
import KithModel
import KithSite
import Logging
import Synchronization
import Testing

@testable import KithDaemon

/// What the machine that watches over this one reads.
@Suite(.timeLimit(.minutes(5))) struct MetricsTests {
    private let now = Instant(milliseconds: 1_795_000_000_000)
    private let site: SiteID

    init() {
        site = SiteID(publicKeyDER: [1, 2, 3])
    }

    private func ago(_ seconds: Int64) -> Instant {
        Instant(milliseconds: now.milliseconds - seconds * 1000)
    }

    private func status(damaged: Int = 0, free: Int64 = 9_000_000_000) -> StatusView {
        StatusView(
            site: SiteView(
                site: site, name: "Elm \"House\"", kind: "care-home", ods: nil, version: "1",
                home: "/"),
            daemonRunning: true, partnerships: [],
            peers: [
                PeerView(
                    site: site, name: "Hill\nSurgery", addresses: [], isEnabled: true,
                    partnerships: [], lastEqual: ago(90), lastAttempt: nil, lastProblem: nil,
                    entriesToSend: 7,
                    lags: [
                        PeerLag(
                            partnership: "Whitfield", entriesToSend: 7, bytesToSend: 7_000,
                            entriesToReceive: 2, bytesToReceive: 900)
                    ])
            ],
            safetyCriticalConflicts: 2, routineConflicts: 5, oldestConflict: ago(3_600),
            partsWaiting: 3, entriesSetAside: 4, entries: 71_204, diskBytes: 48_000_000,
            diskFreeBytes: free, certificateEnds: ago(-86_400), entriesDamaged: damaged)
    }

    @Test func `every number has a type, and says what an operator asks for`() {
        var tally = SessionTally()
        tally.add(
            SyncReport(
                site: site, peer: "Hill", isEqual: true, problem: nil, sent: 12, received: 30,
                bytesSent: 100, bytesReceived: 200, milliseconds: 1_500), isDialled: true)
        for (milliseconds, isRefused) in [(2, false), (10, true), (250, false), (60_000, false)] {
            tally.addBatch(milliseconds: milliseconds, isRefused: isRefused)
        }
        let text = MetricsPage(status(), tally, at: now).text
        for line in [
            "kith_conflicts_open{severity=\"safety-critical\"} 2",
            "kith_conflict_oldest_seconds{severity=\"safety-critical\"} 3600",
            "kith_peer_equal_seconds{peer=\"\(site.short)\"} 90",
            "kith_peer_entries{direction=\"send\",peer=\"\(site.short)\"} 7",
            "kith_peer_bytes{direction=\"receive\",peer=\"\(site.short)\"} 900",
            "kith_sessions_total{begun=\"here\",outcome=\"equal\"} 1",
            "kith_sessions_total{begun=\"there\",outcome=\"equal\"} 0",
            "kith_batches_refused_total 1", "kith_batch_seconds_bucket{le=\"0.003\"} 1",
            "kith_batch_seconds_bucket{le=\"0.01\"} 2",
            "kith_batch_seconds_bucket{le=\"0.3\"} 3", "kith_batch_seconds_bucket{le=\"10.0\"} 3",
            "kith_batch_seconds_bucket{le=\"+Inf\"} 4", "kith_batch_seconds_sum 60.262",
            "kith_batch_seconds_count 4",
            "kith_session_entries_total{direction=\"received\"} 30",
            "kith_session_seconds_total 1.5", "kith_certificate_seconds 86400",
        ] {
            #expect(text.contains("\n\(line)\n"), "\(line)")
        }
        // Each sample's name was announced before it, once; names of people and places are nowhere.
        var announced: Set<Substring> = []
        for line in text.split(separator: "\n") where !line.hasPrefix("# HELP") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# TYPE") {
                #expect(announced.insert(words[2]).inserted)
            } else {
                let name = words[0].prefix { $0 != "{" }
                let family = ["_bucket", "_sum", "_count"].first(where: name.hasSuffix)
                    .map { name.dropLast($0.count) }
                #expect(
                    announced.contains(name) || family.map(announced.contains) == true, "\(line)")
                #expect(Double(words[words.count - 1]) != nil, "\(line)")
            }
        }
        for name in ["Elm", "Hill", "Whitfield"] { #expect(!text.contains(name)) }
    }

    @Test func `health says what is wrong and what to do`() {
        #expect(Health(status(), at: now).isWell)
        #expect(Health(status(damaged: 1), at: now).text.contains("kith doctor"))
        #expect(Health(status(free: 1_000), at: now).text.contains("make space"))
        let late = Instant(milliseconds: now.milliseconds + 90_000_000)
        #expect(Health(status(), at: late).text.contains("certificate"))
    }

    @Test func `both are served, and a site that does not answer is not well`() async throws {
        let site = FakeDaemonSite()
        let port = AsyncStream.makeStream(of: Int.self)
        let service = MetricsService(
            site: site, listen: try #require(ListenAddress("127.0.0.1:0")),
            clock: DaemonClock(now: { [now] in now }, sleep: { _ in }),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            tell: { port.continuation.yield($0) })
        let serving = Task { try await service.run() }
        defer { serving.cancel() }
        let number = try #require(await port.stream.first { _ in true })
        func read(_ path: String) async throws -> (Int?, String) {
            let address = try #require(URL(string: "http://127.0.0.1:\(number)/\(path)"))
            let (data, response) = try await URLSession.shared.data(from: address)
            return (
                (response as? HTTPURLResponse)?.statusCode, String(decoding: data, as: UTF8.self)
            )
        }
        #expect(try await read("health").0 == 503)
        site.state.withLock { $0.status = status() }
        let health = try await read("health")
        #expect(health.0 == 200 && health.1 == "ok\n")
        let metrics = try await read("metrics")
        #expect(metrics.0 == 200 && metrics.1.contains("kith_log_entries 71204\n"))
        #expect(try await read("status").0 == 404)
    }
}
