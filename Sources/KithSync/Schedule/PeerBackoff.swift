public import KithModel

/// When each peer whose session failed is tried again: each by itself, after pauses that grow, and that a
/// seed spreads.
///
/// The pauses are about 2, 4, 8, 16 and then 30 minutes, each up to a quarter shorter or longer: partners
/// that failed together, because a line was down, are not all dialled in one instant when it is back, nor
/// is one partner by everybody. A function of seed, peer and count: the same every time. Source:
/// architecture D32.
public struct PeerBackoff: Sendable {
    /// Whom to try again; nil stands for everybody, where the run as a whole failed.
    public typealias Subject = SiteID?

    private struct Trial {
        var failures = 0
        var due: Instant
    }

    private static let minutes: [Int64] = [2, 4, 8, 16, 30]

    private let seed: UInt64
    private var open: [Subject: Trial] = [:]

    /// Nobody has failed yet. The seed sets this site's pauses apart from others'.
    public init(seed: UInt64) {
        self.seed = seed
    }

    /// Whether everybody came to be equal.
    public var isEmpty: Bool { open.isEmpty }

    /// How many are to be tried again.
    public var count: Int { open.count }

    /// Whether a peer is to be tried again, now or later.
    public func isWaiting(for subject: Subject) -> Bool { open[subject] != nil }

    /// When the next of them is; nil when nobody is.
    public var next: Instant? { open.values.map(\.due).min() }

    /// Who is to be tried at that time, in the order in which they came due.
    public func due(at now: Instant) -> [Subject] {
        open.filter { $0.value.due <= now }
            .sorted {
                ($0.value.due, $0.key?.description ?? "") < (
                    $1.value.due, $1.key?.description ?? ""
                )
            }
            .map(\.key)
    }

    /// A session failed, or did not end equal.
    public mutating func failed(_ subject: Subject, at now: Instant) {
        var trial = open[subject] ?? Trial(due: now)
        trial.due = Instant(
            milliseconds: now.milliseconds + pause(for: subject, after: trial.failures))
        trial.failures += 1
        open[subject] = trial
    }

    /// A session ended equal: there is nothing more to do.
    public mutating func succeeded(_ subject: Subject) {
        open[subject] = nil
    }

    /// Milliseconds: the plain pause, moved by up to a quarter of itself.
    private func pause(for subject: Subject, after failures: Int) -> Int64 {
        let plain = Self.minutes[min(failures, Self.minutes.count - 1)] * 60_000
        let name = (subject?.bytes ?? []).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let chance = NightlySchedule.scrambled(
            seed ^ NightlySchedule.scrambled(name &+ UInt64(failures)))
        return plain * 3 / 4 + Int64(chance % UInt64(plain / 2 + 1))
    }
}
