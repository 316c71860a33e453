public import KithModel
public import KithSite
public import KithSync
public import Logging

/// A site as the daemon needs it: what everyone may do, and what only its owner does.
public protocol DaemonSite: Site {
    /// Serves partners on an address, until the task is cancelled.
    ///
    /// `onListening` is called once, with the address as HOST:PORT, when partners can connect.
    func servePeers(
        listen: ListenAddress, onListening: @escaping @Sendable (String) -> Void
    ) async throws

    /// Serves the web page, until the task is cancelled.
    ///
    /// `onListening` is called once, with the address as HOST:PORT, when browsers can connect.
    func serveWeb(
        _ settings: WebSettings, logger: Logger, onListening: @escaping @Sendable (String) -> Void
    ) async throws

    /// When the nightly sync last ran, by this site's clock; nil when it never did.
    func lastNightlySync() async throws -> Instant?

    /// One session with each of these that is still a peer; a failure is in its report.
    func meet(_ sites: [SiteID]) async throws -> [SyncReport]

    /// The peers that the nightly sync dials and that have not proved to hold all that is here for them.
    func peersBehind() async throws -> [SiteID]

    /// The number of the entry that came last; it grows with every entry that is written or received.
    func lastArrival() async throws -> Int64

    /// Holds sessions to what the line may carry from now on.
    func limitLine(to limits: SyncLimits, nights: NightlySchedule) async throws

    /// What sessions have moved since the site was opened.
    var sessionTally: SessionTally { get }

    /// One session with each enabled peer; notes that the nightly sync ran. A failure is in its report.
    func nightlySync() async throws -> [SyncReport]

    /// Makes a new TLS leaf when the one in use nears its end at that time.
    func renewCertificateIfNeeded(at now: Instant) async throws

    /// Looks at some more entries of the log; true when more is due now. What is damaged is in `status`,
    /// and asked for again at the next session with whoever holds it.
    func scrub() async throws -> Bool

    /// Returns when a save begun now would have had its turn, and changes nothing: a store whose writer
    /// hangs does not return.
    func awaitWriter() async throws

    /// Checkpoints, closes the database, and lets go of the home's lock.
    func close() async
}

/// Where the daemon listens for partners.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// A host name or an address, without brackets.
    public let host: String
    /// A port, 0 to 65535; 0 lets the system choose.
    public let port: Int

    /// Reads `HOST:PORT` or `[IPv6]:PORT`; nil for all else.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { return nil }
        self.host = String(host)
        self.port = Int(port)
    }

    /// `HOST:PORT`, an IPv6 address in brackets.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
