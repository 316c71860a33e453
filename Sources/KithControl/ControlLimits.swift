/// What one message on the control socket may weigh, on both sides.
enum ControlLimits {
    /// Bytes of JSON that one call may take or give: 64 MiB.
    static let payloadBytes = 64 * 1024 * 1024
    /// The same with room for the message around the JSON.
    static let messageBytes = payloadBytes + 64 * 1024
    /// Progress messages that wait for a slow reader; beyond it the oldest give way to newer ones.
    static let progressBacklog = 256
    /// Bytes on their way before the reader has to ask for more.
    static let windowBytes = 4 * 1024 * 1024
    /// Bytes in one HTTP/2 frame.
    static let frameBytes = 1024 * 1024
    /// For how long nothing may come from the other end before it is given up. A daemon that works
    /// answers pings meanwhile, however long the work takes.
    static let silence: Duration = .seconds(20)
    /// Pings in the time of a silence: one that is late is not the end.
    static let pingsPerSilence = 4
    /// How often a client may ping; a server closes the connection of one that does more.
    static let shortestPingPause: Duration = .milliseconds(100)
    /// Connections that wait to be accepted.
    static let backlog: Int32 = 64
}
