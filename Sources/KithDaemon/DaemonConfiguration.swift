internal import KithSite
public import KithSync
public import Logging

/// What the daemon is told by flags, environment and `kith.yaml`.
///
/// | key | variable | flag | default | meaning |
/// | --- | --- | --- | --- | --- |
/// | `listen` | `KITH_LISTEN` | `--listen` | `0.0.0.0:7443` | where partners connect |
/// | `sync.at` | `KITH_SYNC_AT` | `--sync-at` | `02:00` | local time of the nightly sync |
/// | `sync.window` | `KITH_SYNC_WINDOW` | | `120` | minutes in which failures are retried |
/// | `sync.jitter` | `KITH_SYNC_JITTER` | | `20` | the most minutes that a run is put off |
/// | `sync.megabytes` | `KITH_SYNC_MEGABYTES` | | `off` | the most that is moved in a night, in MB |
/// | `sync.kilobits` | `KITH_SYNC_KILOBITS` | | `off` | the most that is moved in a second, in kbit |
/// | `sync.continuous` | `KITH_SYNC_CONTINUOUS` | | `off` | `on`: sync soon after each change, too |
/// | `web.listen` | `KITH_WEB_LISTEN` | `--web-listen` | `127.0.0.1:8443` | where browsers connect; `off`: no web page |
/// | `web.names` | `KITH_WEB_NAMES` | | this machine's | host names that browsers may ask for, with commas |
/// | `web.certificate` | `KITH_WEB_CERTIFICATE` | | the site's own | PEM file of a certificate chain |
/// | `web.key` | `KITH_WEB_KEY` | | | PEM file of its key |
/// | `web.browsers` | `KITH_WEB_BROWSERS` | | `any` | `certificate`: only browsers with one of `kith user certificate` |
/// | `metrics.listen` | `KITH_METRICS_LISTEN` | | `off` | where Prometheus reads `/metrics` and `/health` |
/// | `log.level` | `KITH_LOG_LEVEL` | `--log-level` | `info` | what is logged |
///
/// A flag goes before the environment, the environment before the file, the file before the default.
public struct DaemonConfiguration: Sendable, Hashable {
    /// Where partners connect.
    public var listen: ListenAddress
    /// The local time of the nightly sync, in minutes after midnight.
    public var syncMinuteOfDay: Int
    /// For how long failures of a night are tried again, in minutes.
    public var syncWindowMinutes: Int
    /// The most that a run is put off, in minutes.
    public var syncJitterMinutes: Int
    /// What sessions may move while nobody waits for them.
    public var syncLimits = SyncLimits()
    /// Whether sites sync soon after each change, too.
    public var isContinuous = false
    /// How the web page is served; nil: not at all.
    public var web: WebSettings?
    /// Where metrics and health are served, over plain HTTP; nil: not at all.
    public var metrics: ListenAddress?
    /// The least severe level that is logged.
    public var logLevel: Logger.Level
    /// What a person should know about the configuration, a line each.
    public var warnings: [String]

    /// The keys that the daemon itself reads.
    public static let keys: Set<String> = [
        "listen", "sync.at", "sync.window", "sync.jitter", "sync.megabytes", "sync.kilobits",
        "sync.continuous", "log.level", "web.listen", "web.names", "web.certificate", "web.key",
        "web.browsers", "metrics.listen",
    ]

    /// Reads the configuration of a home.
    ///
    /// `flags` holds the values of flags by key. `alsoKnown` names keys of the file that other
    /// parts of the program read. Errors: `SiteError` with one line that names the key, where its
    /// value stands, and what is right.
    public static func load(
        home: String, flags: [String: String], environment: [String: String],
        alsoKnown: Set<String> = []
    ) async throws -> DaemonConfiguration {
        let file = try await ConfigurationFile.read(home: home)
        let reader = ConfigurationReader(
            flags: flags, environment: environment, file: file?.values)
        let known = keys.union(alsoKnown)
        let unknown = (file?.keys ?? []).filter { !known.contains($0) }
        return DaemonConfiguration(
            listen: try reader.value("listen", default: "0.0.0.0:7443", wanted: listenHint) {
                ListenAddress($0)
            },
            syncMinuteOfDay: try reader.value("sync.at", default: "02:00", wanted: timeHint) {
                minuteOfDay($0)
            },
            syncWindowMinutes: try reader.value(
                "sync.window", default: "120", wanted: "is minutes, 1 to 720"
            ) { whole($0, in: 1...720) },
            syncJitterMinutes: try reader.value(
                "sync.jitter", default: "20", wanted: "is minutes, 0 to 720"
            ) { whole($0, in: 0...720) },
            syncLimits: SyncLimits(
                bytesPerNight: try most(
                    "sync.megabytes", "megabytes", 1...1_000_000, times: 1_000_000, reader),
                bytesPerSecond: try most(
                    "sync.kilobits", "kilobits a second", 16...10_000_000, times: 125, reader)),
            isContinuous: try reader.value(
                "sync.continuous", default: "off", wanted: "is on or off"
            ) { ["on": true, "off": false, "true": true, "false": false][$0] },
            web: try WebSettings(reader), metrics: try metrics(reader),
            logLevel: try reader.value("log.level", default: "info", wanted: levelHint) {
                Logger.Level(rawValue: $0)
            },
            warnings: unknown.map {
                "kith.yaml: nothing reads \"\($0)\": look for a misspelling, or remove it"
            })
    }

    private static func metrics(_ reader: ConfigurationReader) throws -> ListenAddress? {
        let wanted = "is HOST:PORT or off, for example 127.0.0.1:9464"
        let place = try reader.value("metrics.listen", default: "off", wanted: wanted) {
            text -> (address: ListenAddress?, isOff: Bool)? in
            text == "off" ? (nil, true) : ListenAddress(text).map { ($0, false) }
        }
        return place.address
    }

    /// A most of something, in bytes; nil where there is none.
    private static func most(
        _ key: String, _ unit: String, _ range: ClosedRange<Int>, times bytes: Int,
        _ reader: ConfigurationReader
    ) throws -> Int? {
        let wanted = "is \(unit), \(range.lowerBound) to \(range.upperBound), or off"
        let most = try reader.value(key, default: "off", wanted: wanted) {
            text -> (number: Int?, isOff: Bool)? in
            // YAML reads a plain off as false.
            ["off", "false"].contains(text)
                ? (nil, true) : whole(text, in: range).map { ($0, false) }
        }
        return most.number.map { $0 * bytes }
    }

    private static let listenHint = "is HOST:PORT, for example 0.0.0.0:7443"
    private static let timeHint = "is a time of day HH:MM, for example 02:00"
    private static let levelHint =
        "is one of " + Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")

    private static func minuteOfDay(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...2).contains(parts[0].count), parts[1].count == 2,
            let hour = whole(String(parts[0]), in: 0...23),
            let minute = whole(String(parts[1]), in: 0...59)
        else { return nil }
        return hour * 60 + minute
    }

    private static func whole(_ text: String, in range: ClosedRange<Int>) -> Int? {
        guard text.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(text),
            range.contains(number)
        else { return nil }
        return number
    }
}
