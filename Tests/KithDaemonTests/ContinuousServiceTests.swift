import Foundation
import KithModel
import KithSite
import KithSync
import Logging
import Synchronization
import Testing

@testable import KithDaemon

/// Syncing soon after each change (D32), on a pretended clock.
@Suite(.timeLimit(.minutes(5))) struct ContinuousServiceTests {
    private let start = Instant(milliseconds: 1_795_000_000_000)
    private let hill = report("hill", isEqual: true).site
    private let oak = report("oak", isEqual: true).site

    /// Runs the service that many pauses long; before each, a step may change the site or the clock.
    private func run(
        _ site: FakeDaemonSite, pauses: Int,
        _ step: @escaping @Sendable (Int, FakeDaemonSite, inout Instant) -> Void
    ) async throws {
        let state = Mutex((count: 0, now: start))
        let clock = DaemonClock(
            now: { state.withLock { $0.now } },
            sleep: { pause in
                try state.withLock { state in
                    state.count += 1
                    if state.count == pauses { throw CancellationError() }
                    let passed = Int64(pause / .milliseconds(1))
                    state.now = Instant(milliseconds: state.now.milliseconds + passed)
                    step(state.count, site, &state.now)
                }
            })
        try await ContinuousService(
            site: site, seed: 3, clock: clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, begin: {}
        ).run()
    }

    @Test func `whoever is behind is met at the start, and after a change as soon as it is quiet`()
        async throws
    {
        let site = FakeDaemonSite(
            outcomes: Array(repeating: [report("hill", isEqual: true)], count: 9))
        site.state.withLock { $0.behind = [hill] }
        try await run(site, pauses: 20) { count, site, _ in
            site.state.withLock { state in
                // Somebody writes at three looks one after another.
                if (6...8).contains(count) { state.arrival += 1 }
                state.behind = count == 1 ? [] : [self.hill]
            }
        }
        #expect(site.state.withLock { $0.met } == [[hill], [hill]])
    }

    @Test func `somebody who never stops writing does not keep the others waiting`() async throws {
        let site = FakeDaemonSite(
            outcomes: Array(repeating: [report("hill", isEqual: true)], count: 99))
        site.state.withLock { $0.behind = [hill] }
        try await run(site, pauses: 62) { _, site, _ in site.state.withLock { $0.arrival += 1 } }
        #expect((9...11).contains(site.state.withLock { $0.met.count }))
    }

    @Test func `who fails is tried again after pauses, without a change, and holds up nobody`()
        async throws
    {
        let both = [report("hill", isEqual: false), report("oak", isEqual: true)]
        let site = FakeDaemonSite(
            outcomes: [both] + Array(repeating: [report("hill", isEqual: false)], count: 2)
                + [[report("hill", isEqual: true)]])
        site.state.withLock { $0.behind = [hill, oak] }
        // An hour of looks; a second one changes nothing more.
        try await run(site, pauses: 2 * 1800) { count, site, _ in
            site.state.withLock { $0.behind = $0.met.count > 3 ? [] : [self.hill] }
        }
        #expect(site.state.withLock { $0.met } == [[hill, oak], [hill], [hill], [hill]])
    }

    @Test func `a change does not dial a peer before its pause is over`() async throws {
        let site = FakeDaemonSite(
            outcomes: Array(repeating: [report("hill", isEqual: false)], count: 9))
        site.state.withLock { $0.behind = [hill] }
        try await run(site, pauses: 30) { count, site, _ in
            site.state.withLock { if count == 5 { $0.arrival += 1 } }
        }
        #expect(site.state.withLock { $0.met } == [[hill]])
    }

    @Test func `a clock that is set back by a year does not make pauses of a year`() async throws {
        let site = FakeDaemonSite(
            outcomes: Array(repeating: [report("hill", isEqual: false)], count: 9))
        site.state.withLock { $0.behind = [hill] }
        try await run(site, pauses: 12) { count, _, now in
            if count == 5 { now = Instant(milliseconds: now.milliseconds - 31_536_000_000) }
        }
        #expect(site.state.withLock { $0.met } == [[hill], [hill]])
    }

    @Test func `a site that nobody lacks anything of dials nobody`() async throws {
        let site = FakeDaemonSite()
        try await run(site, pauses: 30) { _, site, _ in site.state.withLock { $0.arrival += 1 } }
        #expect(site.state.withLock { $0.met.isEmpty })
    }
}
