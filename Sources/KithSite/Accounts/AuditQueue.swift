import KithModel
import Synchronization

/// Items of the audit on their way to the disk, in their order.
///
/// Those that come while others are written share the next transaction: each costs a sync of the disk, and
/// a turn between the batches of a running sync. Fifty who read at once wait for one turn, not for fifty.
final class AuditQueue: Sendable {
    /// What becomes of some items.
    final class Receipt: Sendable {
        private enum State {
            case waiting([CheckedContinuation<Void, any Error>])
            case settled(Result<Void, any Error>)
        }

        let items: [AuditItem]
        private let state = Mutex(State.waiting([]))

        init(_ items: [AuditItem]) { self.items = items }

        /// Waits until they are on the disk; throws what kept them from it.
        func settled() async throws {
            try await withCheckedThrowingContinuation { continuation in
                let known: Result<Void, any Error>? = state.withLock { state in
                    switch state {
                    case .settled(let result): return result
                    case .waiting(let others):
                        state = .waiting(others + [continuation])
                        return nil
                    }
                }
                if let known { continuation.resume(with: known) }
            }
        }

        fileprivate func settle(_ result: Result<Void, any Error>) {
            let waiting: [CheckedContinuation<Void, any Error>] = state.withLock { state in
                guard case .waiting(let waiting) = state else { return [] }
                state = .settled(result)
                return waiting
            }
            for continuation in waiting { continuation.resume(with: result) }
        }
    }

    private struct State {
        var waiting: [Receipt] = []
        var isWriting = false
    }

    /// The most additions that one transaction takes.
    private static let most = 256
    private let state = Mutex(State())

    /// Adds items behind those that wait; `write` puts several into one transaction.
    func add(
        _ items: [AuditItem], write: @escaping @Sendable ([AuditItem]) async throws -> Void
    ) -> Receipt {
        let receipt = Receipt(items)
        let isFirst = state.withLock { state in
            state.waiting.append(receipt)
            defer { state.isWriting = true }
            return !state.isWriting
        }
        // Whoever added them may go on, and be given up, before they are written.
        if isFirst { Task { await drain(write) } }
        return receipt
    }

    private func drain(_ write: @Sendable ([AuditItem]) async throws -> Void) async {
        while let batch = next() {
            let result: Result<Void, any Error>
            do {
                result = .success(try await write(batch.flatMap(\.items)))
            } catch {
                result = .failure(error)
            }
            for receipt in batch { receipt.settle(result) }
        }
    }

    private func next() -> [Receipt]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isWriting = false
                return nil
            }
            defer { state.waiting.removeFirst(min(Self.most, state.waiting.count)) }
            return Array(state.waiting.prefix(Self.most))
        }
    }
}

/// What one request looked at and did, on its way into the audit while the request goes on. Nothing is
/// given to anybody before `settled` returns.
package final class AuditLedger: Sendable {
    private let receipts = Mutex<[AuditQueue.Receipt]>([])

    /// Begins with nothing.
    package init() {}

    func add(_ receipt: AuditQueue.Receipt) { receipts.withLock { $0.append(receipt) } }

    /// Waits until everything that was added is on the disk.
    package func settled() async throws {
        let added = receipts.withLock { receipts in
            defer { receipts = [] }
            return receipts
        }
        for receipt in added { try await receipt.settled() }
    }
}
