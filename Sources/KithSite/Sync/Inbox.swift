import Synchronization

/// What a reader hands to a worker, a few elements ahead of it: whoever puts one in when it is full
/// waits, so that a peer that sends faster than this site stores fills no memory.
///
/// One task puts in, one takes out.
final class Inbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var isFinished = false
        var taker: CheckedContinuation<Void, Never>?
        var putter: CheckedContinuation<Void, Never>?
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: elements that may wait.
    init(limit: Int) { self.limit = limit }

    /// Hands an element over, once there is room for it; after the end it is dropped.
    func put(_ element: Element) async {
        await wait(\.putter) { $0.isFinished || $0.elements.count < self.limit }
        let taker = state.withLock { state in
            if !state.isFinished { state.elements.append(element) }
            return state.taker.take()
        }
        taker?.resume()
    }

    /// The next element, once there is one; nil after the end, or when the task is cancelled.
    func next() async -> Element? {
        await withTaskCancellationHandler {
            await wait(\.taker) { $0.isFinished || !$0.elements.isEmpty }
        } onCancel: {
            finish()
        }
        return takeFirst { _ in true }
    }

    /// The next element, where there is one already and it is wanted.
    func takeIfReady(_ isWanted: (Element) -> Bool) -> Element? { takeFirst(isWanted) }

    /// Nothing more is put in or waited for; what is here can still be taken.
    func finish() {
        let waiting = state.withLock { state in
            state.isFinished = true
            return [state.taker.take(), state.putter.take()]
        }
        for continuation in waiting { continuation?.resume() }
    }

    private func takeFirst(_ isWanted: (Element) -> Bool) -> Element? {
        let (element, putter) = state.withLock {
            state -> (Element?, CheckedContinuation<Void, Never>?) in
            guard let first = state.elements.first, isWanted(first) else { return (nil, nil) }
            state.elements.removeFirst()
            return (first, state.putter.take())
        }
        putter?.resume()
        return element
    }

    private func wait(
        _ place: WritableKeyPath<State, CheckedContinuation<Void, Never>?>,
        until isReady: (State) -> Bool
    ) async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                guard !isReady(state) else { return true }
                state[keyPath: place] = continuation
                return false
            }
            if isReady { continuation.resume() }
        }
    }
}
