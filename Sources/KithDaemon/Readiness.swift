internal import Synchronization

/// Tells once when both the partners' door and the control socket are open.
final class Readiness: Sendable {
    private struct State {
        var address: String?
        var isControlOpen = false
        var isTold = false
    }

    private let state = Mutex(State())
    private let onReady: @Sendable (String) -> Void

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

    private func tell(_ change: (inout State) -> Void) {
        let address: String? = state.withLock { state in
            change(&state)
            guard !state.isTold, state.isControlOpen, let address = state.address else {
                return nil
            }
            state.isTold = true
            return address
        }
        if let address { onReady(address) }
    }
}
