internal import Synchronization

/// Tells once when both the partners' door and the control socket are open, and lets one wait for it.
final class Readiness: Sendable {
    private struct State {
        var address: String?
        var isControlOpen = false
        var isTold = false
    }

    private let state = Mutex(State())
    private let onReady: @Sendable (String) -> Void
    private let (opened, opening) = AsyncStream.makeStream(of: Void.self)

    init(onReady: @escaping @Sendable (String) -> Void) {
        self.onReady = onReady
    }

    /// Partners can connect.
    @Sendable func peersListen(_ address: String) {
        tell { $0.address = address }
    }

    /// Local programs can connect.
    @Sendable func controlListens() {
        tell { $0.isControlOpen = true }
    }

    /// Returns when both doors are open, or when the task is cancelled. Several may wait; when one of
    /// them is cancelled, as all are when the daemon stops, all return.
    @Sendable func open() async {
        for await _ in opened {}
    }

    private func tell(_ change: (inout State) -> Void) {
        let address: String? = state.withLock { state in
            change(&state)
            guard !state.isTold, state.isControlOpen, let address = state.address else {
                return nil
            }
            state.isTold = true
            return address
        }
        guard let address else { return }
        onReady(address)
        opening.finish()
    }
}
