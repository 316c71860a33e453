import Foundation
import KithModel
import KithProtocol
import KithTransport
import Synchronization
import Testing

/// Sessions that end in every way there is: none may harm the process, or the next session.
@Suite(.timeLimit(.minutes(10))) final class SessionEndingTests: Sendable {
    /// How one side of a session comes to its end.
    private enum Ending: UInt64, CaseIterable {
        /// It has read to the other side's end.
        case read
        /// It returns without having read.
        case early
        /// It returns while another task of its own still reads.
        case reading
        /// It returns while another task of its own still sends.
        case sending
        /// It throws.
        case failing
        /// It is cancelled while it reads.
        case cancelled
    }

    private struct Failure: Error {}

    /// What a side leaves running; waited for at the end of the test, so that nothing is missed.
    private let left = Mutex<[Task<Void, Never>]>([])

    private func leave(_ work: @Sendable @escaping () async throws -> Void) {
        let task = Task {
            do { try await work() } catch { return }
        }
        left.withLock { $0.append(task) }
    }

    private func end(_ ending: Ending, _ stream: SessionStream) async throws {
        switch ending {
        case .early: break
        case .read, .cancelled: while try await stream.receive() != nil {}
        case .failing: throw Failure()
        case .reading:
            let begun = Event()
            leave {
                begun.happen()
                while try await stream.receive() != nil {}
            }
            await begun.wait()
        case .sending:
            let begun = Event()
            leave {
                for _ in 0..<20 {
                    begun.happen()
                    try await stream.send(message(bytes: 10_000))
                }
            }
            await begun.wait()
        }
    }

    @Test func `two hundred sessions that end in every way leave a server that still serves`()
        async throws
    {
        let (home, surgery) = try peers()
        let handler = TestHandler { _, stream in
            // The first message says how this side is to end.
            let first = try await stream.receive()?.acknowledge.batch ?? 0
            try await stream.send(message(first))
            try await self.end(Ending(rawValue: first) ?? .read, stream)
        }
        try await surgery.serving(handler: handler) { _, address in
            for number in 0..<204 {
                let cases = Ending.allCases
                let (ours, theirs) = (cases[number % 6], cases[number / 6 % 6])
                let begun = Event()
                let session = Task {
                    defer { begun.happen() }
                    try await home.inSession(with: surgery, at: address) { stream in
                        try await stream.send(message(theirs.rawValue))
                        _ = try await stream.receive()
                        begun.happen()
                        // Two sides that both wait for the other's end are one that does.
                        try await self.end(ours == .read && theirs == .read ? .early : ours, stream)
                    }
                }
                if ours == .cancelled || theirs == .cancelled {
                    await begun.wait()
                    session.cancel()
                }
                _ = await session.result
            }
            // All that was left behind has come to its end, and a whole session still works.
            for task in self.left.withLock({ $0 }) { await task.value }
            try await home.inSession(with: surgery, at: address) { stream in
                try await stream.send(message(Ending.early.rawValue))
                #expect(try await stream.receive() == message(Ending.early.rawValue))
                #expect(try await stream.receive() == nil)
            }
        }
        #expect(handler.sessions.count == 205)
    }
}
