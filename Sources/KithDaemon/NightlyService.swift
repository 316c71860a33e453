internal import KithModel
internal import KithSite
internal import KithSync
internal import Logging
internal import ServiceLifecycle

/// The clock and the sleep of the daemon, which tests replace.
struct DaemonClock: Sendable {
    /// The wall clock.
    var now: @Sendable () -> Instant
    /// Waits; throws `CancellationError` when the task is cancelled.
    var sleep: @Sendable (Duration) async throws -> Void
}

/// Runs the nightly sync when the schedule says so, tries failures again, and renews the certificate.
///
/// Sleeps at most a minute at a time: a clock that was set, or a machine that slept, is noticed
/// within a minute.
struct NightlyService: Service {
    let site: any DaemonSite
    let schedule: NightlySchedule
    let clock: DaemonClock
    let logger: Logger
    /// Returns when nights may begin: a daemon that cannot open its doors ends without having synced.
    let begin: @Sendable () async -> Void

    func run() async throws {
        // A session that is cancelled ends at its next transaction, and goes on from there next time.
        try? await cancelWhenGracefulShutdown { try await loop() }
    }

    private func loop() async throws {
        await begin()
        var certificates = CertificateRenewal(lastTry: nil)
        var lastRun: Instant?
        while true {
            try Task.checkCancellation()
            let now = clock.now()
            if certificates.isDue(at: now) { await renew(at: now, &certificates) }
            // The store's word counts after a start; later our own, which knows failed runs too.
            if lastRun == nil { lastRun = try? await site.lastNightlySync() }
            let next = schedule.nextRun(after: now, lastRun: lastRun)
            if next <= now {
                lastRun = now
                try await runNight(begunAt: now)
            } else {
                try await wait(until: next, from: now)
            }
        }
    }

    private func wait(until next: Instant, from now: Instant) async throws {
        let milliseconds = min(next.milliseconds - now.milliseconds, 60_000)
        try await clock.sleep(.milliseconds(max(milliseconds, 1)))
    }

    // MARK: One night

    /// One session with each peer, then again with those that failed, each when its own pause is over,
    /// until nobody is left or the window ends.
    private func runNight(begunAt begun: Instant) async throws {
        logger.info("the nightly sync begins")
        let end = schedule.retriesEnd(forRunAt: begun)
        var backoff = PeerBackoff(seed: schedule.seed)
        try await attempt(&backoff, [nil])
        while let next = backoff.next, next < end {
            guard try await wait(until: next, notBefore: begun) else { break }
            try await attempt(&backoff, backoff.due(at: clock.now()))
        }
        logger.info(
            "the nightly sync has ended", metadata: ["peers.failed": "\(backoff.count)"])
    }

    /// Sleeps until a time; false when the clock was set back to before the night began, so that
    /// nobody can tell how much of its window is left.
    private func wait(until next: Instant, notBefore begun: Instant) async throws -> Bool {
        while true {
            let now = clock.now()
            if now < begun { return false }
            if now >= next { return true }
            try await wait(until: next, from: now)
        }
    }

    /// Meets whom it says, all at once as far as the site does that; nil among them is everybody.
    private func attempt(
        _ backoff: inout PeerBackoff, _ subjects: [PeerBackoff.Subject]
    ) async throws {
        let isEverybody = subjects.contains(nil)
        do {
            let reports =
                isEverybody
                ? try await site.nightlySync() : try await site.meet(subjects.compactMap(\.self))
            if isEverybody { backoff.succeeded(nil) }
            for report in reports { SessionLog(logger).log(report) }
            backoff.note(reports, of: subjects, at: clock.now())
        } catch {
            try Task.checkCancellation()
            logger.error("the nightly sync failed", metadata: ["error": "\(line(for: error))"])
            for subject in subjects { backoff.failed(subject, at: clock.now()) }
        }
    }

    // MARK: Certificates

    private func renew(at now: Instant, _ certificates: inout CertificateRenewal) async {
        do {
            try await site.renewCertificateIfNeeded(at: now)
            certificates.succeeded(at: now)
        } catch {
            certificates.failed(at: now)
            logger.error(
                "the certificate could not be renewed", metadata: ["error": "\(line(for: error))"])
        }
    }

    /// Our own errors have one safe line; of others only the type is told.
    private func line(for error: any Error) -> String {
        (error as? SiteError)?.description ?? "\(type(of: error))"
    }
}

/// When to look at the certificate: daily, and an hour after a failure.
private struct CertificateRenewal {
    private var lastTry: Instant?
    private var pause: Int64 = 0

    init(lastTry: Instant?) { self.lastTry = lastTry }

    /// Whether it is time; also after the clock was set back.
    func isDue(at now: Instant) -> Bool {
        guard let lastTry else { return true }
        return now < lastTry || now.milliseconds - lastTry.milliseconds >= pause
    }

    mutating func succeeded(at now: Instant) {
        lastTry = now
        pause = 86_400_000
    }

    mutating func failed(at now: Instant) {
        lastTry = now
        pause = 3_600_000
    }
}

extension PeerBackoff {
    /// Notes how sessions ended. Nobody who has nothing left to move for now is tried again before the next
    /// night, nor is whoever was to be met and is no peer any more.
    mutating func note(_ reports: [SyncReport], of subjects: [Subject], at now: Instant) {
        for subject in subjects where subject != nil {
            if !reports.contains(where: { $0.site == subject }) { succeeded(subject) }
        }
        for report in reports {
            if report.isEqual || report.isPaused {
                succeeded(report.site)
            } else {
                failed(report.site, at: now)
            }
        }
    }
}
