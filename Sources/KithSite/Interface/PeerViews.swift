public import KithModel

/// A fellow member, and how far behind it is.
public struct PeerView: Codable, Sendable {
    /// Which site.
    public var site: SiteID
    /// Its name.
    public var name: String
    /// Where it is dialled, as HOST:PORT; empty when it can only dial us.
    public var addresses: [String]
    /// Whether the nightly sync dials it.
    public var isEnabled: Bool
    /// The partnerships shared with it, by name.
    public var partnerships: [String]
    /// When both sides last proved that they hold the same.
    public var lastEqual: Instant?
    /// When a session with it was last begun.
    public var lastAttempt: Instant?
    /// Why the last session failed; nil when it did not.
    public var lastProblem: String?
    /// Entries of ours that it has not proved to hold, as far as its last word goes.
    public var entriesToSend: Int
    /// Whether its TLS certificate had expired when it was last met.
    public var isCertificateExpired: Bool

    /// Describes a peer.
    public init(
        site: SiteID, name: String, addresses: [String], isEnabled: Bool, partnerships: [String],
        lastEqual: Instant?, lastAttempt: Instant?, lastProblem: String?, entriesToSend: Int,
        isCertificateExpired: Bool = false
    ) {
        self.site = site
        self.name = name
        self.addresses = addresses
        self.isEnabled = isEnabled
        self.partnerships = partnerships
        self.lastEqual = lastEqual
        self.lastAttempt = lastAttempt
        self.lastProblem = lastProblem
        self.entriesToSend = entriesToSend
        self.isCertificateExpired = isCertificateExpired
    }
}

/// What to set of a peer; nil leaves as it is.
public struct PeerChange: Codable, Sendable {
    /// Site id, a beginning of it, or the name.
    public var peer: String
    /// Where to dial it.
    public var addresses: [String]?
    /// Whether the nightly sync dials it.
    public var isEnabled: Bool?

    /// Describes a change.
    public init(peer: String, addresses: [String]? = nil, isEnabled: Bool? = nil) {
        self.peer = peer
        self.addresses = addresses
        self.isEnabled = isEnabled
    }
}

/// How far a session is.
public struct SyncProgress: Codable, Sendable {
    /// The peer's name.
    public var peer: String
    /// Entries sent and acknowledged so far.
    public var sent: Int
    /// Entries that are to be sent.
    public var toSend: Int
    /// Entries received and on disk so far.
    public var received: Int

    /// Describes progress.
    public init(peer: String, sent: Int, toSend: Int, received: Int) {
        self.peer = peer
        self.sent = sent
        self.toSend = toSend
        self.received = received
    }
}

/// How a session with one peer went.
public struct SyncReport: Codable, Sendable {
    /// Which peer.
    public var site: SiteID
    /// Its name.
    public var peer: String
    /// Whether both sides proved that they hold the same.
    public var isEqual: Bool
    /// Why not, in one line; nil when equal.
    public var problem: String?
    /// Entries sent.
    public var sent: Int
    /// Entries received.
    public var received: Int
    /// Bytes of messages sent.
    public var bytesSent: Int
    /// Bytes of messages received.
    public var bytesReceived: Int
    /// How often this side waited for the other's answer before it could go on.
    public var roundTrips = 0
    /// How long it took, in milliseconds.
    public var milliseconds: Int

    /// Describes a session.
    public init(
        site: SiteID, peer: String, isEqual: Bool, problem: String?, sent: Int, received: Int,
        bytesSent: Int, bytesReceived: Int, milliseconds: Int
    ) {
        self.site = site
        self.peer = peer
        self.isEqual = isEqual
        self.problem = problem
        self.sent = sent
        self.received = received
        self.bytesSent = bytesSent
        self.bytesReceived = bytesReceived
        self.milliseconds = milliseconds
    }
}
