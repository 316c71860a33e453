import KithSync

/// How far a session is, for people: with the bytes that it has moved, and how long it may still take.
struct ProgressMeter {
    /// Before that much time nothing is foretold.
    private static let leastTime = Duration.seconds(2)

    private let peer: String
    private var begun: ContinuousClock.Instant?

    init(peer: String) { self.peer = peer }

    /// - Parameter now: of the clock that only goes on.
    mutating func progress(
        _ state: SyncSession.Progress, sent: Int, received: Int, now: ContinuousClock.Instant
    ) -> SyncProgress {
        let begun = begun ?? now
        self.begun = begun
        return SyncProgress(
            peer: peer, sent: state.sent, toSend: state.toSend, received: state.received,
            toReceive: state.toReceive, bytesSent: sent, bytesReceived: received,
            secondsLeft: Self.secondsLeft(state, after: now - begun))
    }

    /// What is left takes as long for each entry as what is done took.
    private static func secondsLeft(
        _ state: SyncSession.Progress, after time: Duration
    ) -> Int? {
        let done = state.sent + state.received
        guard time >= leastTime, done > 0 else { return nil }
        let left = max(state.toSend - state.sent, 0) + max(state.toReceive - state.received, 0)
        return Int((time / .seconds(1) * Double(left) / Double(done)).rounded(.up))
    }
}
