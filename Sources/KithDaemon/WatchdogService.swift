internal import KithSite
internal import Logging
internal import ServiceLifecycle

/// Tells the service manager that the daemon is alive, as long as a save has its turn.
///
/// A daemon that runs and cannot write is of no use to anybody, and only a new start helps. An error of
/// the store is no reason for one: a full disk is as full afterwards.
struct WatchdogService: Service {
    let site: any DaemonSite
    /// How long the manager bears silence.
    let silence: Duration
    let clock: DaemonClock
    let logger: Logger
    /// Returns when the site is open to others; until then the manager waits for the readiness.
    let begin: @Sendable () async -> Void
    /// Tells the manager.
    let tell: @Sendable () -> Void

    func run() async throws {
        try? await cancelWhenGracefulShutdown { try await loop() }
    }

    private func loop() async throws {
        await begin()
        while true {
            do {
                try await site.awaitWriter()
            } catch {
                try Task.checkCancellation()
                let line = (error as? SiteError)?.description ?? "\(type(of: error))"
                logger.error("the store cannot be written to", metadata: ["error": "\(line)"])
            }
            tell()
            // Twice in the time that is allowed, as sd_watchdog_enabled(3) advises.
            try await clock.sleep(silence / 2)
        }
    }
}
