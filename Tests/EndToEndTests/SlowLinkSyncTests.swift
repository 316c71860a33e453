import Foundation
import NIOCore
import Testing

/// Syncs over lines that are slow and break, with the real programs. Riverside dials Elm's daemon over
/// the line, Oak without it. `Scripts/test-slow-links` runs these at the lines' real figures.
@Suite(.serialized) struct SlowLinkSyncTests {
    private let trio: Trio

    init() throws { trio = try Trio() }

    /// Has Elm write something new of about so many bytes, in entries of some kilobytes: an import makes
    /// one of all that it can, so each person is imported alone.
    private func write(bytes: Int) throws {
        let folder = trio.pair.workspace.path
        for number in 0..<bytes / 4_600 {
            _ = try trio.pair.workspace.file(
                "person-\(number).json",
                Bundles.people(number..<number + 1, descriptionBytes: 3_000))
        }
        let script = #"ls "$1"/person-*.json | xargs -n 1 -P 2 "$0" --home "$2" import fhir"#
        let finished = try Program.run(
            "/bin/bash", ["-c", script, Program.kith, folder, trio.pair.elm.path], limit: 600)
        try #require(finished.status == 0, "\(finished.errors)")
    }

    /// What one `kith sync` said of its session.
    private struct Session {
        let isEqual: Bool
        let received: Int
        let bytesReceived: Int
        let problem: String?

        init(_ home: TestHome, limit: Double = 1_800) throws {
            let finished = try home.run("sync", "Elm House", "--json", limit: limit)
            let sessions = try finished.json()["sessions"] as? [[String: Any]] ?? []
            let session = try #require(sessions.first, "\(finished.errors)")
            isEqual = session["isEqual"] as? Bool == true
            received = session["received"] as? Int ?? 0
            bytesReceived = session["bytesReceived"] as? Int ?? 0
            problem = session["problem"] as? String
        }
    }

    /// Has Riverside dial over a link from now on.
    private func useLink(_ quality: SlowLink.Quality, breaks: [Int] = []) throws -> SlowLink {
        let link = try SlowLink(before: trio.pair.daemon.address, quality, breaks: breaks)
        // No daemon of Riverside's syncs by itself, which would come between.
        try trio.pair.riverside.must(
            "peer", "set", "Elm House", "--address", link.address, "--disable")
        return link
    }

    private func expectAllEqual() throws {
        let elm = try trio.pair.elm.digests()
        #expect(try trio.pair.riverside.digests() == elm)
        #expect(try trio.oak.digests() == elm)
        #expect(try trio.pair.riverside.run("rebuild", "--check").status == 0)
    }

    @Test
    func `a first sync that is cut a hundred times ends equal, and hardly anything goes twice`()
        throws
    {
        try write(bytes: 2_100_000)
        var random = SeededRandom(seed: 8)
        let breaks = (0..<100).map { _ in Int.random(in: 1...40_000, using: &random) }
        let link = try useLink(
            .kilobits(256, roundTrip: 600, faster: SlowLinkTiming.faster), breaks: breaks)
        var received = 0
        for number in 0..<100 {
            let session = try Session(trio.pair.riverside)
            received += session.received
            #expect(!session.isEqual && session.problem != nil, "cut \(number)")
            #expect(session.problem?.contains("\n") == false)
        }
        let last = try Session(trio.pair.riverside)
        #expect(last.isEqual, "\(last.problem ?? "")")
        // Another site, over a line that never breaks, says what there was to send.
        let whole = try Session(trio.oak)
        #expect(whole.isEqual && whole.bytesReceived >= 2_000_000)
        #expect(received + last.received == whole.received, "no entry was stored twice")
        try expectAllEqual()

        // What a connection carries before the first entry, as one that has nothing to bring shows; a
        // greeting that names what differs is a little longer.
        let overhead = try overhead(of: link) + 2_500
        let carried = link.carried.dropLast().map { max(0, $0.down - overhead) }.reduce(0, +)
        let twice = carried - whole.bytesReceived
        print(
            "100 cuts: \(received) of \(whole.received) entries came before the last session,",
            "\(whole.bytesReceived) bytes in all, \(max(twice, 0)) of them twice")
        #expect(twice <= 100 * 4_096, "an unfinished batch of four kilobytes for each cut")
    }

    /// Bytes that come down in a session with nothing new.
    private func overhead(of link: SlowLink) throws -> Int {
        let before = link.carried.count
        let session = try Session(trio.pair.riverside)
        #expect(session.isEqual && session.received == 0)
        return link.carried[before...].map(\.down).reduce(0, +)
    }

    @Test func `a line of 30 kbit a second that never breaks carries everything in one session`()
        throws
    {
        try write(bytes: 600_000)
        let link = try useLink(.kilobits(30, roundTrip: 600, faster: SlowLinkTiming.faster))
        let session = try Session(trio.pair.riverside)
        #expect(session.isEqual, "\(session.problem ?? "")")
        #expect(link.carried.map(\.down).reduce(0, +) > 400_000, "more than a minute of its time")
        _ = try Session(trio.oak)
        try expectAllEqual()
    }

    @Test func `a line of 30 kbit a second that breaks every minute makes progress each time`()
        throws
    {
        try write(bytes: 600_000)
        let faster = SlowLinkTiming.faster
        let link = try useLink(.kilobits(30, roundTrip: 600, faster: faster))
        link.cut(every: .milliseconds(60_000 / Int64(faster)))
        var sessions: [Session] = []
        repeat {
            sessions.append(try Session(trio.pair.riverside))
        } while sessions.last?.isEqual != true && sessions.count < 30
        #expect(sessions.last?.isEqual == true)
        #expect(sessions.count > 2, "600 kB do not fit in two minutes")
        let idle = sessions.dropLast().count { $0.received == 0 }
        // A cut may come just after a session began; then the next has a whole minute.
        for (one, next) in zip(sessions, sessions.dropFirst()) {
            #expect(one.received + next.received > 0)
        }
        print(
            "30 kbit/s:",
            sessions.map { "\($0.received) \($0.problem ?? "equal")" }.joined(
                separator: "; "), "; \(idle) brought none")
        _ = try Session(trio.oak)
        try expectAllEqual()
    }

    @Test func `a peer that stalls in the middle keeps nobody waiting, and its session ends`()
        throws
    {
        try write(bytes: 600_000)
        let link = try useLink(.init())
        link.stall(afterDown: 150_000)
        let riverside = try trio.pair.riverside.daemon()
        let stalled = try Program.start(
            Program.kith, ["--home", trio.pair.riverside.path, "sync", "Elm House", "--json"])
        stalled.write(nil)
        let end = Date(timeIntervalSinceNow: 30)
        while !link.isStalled, stalled.isRunning, Date() < end { usleep(2_000) }
        try #require(link.isStalled && stalled.isRunning)
        // Both ends write, and another peer syncs, beside it. An open transaction would make a write
        // wait until it is refused.
        for home in [trio.pair.elm, trio.pair.riverside] {
            try home.must("resident", "add", "familyName=Beside")
        }
        #expect(try Session(trio.oak).isEqual)
        #expect(link.isStalled && stalled.isRunning, "all of that happened while it stalled")
        // `keepaliveTime` and `keepaliveTimeout` of the limits end it.
        #expect(stalled.wait(seconds: 120))
        let finished = stalled.finished()
        #expect(finished.status == 1)
        let sessions = try finished.json()["sessions"] as? [[String: Any]]
        let problem = try #require(sessions?.first?["problem"] as? String)
        #expect(!problem.isEmpty && !problem.contains("\n"))
        print("a stalled session ended: \(problem)")
        link.goOn()
        var last = try Session(trio.pair.riverside)
        for _ in 0..<20 where !last.isEqual { last = try Session(trio.pair.riverside) }
        #expect(last.isEqual, "\(last.problem ?? "")")
        #expect(try riverside.stop().status == 0)
        _ = try Session(trio.oak)
        try expectAllEqual()
    }
}
