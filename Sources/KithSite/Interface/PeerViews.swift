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
    /// How far it and this site are apart, for each partnership shared with it.
    public var lags: [PeerLag]
    /// Whether its TLS certificate had expired when it was last met.
    public var isCertificateExpired: Bool

    /// Describes a peer.
    public init(
        site: SiteID, name: String, addresses: [String], isEnabled: Bool, partnerships: [String],
        lastEqual: Instant?, lastAttempt: Instant?, lastProblem: String?, entriesToSend: Int,
        lags: [PeerLag] = [], isCertificateExpired: Bool = false
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
        self.lags = lags
        self.isCertificateExpired = isCertificateExpired
    }
}

/// How far a peer and this site are apart in one partnership, by what each has signed.
public struct PeerLag: Codable, Sendable {
    /// The partnership's name.
    public var partnership: String
    /// Entries of here that the peer has not proved to hold.
    public var entriesToSend: Int
    /// About how many bytes those take.
    public var bytesToSend: Int
    /// When the oldest of them was written.
    public var oldestToSend: Instant?
    /// Entries that the peer has proved to hold, and that are not here.
    public var entriesToReceive: Int
    /// About how many bytes those take.
    public var bytesToReceive: Int
    /// When the peer last signed where it stands.
    public var stated: Instant?
    /// What keeps the two apart, in one line; nil when nothing does that is known here.
    public var blocked: String?

    /// Describes a lag.
    public init(
        partnership: String, entriesToSend: Int = 0, bytesToSend: Int = 0,
        oldestToSend: Instant? = nil, entriesToReceive: Int = 0, bytesToReceive: Int = 0,
        stated: Instant? = nil, blocked: String? = nil
    ) {
        self.partnership = partnership
        self.entriesToSend = entriesToSend
        self.bytesToSend = bytesToSend
        self.oldestToSend = oldestToSend
        self.entriesToReceive = entriesToReceive
        self.bytesToReceive = bytesToReceive
        self.stated = stated
        self.blocked = blocked
    }

    /// Whether anything is known to be missing on either side.
    public var isBehind: Bool { entriesToSend > 0 || entriesToReceive > 0 }
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

/// Whom to meet now.
public struct SyncRequest: Codable, Sendable {
    /// Peers by name, site id, or the beginning of either; empty: all that have an address.
    public var peers: [String]
    /// Whether somebody waits for it: what a site may move in a night or a second does not hold, neither
    /// here nor there.
    public var isUrgent: Bool

    /// Describes a request.
    public init(_ peers: [String] = [], isUrgent: Bool = false) {
        self.peers = peers
        self.isUrgent = isUrgent
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
    /// Entries that are to be received, as far as the peer has declared them.
    public var toReceive: Int
    /// Bytes of messages sent so far.
    public var bytesSent: Int
    /// Bytes of messages received so far.
    public var bytesReceived: Int
    /// About how many seconds are left, at the speed so far; nil while that cannot be told.
    public var secondsLeft: Int?

    /// Describes progress.
    public init(
        peer: String, sent: Int, toSend: Int, received: Int, toReceive: Int = 0,
        bytesSent: Int = 0, bytesReceived: Int = 0, secondsLeft: Int? = nil
    ) {
        self.peer = peer
        self.sent = sent
        self.toSend = toSend
        self.received = received
        self.toReceive = toReceive
        self.bytesSent = bytesSent
        self.bytesReceived = bytesReceived
        self.secondsLeft = secondsLeft
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
    /// Whether it ended because one of them had moved as much as it may for now.
    public var isPaused = false
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
