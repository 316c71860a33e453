public import Foundation
public import KithModel

/// When the nightly sync runs: once a night, from a local time of day on, never by chance twice.
///
/// A *night* is a calendar day of the site's time zone, and begins at the time of day on that day.
/// A time that the day skips (spring) begins at the next moment that exists; a time that the day has
/// twice (autumn) begins at the first. Within the night the run is put off by a jitter that is a
/// function of the night and a seed: asking again gives the same answer, and homes with the same
/// settings do not all dial at once. Source: architecture D32.
///
/// Time is a parameter throughout. Complexity: constant.
public struct NightlySchedule: Sendable, Hashable {
    /// Minutes after midnight, 0 to 1439.
    public let minuteOfDay: Int
    /// How long after its beginning a night's failures are tried again, in minutes, 1 to 1440.
    public let windowMinutes: Int
    /// The longest that a run is put off, in minutes; never longer than the window.
    public let jitterMinutes: Int
    /// The time zone in which the time of day is meant.
    public let zone: TimeZone
    /// What sets this site's jitter apart from that of others.
    public let seed: UInt64

    /// Describes a schedule; numbers out of range are moved into it.
    public init(
        minuteOfDay: Int, windowMinutes: Int, jitterMinutes: Int, zone: TimeZone, seed: UInt64
    ) {
        self.minuteOfDay = min(max(minuteOfDay, 0), 1439)
        self.windowMinutes = min(max(windowMinutes, 1), 1440)
        self.jitterMinutes = min(max(jitterMinutes, 0), self.windowMinutes)
        self.zone = zone
        self.seed = seed
    }

    /// When to run next; `now` itself when a run is due.
    ///
    /// A night counts as done from any run at or after its beginning and before the next night's.
    /// When the night before this one was missed as well, or nothing ever ran, a run is due at once.
    /// A last run in the future tells of a clock that was set back: its night is believed to be
    /// done when it is at most a day ahead, and beyond that the last run is not believed.
    public func nextRun(after now: Instant, lastRun: Instant?) -> Instant {
        let night = night(at: now)
        guard let lastRun, lastRun.milliseconds - now.milliseconds <= Self.dayMilliseconds else {
            return now
        }
        let done = self.night(at: lastRun)
        if done >= night { return run(ofNight: done + 1) }
        // This night is open. Whoever missed the one before has waited long enough.
        if done < night - 1 { return now }
        return max(run(ofNight: night), now)
    }

    /// Until when the failures of a run are tried again: a window's length after it began.
    public func retriesEnd(forRunAt begun: Instant) -> Instant {
        Instant(milliseconds: begun.milliseconds + Int64(windowMinutes) * 60_000)
    }

    // MARK: Nights

    /// The latest night that has begun, as days since 1970.
    func night(at now: Instant) -> Int64 {
        let seconds = Self.floorDivide(now.milliseconds, by: 1000)
        var night = Self.floorDivide(seconds + offset(at: seconds), by: Self.daySeconds) + 1
        while beginning(ofNight: night) > seconds { night -= 1 }
        return night
    }

    /// The moment of a night at which its run is planned: its beginning and its jitter.
    func run(ofNight night: Int64) -> Instant {
        let span = UInt64(jitterMinutes) * 60_000 + 1
        let jitter = Int64(Self.scrambled(seed ^ UInt64(bitPattern: night)) % span)
        return Instant(milliseconds: beginning(ofNight: night) * 1000 + jitter)
    }

    /// When a night begins, in seconds since 1970.
    func beginning(ofNight night: Int64) -> Int64 {
        let wall = night * Self.daySeconds + Int64(minuteOfDay) * 60
        let before = offset(at: wall - Self.daySeconds - Self.halfDaySeconds)
        let after = offset(at: wall + Self.daySeconds + Self.halfDaySeconds)
        // With the greater offset the same wall time comes first.
        let early = wall - max(before, after)
        let late = wall - min(before, after)
        if early + offset(at: early) == wall { return early }
        if late + offset(at: late) == wall { return late }
        return firstMoment(after: early, until: late, showing: wall)
    }

    /// The first moment of a range whose wall time has passed a wall time that does not exist.
    private func firstMoment(after early: Int64, until late: Int64, showing wall: Int64) -> Int64 {
        var low = early
        var high = late
        while low < high {
            let middle = low + (high - low) / 2
            if middle + offset(at: middle) >= wall { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private func offset(at seconds: Int64) -> Int64 {
        Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
    }

    private static let daySeconds: Int64 = 86_400
    private static let halfDaySeconds: Int64 = 43_200
    private static let dayMilliseconds: Int64 = 86_400_000

    private static func floorDivide(_ value: Int64, by divisor: Int64) -> Int64 {
        value / divisor - (value % divisor < 0 ? 1 : 0)
    }

    /// SplitMix64's finaliser: neighbouring nights get unrelated jitter.
    static func scrambled(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
