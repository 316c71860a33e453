import KithModel
import KithStore
package import KithSync
import KithTransport
import Synchronization

/// What the site's line may carry, and what it has carried (D32).
extension LocalSite {
    /// What its sessions count on.
    var line: LineMeter { lineMeter.withLock { $0 } }

    /// Holds all sessions that begin from now on to what the line may carry, but for urgent ones. What this
    /// night has moved already, as noted before a restart, counts.
    ///
    /// - Parameter nights: when one night ends and the next begins.
    package func limitLine(to limits: SyncLimits, nights: NightlySchedule) async throws {
        let noted = try await translating {
            try await store.read { try $0.note("sync.moved") }
        }
        let numbers = (noted ?? "").split(separator: " ").compactMap { Int64($0) }
        let use =
            numbers.count == 2
            ? LineUse(limits, nights: nights, night: numbers[0], moved: Int(clamping: numbers[1]))
            : LineUse(limits, nights: nights)
        let meter = LineMeter(use, clock: clock)
        lineMeter.withLock { $0 = meter }
    }

    /// What sessions have moved since the site was opened.
    package var sessionTally: SessionTally { tallies.tally }

    /// What others may make this site take; where its line is held to a speed, no more is on its way to it
    /// than a second's bytes, as what has been sent is on the line whether it is wanted or not.
    var transportLimits: TransportLimits {
        var limits = TransportLimits()
        if let rate = line.limits.bytesPerSecond {
            limits.windowBytes = min(
                limits.windowBytes, max(rate, TransportLimits.leastWindowBytes))
        }
        return limits
    }
}
