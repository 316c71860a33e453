internal import KithControl
internal import KithModel
internal import KithSite
internal import KithSync
internal import Logging
internal import ServiceLifecycle

/// The running daemon: an opened site, its partners' door, its control socket, and its nights.
struct Daemon: Sendable {
    /// How long a graceful stop may take before everything is cancelled.
    var gracefulStop: Duration = .seconds(8)

    private let site: any DaemonSite
    private let home: String
    private let version: String
    private let configuration: DaemonConfiguration
    private let schedule: NightlySchedule
    private let clock: DaemonClock
    private let manager: ServiceManager
    private let logger: Logger

    init(
        site: any DaemonSite, home: String, version: String, configuration: DaemonConfiguration,
        schedule: NightlySchedule, clock: DaemonClock,
        manager: ServiceManager = ServiceManager(environment: [:]), logger: Logger
    ) {
        self.site = site
        self.home = home
        self.version = version
        self.configuration = configuration
        self.schedule = schedule
        self.clock = clock
        self.manager = manager
        self.logger = logger
    }

    /// Runs until asked to stop, or until a part fails; closes the site in either case.
    ///
    /// Each element of `stops` is a request to stop: the first is granted gracefully, the second at
    /// once. `onReady` is called once, with the address for partners, when both doors are
    /// open; `onWeb` with the address for browsers, when theirs is.
    func run(
        stops: some AsyncSequence<Void, Never> & Sendable,
        onReady: @escaping @Sendable (String) -> Void,
        onWeb: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws {
        let ready = Readiness(onReady: onReady)
        // Services stop in the reverse of this order.
        let services: [any Service] = [
            PeerService(site: site, listen: configuration.listen, onListening: ready.peersListen),
            ControlSocketService(
                server: ControlServer(site: site, home: home, version: version, logger: logger),
                onListening: ready.controlListens),
            NightlyService(
                site: site, schedule: schedule, clock: clock, logger: logger, begin: ready.open),
            ScrubService(site: site, clock: clock, logger: logger, begin: ready.open),
        ]
        let web = configuration.web.map {
            WebService(site: site, settings: $0, clock: clock, logger: logger, tell: onWeb)
        }
        let metrics = configuration.metrics.map {
            MetricsService(site: site, listen: $0, clock: clock, logger: logger)
        }
        let continuous =
            configuration.isContinuous
            ? ContinuousService(
                site: site, seed: schedule.seed, clock: clock, logger: logger, begin: ready.open)
            : nil
        let watchdog = manager.watchdog.map { silence in
            WatchdogService(
                site: site, silence: silence, clock: clock, logger: logger, begin: ready.open,
                tell: manager.alive)
        }
        let optional: [(any Service)?] = [web, metrics, watchdog, continuous]
        var configuration = ServiceGroupConfiguration(
            services: (services + optional.compactMap { $0 }).map { .init(service: $0) },
            logger: quietLogger)
        configuration.maximumGracefulShutdownDuration = gracefulStop
        let group = ServiceGroup(configuration: configuration)
        let outcome = await outcome(of: group, stops: stops)
        // Last, when nothing uses it any more.
        await site.close()
        try outcome.get()
    }

    private func outcome(
        of group: ServiceGroup, stops: some AsyncSequence<Void, Never> & Sendable
    ) async -> Result<Void, any Error> {
        await withTaskGroup(of: Result<Void, any Error>?.self) { tasks in
            tasks.addTask {
                do {
                    try await group.run()
                    return .success(())
                } catch {
                    return .failure(error)
                }
            }
            tasks.addTask {
                var requests = 0
                for await _ in stops {
                    requests += 1
                    if requests > 1 { return nil }
                    logger.info("kithd is stopping")
                    await group.triggerGracefulShutdown()
                }
                // Nobody asks any more; the group goes on until it ends or this task is cancelled.
                try? await Task.sleep(for: .seconds(1 << 32))
                return nil
            }
            var outcome: Result<Void, any Error>?
            for await ended in tasks {
                tasks.cancelAll()
                // What ends first decides: a stop at once is no failure, however parts break off.
                if outcome == nil { outcome = ended ?? .success(()) }
            }
            return outcome ?? .success(())
        }
    }

    /// The service group logs each step at info with type names; operators want those at debug only.
    private var quietLogger: Logger {
        var quiet = logger
        if quiet.logLevel > .debug { quiet.logLevel = max(quiet.logLevel, .error) }
        return quiet
    }
}

/// Serves partners until the daemon stops.
struct PeerService: Service {
    let site: any DaemonSite
    let listen: ListenAddress
    let onListening: @Sendable (String) -> Void

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                try await site.servePeers(listen: listen, onListening: onListening)
            }
        } catch is CancellationError {
            return
        }
    }
}

/// Serves local programs until the daemon stops.
struct ControlSocketService: Service {
    let server: ControlServer
    let onListening: @Sendable () -> Void

    func run() async throws {
        do {
            try await withGracefulShutdownHandler {
                try await server.run(onListening: onListening)
            } onGracefulShutdown: {
                server.beginGracefulShutdown()
            }
        } catch  where Task.isCancelled {
            // The transport has words of its own for being cancelled.
            return
        }
    }
}
