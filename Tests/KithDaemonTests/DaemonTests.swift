import Foundation
import KithControl
import KithModel
import KithSite
import KithSync
import Logging
import Synchronization
import Testing

@testable import KithDaemon

@Suite struct DaemonTests {
    @Test func `it serves, says so once, and stops on request with the site closed last`()
        async throws
    {
        try await withHome { home in
            let site = FakeDaemonSite()
            let (stops, stop) = AsyncStream.makeStream(of: Void.self)
            let (ready, tell) = AsyncStream.makeStream(of: String.self)
            var daemon = try daemon(site, home: home)
            // Whatever does not stop by itself would keep it for longer than a test may take.
            daemon.gracefulStop = .seconds(1 << 20)
            let patient = daemon
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await patient.run(stops: stops) { tell.yield($0) } }
                for await address in ready {
                    #expect(address == "0.0.0.0:7777")
                    break
                }
                let client = try #require(try ControlClient(home: home, version: "1"))
                let profile = try await client.profile()
                #expect(profile.name == "Rose")
                stop.yield()
                try await group.waitForAll()
            }
            #expect(site.events.last == "closed")
            #expect(site.events.contains("served"))
            let gone = try ControlClient(home: home, version: "1")
            #expect(gone == nil)
        }
    }

    @Test func `a part that fails stops the daemon with its error, and closes the site`()
        async throws
    {
        try await withHome { home in
            try Data().write(to: URL(filePath: home + "/control.sock"))
            let site = FakeDaemonSite()
            let daemon = try daemon(site, home: home)
            let error = await #expect(throws: SiteError.self) {
                try await daemon.run(stops: AsyncStream<Void> { _ in }) { _ in }
            }
            #expect(error?.code == .home)
            #expect(site.events.last == "closed")
            #expect(!site.events.contains("night"), "a daemon that cannot serve keeps no night")
        }
    }

    @Test func `a web page that cannot be served stops nothing, and is tried again`() async throws {
        let site = FakeDaemonSite(webProblem: SiteError(.network, "the port is taken"))
        let settings = try #require(
            try await DaemonConfiguration.load(home: "/nowhere", flags: [:], environment: [:]).web)
        let pauses = Mutex(0)
        let clock = DaemonClock(
            now: { Instant(milliseconds: 0) },
            sleep: { _ in
                let count = pauses.withLock { count in
                    count += 1
                    return count
                }
                if count == 3 { throw CancellationError() }
            })
        let told = Mutex(0)
        try await WebService(
            site: site, settings: settings, clock: clock, logger: quiet,
            tell: { _ in told.withLock { $0 += 1 } }
        ).run()
        #expect(site.events.filter { $0 == "web" }.count == 3)
        #expect(told.withLock { $0 } == 0)
    }

    @Test(arguments: [
        (["--home"], 2), (["--nonsense"], 2), ([], 2), (["--version"], 0), (["--help"], 0),
        (["--home", "/nowhere", "--listen", "x"], 2), (["--home", "/nowhere"], 1),
    ])
    func `the program's exit status tells what went wrong`(
        arguments: [String], status: Int
    ) async {
        let program = DaemonProgram(version: "1", environment: [:]) { home, _, _ in
            throw SiteError(.home, "\(home) is no site")
        }
        #expect(Int(await program.run(arguments)) == status)
    }

    @Test func `SIGHUP changes nothing, SIGTERM stops the program with status 0`() async throws {
        try await withHome { home in
            let site = FakeDaemonSite()
            let variables = ["KITH_HOME": home, "KITH_LOG_LEVEL": "critical"]
            let program = DaemonProgram(version: "1", environment: variables) { _, _, _ in site }
            let status = Task { await program.run([]) }
            // Signals are caught before the site is opened.
            while !site.events.contains("serving") { try await Task.sleep(for: .milliseconds(5)) }
            kill(getpid(), SIGHUP)
            kill(getpid(), SIGPIPE)
            try await Task.sleep(for: .milliseconds(100))
            #expect(!site.events.contains("served"))
            kill(getpid(), SIGTERM)
            #expect(await status.value == 0)
            #expect(site.events.last == "closed")
        }
    }

    @Test func `failures are tried again with longer pauses until the window ends`() async throws {
        let failed = [report("a", isEqual: false), report("b", isEqual: true)]
        let outcomes = [failed, [report("a", isEqual: false)], [report("a", isEqual: true)]]
        let night = try await nights(
            FakeDaemonSite(outcomes: outcomes), from: "2026-06-10T12:00:00Z", minutes: 30)
        #expect(night == ["renew", "night", "retry 1", "retry 1"])
        let hopeless = Array(repeating: [report("a", isEqual: false)], count: 100)
        let long = try await nights(
            FakeDaemonSite(outcomes: hopeless), from: "2026-06-10T12:00:00Z", minutes: 180)
        // About 2 + 4 + 8 + 16 + 30 + 30 = 90 minutes; those after it come near the window's end at 120.
        #expect((5...8).contains(long.filter { $0 == "retry 1" }.count))
    }

    @Test
    func `each peer that failed is tried again by itself, and one that is equal is left alone`()
        async throws
    {
        let first = [report("a", isEqual: false), report("b", isEqual: false)]
        let later = [report("a", isEqual: true), report("b", isEqual: true)]
        let night = try await nights(
            FakeDaemonSite(outcomes: [first, later, later]), from: "2026-06-10T12:00:00Z",
            minutes: 120)
        // The jitter of the two is not the same, and nothing is left to do after both.
        #expect(night == ["renew", "night", "retry 1", "retry 1"])
    }

    @Test func `a peer that left is not tried again, nor is one with nothing left to move tonight`()
        async throws
    {
        var paused = report("paused", isEqual: false)
        paused.isPaused = true
        let first = [paused, report("gone", isEqual: false), report("late", isEqual: false)]
        let site = FakeDaemonSite(
            outcomes: [first, [report("late", isEqual: true)], [report("late", isEqual: true)]])
        _ = try await nights(site, from: "2026-06-10T12:00:00Z", minutes: 120)
        // Each of the two that failed once more, and the one that left no third time.
        let met = site.state.withLock { $0.met.flatMap(\.self) }
        #expect(
            Set(met) == [report("gone", isEqual: false).site, report("late", isEqual: false).site])
        #expect(met.count == 2)
    }

    @Test func `a night that failed as a whole is tried again with everybody`() async throws {
        let night = try await nights(
            FakeDaemonSite(nightProblems: 2), from: "2026-06-10T12:00:00Z", minutes: 60)
        #expect(night == ["renew", "night", "night", "night"])
    }

    @Test func `the service manager hears that the daemon is alive, twice in the time it allows`()
        async throws
    {
        let site = FakeDaemonSite()
        let pauses = Mutex<[Duration]>([])
        let told = Mutex(0)
        let clock = DaemonClock(
            now: { Instant(milliseconds: 0) },
            sleep: { pause in
                try pauses.withLock { pauses in
                    pauses.append(pause)
                    if pauses.count == 3 { throw CancellationError() }
                }
            })
        try await WatchdogService(
            site: site, silence: .seconds(30), clock: clock, logger: quiet, begin: {},
            tell: { told.withLock { $0 += 1 } }
        ).run()
        #expect(pauses.withLock { $0 } == Array(repeating: .seconds(15), count: 3))
        #expect(told.withLock { $0 } == 3)
        #expect(site.events == ["writer", "writer", "writer"])
    }

    @Test func `a store whose writer hangs is not called alive`() async throws {
        let site = FakeDaemonSite()
        site.state.withLock { $0.isWriterStuck = true }
        let told = Mutex(0)
        let service = WatchdogService(
            site: site, silence: .seconds(30), clock: .system, logger: quiet, begin: {},
            tell: { told.withLock { $0 += 1 } })
        let running = Task { try await service.run() }
        while !site.events.contains("writer") { await Task.yield() }
        running.cancel()
        _ = await running.result
        #expect(told.withLock { $0 } == 0)
    }

    @Test func `a watchdog is set by WATCHDOG_USEC, unless it is meant for another process`() {
        func watchdog(_ variables: [String: String]) -> Duration? {
            ServiceManager(environment: variables, process: 7).watchdog
        }
        #expect(watchdog(["WATCHDOG_USEC": "30000000"]) == .seconds(30))
        #expect(watchdog(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"]) == .seconds(30))
        #expect(watchdog(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"]) == nil)
        #expect(watchdog([:]) == nil)
        #expect(watchdog(["WATCHDOG_USEC": "soon"]) == nil)
        #expect(watchdog(["WATCHDOG_USEC": "0"]) == nil)
    }

    @Test func `a week has a run and a look at the certificate a day`() async throws {
        let site = FakeDaemonSite(lastNight: Instant(rfc3339: "2026-10-22T01:00:30Z"))
        let week = try await nights(site, from: "2026-10-22T12:00:00Z", minutes: 7 * 24 * 60)
        #expect(week.filter { $0 == "night" }.count == 7)
        #expect((7...8).contains(week.filter { $0 == "renew" }.count))
    }

    @Test func `the scrub goes on while more is due, and then looks once a minute`() async throws {
        let site = FakeDaemonSite()
        site.state.withLock { $0.scrubs = 5 }
        let pauses = Mutex<[Duration]>([])
        let clock = DaemonClock(
            now: { Instant(milliseconds: 0) },
            sleep: { pause in
                try pauses.withLock { pauses in
                    pauses.append(pause)
                    if pauses.count == 7 { throw CancellationError() }
                }
            })
        try await ScrubService(site: site, clock: clock, logger: quiet, begin: {}).run()
        #expect(site.events == Array(repeating: "scrub", count: 7))
        let expected =
            Array(repeating: Duration.milliseconds(100), count: 4)
            + Array(repeating: .seconds(60), count: 3)
        #expect(pauses.withLock { $0 } == expected)
    }

    /// What the nightly service does in that many minutes of a pretended clock.
    private func nights(
        _ site: FakeDaemonSite, from start: String, minutes: Int64
    ) async throws -> [String] {
        let start = try #require(Instant(rfc3339: start))
        let time = Mutex(start)
        let clock = DaemonClock(
            now: { time.withLock { $0 } },
            sleep: { pause in
                let (seconds, attoseconds) = pause.components
                try time.withLock { now in
                    #expect(pause <= .seconds(60))
                    let passed = seconds * 1000 + attoseconds / 1_000_000_000_000_000
                    now = Instant(milliseconds: now.milliseconds + passed)
                    if now.milliseconds > start.milliseconds + minutes * 60_000 {
                        throw CancellationError()
                    }
                }
            })
        let service = NightlyService(
            site: site, schedule: try schedule(), clock: clock, logger: quiet,
            begin: {})
        try await service.run()
        return site.events
    }

    private func daemon(_ site: FakeDaemonSite, home: String) throws -> Daemon {
        let configuration = DaemonConfiguration(
            listen: try #require(ListenAddress("0.0.0.0:7443")), syncMinuteOfDay: 120,
            syncWindowMinutes: 120, syncJitterMinutes: 0, logLevel: .error, warnings: [])
        return Daemon(
            site: site, home: home, version: "1", configuration: configuration,
            schedule: try schedule(), clock: .system, logger: quiet)
    }

    private func schedule() throws -> NightlySchedule {
        NightlySchedule(
            minuteOfDay: 120, windowMinutes: 120, jitterMinutes: 10,
            zone: try #require(TimeZone(identifier: "Europe/London")), seed: 3)
    }

    private var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
