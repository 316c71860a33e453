import Foundation
import KithModel
import KithSync
import Synchronization
import Testing

@testable import KithSite

/// What a site's line may carry in a night and in a second, and who may go beyond it (D32).
@Suite(.timeLimit(.minutes(10))) struct LineLimitTests {
    private let village: Village
    private let plans = "Riverside plans"
    private let nights = NightlySchedule(
        minuteOfDay: 120, windowMinutes: 120, jitterMinutes: 0, zone: .gmt, seed: 1)

    init() throws {
        village = try Village()
    }

    private func pair(
        clock: @escaping @Sendable () -> Instant = { Instant(Date()) }
    ) async throws -> (practice: Neighbour, elm: Neighbour) {
        let practice = try await village.site("Riverside", kind: "gp-practice")
        let elm = try await village.site("Elm", clock: clock)
        try await practice.found(plans)
        try await practice.admit(elm, to: plans)
        for _ in 0..<2 { try await elm.sync(with: practice) }
        return (practice, elm)
    }

    private func write(_ count: Int, at site: Neighbour) async throws {
        for number in 0..<count {
            try await site.add("resident", to: plans, "familyName=Whitfield\(number)")
        }
    }

    @Test func `a night's bytes end a session between two batches, and what came stays`()
        async throws
    {
        let (practice, elm) = try await pair()
        try await write(40, at: practice)
        try await elm.site.limitLine(to: SyncLimits(bytesPerNight: 12_000), nights: nights)
        let first = try await elm.sync(with: practice)
        #expect(first.isPaused && !first.isEqual)
        #expect(first.problem?.contains("kith sync --urgent") == true, "\(first.problem ?? "")")
        #expect((1..<40).contains(first.received), "\(first.received)")
        // No line of it is used any more, and the practice says why when it is the one that dials.
        let second = try await elm.sync(with: practice)
        #expect(second.isPaused && second.bytesSent + second.bytesReceived == 0)
        let fromThere = try await practice.sync(with: elm)
        #expect(fromThere.isPaused && fromThere.problem?.contains("the rest follows") == true)
        // Somebody waits for it.
        let urgent = try await elm.site.sync(SyncRequest(["Riverside"], isUrgent: true)) { _ in }
        #expect(urgent.first?.isEqual == true && urgent.first?.received == 40 - first.received)
        await village.close(practice, elm)
    }

    @Test func `a partner for whom somebody waits goes beyond this site's bytes`() async throws {
        let (practice, elm) = try await pair()
        try await write(10, at: practice)
        try await elm.site.limitLine(to: SyncLimits(bytesPerNight: 1), nights: nights)
        let patient = try await practice.sync(with: elm)
        #expect(patient.isPaused && patient.sent == 0)
        let urgent = try await practice.site.sync(SyncRequest(["Elm"], isUrgent: true)) { _ in }
        #expect(urgent.first?.isEqual == true && urgent.first?.sent == 10)
        await village.close(practice, elm)
    }

    @Test func `the next night has bytes of its own, and a restart does not give them back`()
        async throws
    {
        let now = Mutex(try #require(Instant(rfc3339: "2026-06-10T22:00:00Z")))
        let (practice, elm) = try await pair { now.withLock { $0 } }
        try await write(40, at: practice)
        try await elm.site.limitLine(to: SyncLimits(bytesPerNight: 12_000), nights: nights)
        #expect(try await elm.sync(with: practice).isPaused)
        let used = try #require(elm.site.line.count)
        #expect(used.moved >= 12_000)
        await elm.close()
        let again = try await Neighbour.open(
            "Elm", home: elm.home, clock: { now.withLock { $0 } }, wiretap: village.wiretap)
        try await again.site.limitLine(to: SyncLimits(bytesPerNight: 12_000), nights: nights)
        #expect(again.site.line.count?.moved == used.moved)
        #expect(try await again.sync(with: practice).isPaused)
        for _ in 0..<20 {
            now.withLock { $0 = Instant(milliseconds: $0.milliseconds + 86_400_000) }
            let report = try await again.sync(with: practice)
            if report.isEqual { break }
            #expect(report.isPaused && report.received > 0)
        }
        #expect(try await again.holds("Whitfield39"))
        await village.close(practice, again)
    }

    @Test func `a line that is held to a speed takes its time, and nobody gives up over it`()
        async throws
    {
        let (practice, elm) = try await pair()
        try await write(20, at: practice)
        try await elm.site.limitLine(to: SyncLimits(bytesPerSecond: 4_000), nights: nights)
        let steps = Mutex<[SyncProgress]>([])
        let began = ContinuousClock.now
        let report = try #require(
            try await elm.site.sync(["Riverside"]) { step in steps.withLock { $0.append(step) } }
                .first)
        let time = ContinuousClock.now - began
        #expect(report.isEqual && report.received == 20)
        let bytes = report.bytesSent + report.bytesReceived
        // The last message has not to wait for the line to be free again.
        #expect(time > .milliseconds((bytes - 8_192) * 1000 / 4_000), "\(bytes) bytes in \(time)")
        // It was told beforehand how much there is to come.
        let told = steps.withLock { $0 }
        #expect(told.first?.toReceive == 20 && told.last?.received == 20)
        #expect(told.last.map { $0.bytesReceived > 4_000 } == true)
        await village.close(practice, elm)
    }

    @Test func `how long it may still take is told from the speed so far, once there is one`() {
        var meter = ProgressMeter(peer: "Elm")
        let begun = ContinuousClock.now
        func left(_ state: SyncSession.Progress, after seconds: Int) -> Int? {
            meter.progress(state, sent: 1, received: 2, now: begun + .seconds(seconds)).secondsLeft
        }
        var state = SyncSession.Progress()
        (state.toSend, state.toReceive) = (30, 70)
        #expect(left(state, after: 0) == nil && left(state, after: 9) == nil)
        (state.sent, state.received) = (10, 10)
        #expect(left(state, after: 1) == nil, "too soon to tell")
        #expect(left(state, after: 10) == 40)
        (state.sent, state.received) = (30, 70)
        #expect(left(state, after: 20) == 0)
        // More came than was declared: nothing is known to be left.
        state.received = 90
        #expect(left(state, after: 20) == 0)
    }

    @Test func `who is behind is known, and what a session moved is counted`() async throws {
        let (practice, elm) = try await pair()
        let id = try await practice.site.profile().site
        #expect(try await elm.site.peersBehind().isEmpty)
        let before = try await elm.site.lastArrival()
        try await write(3, at: elm)
        #expect(try await elm.site.lastArrival() > before)
        #expect(try await elm.site.peersBehind() == [id])
        let (mine, theirs) = (elm.site.sessionTally, practice.site.sessionTally)
        let gone = try await elm.site.profile().site
        // Of those to be met, one that is no peer is left out.
        let reports = try await elm.site.meet([gone, id])
        #expect(reports.map(\.site) == [id] && reports.allSatisfy(\.isEqual))
        #expect(try await elm.site.peersBehind().isEmpty)
        #expect(elm.site.sessionTally.dialled.equal == mine.dialled.equal + 1)
        #expect(elm.site.sessionTally.entriesSent == mine.entriesSent + 3)
        while practice.site.sessionTally.answered.equal == theirs.answered.equal {
            await Task.yield()
        }
        let stored = practice.site.sessionTally
        #expect(stored.entriesReceived == theirs.entriesReceived + 3)
        #expect(stored.batches.reduce(0, +) > theirs.batches.reduce(0, +) && stored.refused == 0)
        await village.close(practice, elm)
    }
}
