import Foundation
import KithModel
import Synchronization

/// A clock that a test sets, and that any number of sites go by.
final class VillageClock: Sendable {
    private let offset = Mutex<Int64>(0)

    /// The time as it is set: what `Village.site(clock:)` takes.
    @Sendable func read() -> Instant {
        Instant(milliseconds: Instant(Date()).milliseconds + offset.withLock { $0 })
    }

    func pass(days: Int64) { offset.withLock { $0 += days * 86_400_000 } }
}
