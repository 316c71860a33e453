internal import KithSite
internal import Logging
internal import ServiceLifecycle

/// Looks the log through in idle time, a little at a time: what came since the last look, and all of it
/// every so often (D2, D37).
struct ScrubService: Service {
    let site: any DaemonSite
    let clock: DaemonClock
    let logger: Logger
    /// Returns when the site is open to others.
    let begin: @Sendable () async -> Void

    /// Between two steps: whoever saves something waits for one step at the most.
    private static let pause = Duration.milliseconds(100)

    func run() async throws {
        try? await cancelWhenGracefulShutdown { try await loop() }
    }

    private func loop() async throws {
        await begin()
        while true {
            var isMoreDue = false
            do {
                isMoreDue = try await site.scrub()
            } catch let error as SiteError {
                logger.error(
                    "the log could not be looked through", metadata: ["problem": "\(error)"])
            }
            try await clock.sleep(isMoreDue ? Self.pause : .seconds(60))
        }
    }
}
