import KithProtocol

/// How large the next batch of a session may be.
///
/// A batch that a broken line cuts is sent again whole. So the first are small, and each may be half as
/// large as all that the session has sent before: however bad the line, at least two thirds of what goes
/// over it, but for the first few kilobytes, need not go again; and on a good one the batches are soon
/// as large as they may be. What has been sent counts, not what was acknowledged, so that a few
/// hundred entries need no more round trips than one.
package struct BatchSize: Sendable {
    /// Bytes of the first batches.
    package static let first = 4_096

    private var sent: Int
    private let most: Int

    /// At the start of a session.
    ///
    /// - Parameters:
    ///   - sent: bytes that count as sent before.
    ///   - bytesPerSecond: what the line is held to: a batch is at most what goes over it in a second, so that
    ///     the other side is not left waiting for long.
    package init(sent: Int = 0, bytesPerSecond: Int? = nil) {
        self.sent = sent
        most = min(max(bytesPerSecond ?? Limits.batchBytes, Self.first), Limits.batchBytes)
    }

    /// Bytes that the next batch may have; a single larger entry is a batch of its own.
    package var next: Int { min(max(Self.first, sent / 2), most) }

    /// So many bytes go with a batch.
    package mutating func sent(_ bytes: Int) { sent += bytes }
}
