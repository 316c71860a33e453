internal import KithModel
internal import KithSite
internal import KithSync
internal import Logging
internal import ServiceLifecycle

/// Syncs soon after each change, where sites are reachable (D32): whoever is behind is met as soon as nothing
/// more was written or received for a moment, and tried again after pauses that grow.
///
/// The nights go on as well: they find what a partner that cannot be dialled from here has.
struct ContinuousService: Service {
    let site: any DaemonSite
    /// What sets this site's pauses apart from others'.
    let seed: UInt64
    let clock: DaemonClock
    let logger: Logger
    /// Returns when the site is open to others.
    let begin: @Sendable () async -> Void

    /// How often it looks whether something has changed: one read of the end of one index.
    private static let tick = Duration.seconds(2)
    /// So many ticks with something new in each are waited for a quiet one.
    private static let mostBusyTicks = 5

    func run() async throws {
        try? await cancelWhenGracefulShutdown { try await loop() }
    }

    private func loop() async throws {
        await begin()
        var backoff = PeerBackoff(seed: seed)
        var changes = Changes(mostBusyTicks: Self.mostBusyTicks)
        var latest = clock.now()
        while true {
            let now = clock.now()
            if now < latest {
                // The clock was set back: nobody can tell when the pauses of before are over.
                backoff = PeerBackoff(seed: seed)
                changes.forget()
            }
            latest = now
            do {
                let isTime = changes.look(at: try await site.lastArrival())
                let due = backoff.due(at: clock.now()).compactMap(\.self)
                if isTime || !due.isEmpty {
                    try await meet(isTime ? nil : due, &backoff)
                }
            } catch let error as SiteError {
                logger.error("the site could not be synced", metadata: ["problem": "\(error)"])
                changes.forget()
                try await clock.sleep(.seconds(60))
            }
            try await clock.sleep(Self.tick)
        }
    }

    /// Meets those of the peers that are behind, and leaves alone whoever is to be tried again later.
    ///
    /// - Parameter chosen: nil: all.
    private func meet(_ chosen: [SiteID]?, _ backoff: inout PeerBackoff) async throws {
        let behind = try await site.peersBehind()
        let now = clock.now()
        let due = Set(backoff.due(at: now))
        let sites = behind.filter { site in
            chosen?.contains(site) ?? (due.contains(site) || !backoff.isWaiting(for: site))
        }
        // Whoever has caught up by another way is not dialled for it.
        for site in chosen ?? [] where !behind.contains(site) { backoff.succeeded(site) }
        guard !sites.isEmpty else { return }
        let reports = try await site.meet(sites)
        for report in reports { SessionLog(logger).log(report) }
        for report in reports where report.isPaused { backoff.failed(report.site, at: clock.now()) }
        backoff.note(reports.filter { !$0.isPaused }, of: [], at: clock.now())
    }

    /// When the log has changed and then not for a moment, or has been changing for long.
    struct Changes {
        private let mostBusyTicks: Int
        private var met: Int64?
        private var last: Int64?
        private var busyTicks = 0

        init(mostBusyTicks: Int) { self.mostBusyTicks = mostBusyTicks }

        /// Whether it is time to meet whoever is behind; at the first look always.
        mutating func look(at arrival: Int64) -> Bool {
            defer { last = arrival }
            guard arrival != met else { return false }
            let isStillChanging = last != nil && arrival != last
            if isStillChanging, busyTicks < mostBusyTicks {
                busyTicks += 1
                return false
            }
            (met, busyTicks) = (arrival, 0)
            return true
        }

        /// Something went wrong: the next look is a first one.
        mutating func forget() { (met, last) = (nil, nil) }
    }
}
