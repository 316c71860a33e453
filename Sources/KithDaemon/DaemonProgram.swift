internal import ArgumentParser
internal import Foundation
internal import KithModel
internal import KithSite
internal import KithSync
public import Logging
internal import UnixSignals

/// `kithd` as a program: arguments in, exit status out.
public struct DaemonProgram: Sendable {
    /// Opens the site of a home, taking its lock.
    public typealias OpenSite =
        @Sendable (_ home: String, _ configuration: DaemonConfiguration, _ logger: Logger)
        async throws -> any DaemonSite

    private let version: String
    private let environment: [String: String]
    private let alsoKnownKeys: Set<String>
    private let open: OpenSite

    /// Prepares the program.
    ///
    /// `alsoKnownKeys` are keys of `kith.yaml` that the site reads itself. `open` throws `SiteError`
    /// when the home cannot be used.
    public init(
        version: String, environment: [String: String], alsoKnownKeys: Set<String> = [],
        open: @escaping OpenSite
    ) {
        self.version = version
        self.environment = environment
        self.alsoKnownKeys = alsoKnownKeys
        self.open = open
    }

    /// Runs the daemon until it is stopped; gives the exit status: 0, 1 failed, 2 wrong usage.
    ///
    /// What goes wrong is one line on standard error. Log lines go there too.
    public func run(_ arguments: [String]) async -> Int32 {
        let parsed: DaemonArguments
        do {
            parsed = try DaemonArguments.parse(arguments)
        } catch {
            if DaemonArguments.exitCode(for: error).isSuccess {
                print(DaemonArguments.fullMessage(for: error))
                return 0
            }
            return fail(
                with: DaemonArguments.message(for: error) + " (see kithd --help)", status: 2)
        }
        if parsed.version {
            print("kithd \(version)")
            return 0
        }
        guard let home = parsed.home ?? environment["KITH_HOME"], !home.isEmpty else {
            return fail(with: "which site? Give --home DIR, or set KITH_HOME", status: 2)
        }
        do {
            try await serve(home: Self.absolute(home), flags: parsed.flags)
            return 0
        } catch let error as SiteError {
            return fail(with: error.description, status: error.exitStatus)
        } catch {
            return fail(with: Self.line(for: error), status: 1)
        }
    }

    private func serve(home: String, flags: [String: String]) async throws {
        let configuration = try await DaemonConfiguration.load(
            home: home, flags: flags, environment: environment, alsoKnown: alsoKnownKeys)
        var logger = Logger(label: "kithd") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = configuration.logLevel
        for warning in configuration.warnings { logger.warning("\(warning)") }
        // From here on a signal is an event, also while the site is being opened.
        let stops = await stopRequests(logger: logger)
        let site = try await open(home, configuration, logger)
        let manager = ServiceManager(environment: environment)
        let schedule: NightlySchedule
        do {
            schedule = try await self.schedule(for: site, configuration)
            try await site.limitLine(to: configuration.syncLimits, nights: schedule)
        } catch {
            await site.close()
            throw error
        }
        let daemon = Daemon(
            site: site, home: home, version: version, configuration: configuration,
            schedule: schedule, clock: .system, manager: manager, logger: logger)
        try await daemon.run(stops: stops) { address in
            Self.say("kithd: ready, listening on \(address)")
            manager.ready()
        } onWeb: { address in
            Self.say("kithd: the web page is at https://\(address)/")
        }
    }

    /// The schedule; its jitter is set apart from other sites' by the site id.
    private func schedule(
        for site: any DaemonSite, _ configuration: DaemonConfiguration
    ) async throws -> NightlySchedule {
        let bytes = try await site.profile().site.bytes
        return NightlySchedule(
            minuteOfDay: configuration.syncMinuteOfDay,
            windowMinutes: configuration.syncWindowMinutes,
            jitterMinutes: configuration.syncJitterMinutes, zone: .current,
            seed: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// SIGTERM and SIGINT, each a request to stop; SIGHUP and SIGPIPE do nothing.
    private func stopRequests(
        logger: Logger
    ) async -> some AsyncSequence<Void, Never> & Sendable {
        signal(SIGPIPE, SIG_IGN)
        let manager = ServiceManager(environment: environment)
        return await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
            .compactMap { (signal: UnixSignal) -> Void? in
                if signal == .sighup {
                    logger.notice("SIGHUP changes nothing: restart kithd to read kith.yaml again")
                    return nil
                }
                manager.stopping()
                return ()
            }
    }

    // MARK: Lines

    private func fail(with line: String, status: Int32) -> Int32 {
        Self.say("kithd: " + line.replacing("\n", with: " "))
        return status
    }

    private static func say(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    /// One line for an error of the system or of a library.
    private static func line(for error: any Error) -> String {
        "it could not go on: " + String("\(error)".prefix(300))
    }

    private static func absolute(_ path: String) -> String {
        URL(filePath: path, directoryHint: .isDirectory).standardizedFileURL.path
    }
}

extension DaemonClock {
    /// The machine's clock.
    static var system: DaemonClock {
        DaemonClock(now: { Instant(Date()) }, sleep: { try await Task.sleep(for: $0) })
    }
}
