import Foundation
import KithTrust
import NIOPosix

/// Hashes passwords two at a time: each takes 128 MiB, and strangers may ask for as many as they like.
///
/// Who comes when too many wait already is turned away at once.
package actor PasswordQueue {
    /// How many are worked on at once.
    package static let width = 2
    /// How many may wait.
    package static let length = 64

    /// What new hashes cost; tests take less.
    package let log2N: UInt8
    private var running = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []
    /// The most that were worked on at once so far.
    package private(set) var greatestWidth = 0
    /// How many were worked on so far.
    package private(set) var count = 0

    package init(log2N: UInt8 = PasswordHash.standardLog2N) {
        self.log2N = log2N
    }

    /// Too many people sign in at this moment.
    package struct Full: Error {}

    /// Hashes a new password.
    func hash(_ password: String, salt: Data) async throws -> PasswordHash {
        let log2N = log2N
        return try await run { try PasswordHash(of: password, salt: salt, log2N: log2N) }
    }

    /// Whether a password is the one of a hash.
    func matches(_ password: String, _ hash: PasswordHash) async throws -> Bool {
        try await run { try hash.matches(password) }
    }

    private func run<Result: Sendable>(
        _ work: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        if running < Self.width {
            running += 1
        } else {
            guard waiting.count < Self.length else { throw Full() }
            // Whoever ends hands their place on.
            await withCheckedContinuation { waiting.append($0) }
        }
        greatestWidth = max(greatestWidth, running)
        count += 1
        defer {
            if waiting.isEmpty { running -= 1 } else { waiting.removeFirst().resume() }
        }
        return try await NIOThreadPool.singleton.runIfActive(work)
    }
}
