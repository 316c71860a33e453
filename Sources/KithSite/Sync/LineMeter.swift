import KithModel
import KithSync
import Synchronization

/// Holds all of a site's sessions together to what its line may carry (D32).
final class LineMeter: Sendable {
    private let use: Mutex<LineUse>
    private let clock: @Sendable () -> Instant
    private let begun = ContinuousClock.now

    init(_ use: LineUse, clock: @escaping @Sendable () -> Instant) {
        self.use = Mutex(use)
        self.clock = clock
    }

    /// What may be moved.
    var limits: SyncLimits { use.withLock { $0.limits } }

    /// Why nothing more is moved this night, in one line; nil while something may be.
    var reasonToPause: String? {
        use.withLock { use in
            guard use.isUsedUp(at: clock()), let most = use.limits.bytesPerNight else { return nil }
            return
                "this night's \(most / 1_000_000) MB are used up (sync.megabytes); the rest follows next night, or now with 'kith sync --urgent'"
        }
    }

    /// Which night it was when something was moved last, and how many bytes were moved in it.
    var count: (night: Int64, moved: Int)? {
        use.withLock { use in use.night.map { ($0, use.moved) } }
    }

    /// Counts bytes that were moved, or are about to be; where somebody does not wait for them, not before the
    /// line has had time for them.
    func move(_ bytes: Int, isUrgent: Bool) async throws {
        let pause = use.withLock {
            $0.move(bytes, at: clock(), running: ContinuousClock.now - begun)
        }
        if !isUrgent, pause > .zero { try await Task.sleep(for: pause) }
    }
}
