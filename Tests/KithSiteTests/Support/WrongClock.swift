import Foundation
import KithModel
import Synchronization

/// A clock that people set wrong, or that a test lets days pass on.
final class WrongClock: Sendable {
    private let offset = Mutex<Double>(0)

    var now: Instant { Instant(Date().addingTimeInterval(offset.withLock { $0 })) }

    func set(ahead seconds: Double) { offset.withLock { $0 = seconds } }
}
