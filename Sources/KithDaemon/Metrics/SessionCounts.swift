internal import KithSite
internal import Synchronization

/// What the daemon's nights have moved since it began.
final class SessionCounts: Sendable {
    struct Values: Sendable {
        var equal = 0
        var failed = 0
        var entriesSent = 0
        var entriesReceived = 0
        var bytesSent = 0
        var bytesReceived = 0
        var milliseconds = 0
        var nights = 0
    }

    private let state = Mutex(Values())

    var values: Values { state.withLock { $0 } }

    /// A night has been begun.
    func beganNight() { state.withLock { $0.nights += 1 } }

    /// A session that this site dialled has ended.
    func add(_ report: SyncReport) {
        state.withLock {
            if report.isEqual { $0.equal += 1 } else { $0.failed += 1 }
            $0.entriesSent += report.sent
            $0.entriesReceived += report.received
            $0.bytesSent += report.bytesSent
            $0.bytesReceived += report.bytesReceived
            $0.milliseconds += report.milliseconds
        }
    }
}
