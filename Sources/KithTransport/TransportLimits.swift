/// What a site takes from other sites at most. The defaults suit a care home.
public struct TransportLimits: Sendable, Hashable {
    /// The greatest inbound message, in bytes; for the server and the client alike.
    public var messageBytes = 4 * 1024 * 1024
    /// How many calls one connection may have open at once.
    public var streamsPerConnection = 8
    /// How many connections there may be in all, those in their handshake included.
    public var connections = 256
    /// How many connections may be in their handshake at once. One more closes the oldest of the
    /// source that has most of them, so that nobody shuts the door by standing in it.
    public var handshakes = 64
    /// How many of these may come from one source: an IPv4 address or an IPv6 /64.
    public var handshakesPerSource = 16
    /// How many connections of one source may fail to prove a right to be here at once, before it
    /// is not listened to; twenty times as many where a peer has proven itself within a day.
    public var failuresPerSource = 60
    /// How many of these are forgiven each minute.
    public var failuresForgivenPerMinute = 60
    /// How many connections one peer may have. One more closes its oldest, which may be dead.
    public var connectionsPerPeer = 4
    /// How many connections there may be from sites that are not peers, all together. One more closes
    /// the oldest of the source that has most of them.
    public var unpairedConnections = 8
    /// How long such a connection may last.
    public var unpairedTime: Duration = .seconds(60)
    /// How many pairing calls one source may make at once as no peer.
    public var pairingCallsPerSource = 30
    /// How many more of these it may make each minute.
    public var pairingCallsPerMinute = 3
    /// How long a connection may take from TCP to the end of the TLS handshake.
    public var handshakeTime: Duration = .seconds(10)
    /// How long a connection may have no call open.
    public var idleTime: Duration = .seconds(300)
    /// After how long without a byte a side asks whether the other is still there.
    public var keepaliveTime: Duration = .seconds(30)
    /// How long the answer to that may take.
    ///
    /// The question waits behind what is on its way already: within both times, a window of `windowBytes` gets
    /// over a line of 30 kbit/s.
    public var keepaliveTimeout: Duration = .seconds(60)
    /// How long a pairing call may take.
    public var pairingTime: Duration = .seconds(30)
    /// How long the client waits for the server to end a session that the client has finished.
    public var closingTime: Duration = .seconds(5)
    /// How much a side sends ahead before the other has read, in bytes.
    public var windowBytes = 256 * 1024
    /// The least that `windowBytes` may be: HTTP/2's own, which holds until a side says otherwise.
    public static let leastWindowBytes = 65_535

    /// The defaults.
    public init() {}
}
