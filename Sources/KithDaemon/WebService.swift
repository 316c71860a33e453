internal import KithSite
internal import Logging
internal import ServiceLifecycle

/// Serves the web page until the daemon stops. What is wrong with it never stops the nights: it is
/// logged, and tried again.
struct WebService: Service {
    let site: any DaemonSite
    let settings: WebSettings
    let clock: DaemonClock
    let logger: Logger
    /// Told the address when browsers can connect.
    let tell: @Sendable (String) -> Void

    func run() async throws {
        try? await cancelWhenGracefulShutdown { try await loop() }
    }

    private func loop() async throws {
        var last = ""
        while true {
            do {
                try await site.serveWeb(settings, logger: logger, onListening: tell)
                return
            } catch {
                try Task.checkCancellation()
                let line = (error as? SiteError)?.description ?? "\(type(of: error))"
                // Once for each cause: it may stay so for days.
                if line != last {
                    logger.error(
                        "the web page is not served; it is tried again every half minute",
                        metadata: ["error": "\(line)"])
                }
                last = line
            }
            try await clock.sleep(.seconds(30))
        }
    }
}
