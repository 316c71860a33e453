public import KithModel

/// What a site's sessions may move when nobody waits for them. Source: architecture D32.
public struct SyncLimits: Sendable, Hashable {
    /// Bytes of messages, both directions together, from the beginning of one night to that of the next;
    /// nil: no end.
    public var bytesPerNight: Int?
    /// Bytes of messages in a second, both directions together; nil: as fast as the line is.
    public var bytesPerSecond: Int?

    /// Describes limits; both are above zero.
    public init(bytesPerNight: Int? = nil, bytesPerSecond: Int? = nil) {
        self.bytesPerNight = bytesPerNight
        self.bytesPerSecond = bytesPerSecond
    }
}

/// What a site has moved of what it may: one count for all of its sessions, as they share its line.
///
/// Both clocks are parameters: the wall clock tells which night it is, and a clock that only goes on tells
/// how fast bytes went. Complexity: constant.
public struct LineUse: Sendable {
    /// What may be moved.
    public let limits: SyncLimits
    private let nights: NightlySchedule
    /// Which night the count is of; nil before anything was moved.
    public private(set) var night: Int64?
    /// Bytes that were moved in that night.
    public private(set) var moved: Int
    /// When what was moved so far has had its time, by the clock that only goes on.
    private var free: Duration = .zero

    /// Begins to count.
    ///
    /// - Parameters:
    ///   - night: which night was counted last, where a count was kept.
    ///   - moved: bytes that were moved in that night.
    public init(_ limits: SyncLimits, nights: NightlySchedule, night: Int64? = nil, moved: Int = 0)
    {
        self.limits = limits
        self.nights = nights
        self.night = night
        self.moved = max(moved, 0)
    }

    /// Whether this night's bytes are used up.
    public func isUsedUp(at now: Instant) -> Bool {
        guard let most = limits.bytesPerNight, night == nights.night(at: now) else { return false }
        return moved >= most
    }

    /// Counts bytes that were moved, or are about to be, and says how long to wait before more are.
    ///
    /// What is not used of a second is not saved up: a line that was quiet all day is no faster at night.
    ///
    /// - Parameter running: how long the clock that only goes on has been running.
    public mutating func move(_ bytes: Int, at now: Instant, running: Duration) -> Duration {
        let tonight = nights.night(at: now)
        if night != tonight { (night, moved) = (tonight, 0) }
        moved += bytes
        guard let rate = limits.bytesPerSecond else { return .zero }
        free = max(free, running) + .milliseconds(bytes * 1000 / rate)
        return free - running
    }
}
