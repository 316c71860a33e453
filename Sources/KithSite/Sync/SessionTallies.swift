import Synchronization

/// What a site's sessions have moved since it was opened, those that it dialled and those that it answered.
public struct SessionTally: Sendable {
    /// Upper bounds of the histogram of `batches`, in milliseconds.
    public static let batchBounds = [3, 10, 30, 100, 300, 1_000, 3_000, 10_000]

    /// How sessions of one kind ended.
    public struct Outcomes: Sendable {
        /// Both sides proved to hold the same.
        public package(set) var equal = 0
        /// All others, those too that paused.
        public package(set) var failed = 0
    }

    /// Nightly runs that were begun.
    public package(set) var nights = 0
    /// Sessions that this site began.
    public package(set) var dialled = Outcomes()
    /// Sessions that a peer began.
    public package(set) var answered = Outcomes()
    /// Entries that peers have acknowledged.
    public package(set) var entriesSent = 0
    /// Entries that are on disk.
    public package(set) var entriesReceived = 0
    /// Bytes of messages sent.
    public package(set) var bytesSent = 0
    /// Bytes of messages received.
    public package(set) var bytesReceived = 0
    /// How long the sessions took, together.
    public package(set) var milliseconds = 0
    /// Batches that were stored no further than an entry that did not verify.
    public package(set) var refused = 0
    /// Transactions that stored batches by how long they took until they were durable: one number for each
    /// bound, and one for what took longer.
    public package(set) var batches = Array(repeating: 0, count: batchBounds.count + 1)
    /// How long those took together, in milliseconds.
    public package(set) var batchMilliseconds = 0

    /// Nothing yet.
    public init() {}

    package mutating func add(_ report: SyncReport, isDialled: Bool) {
        let kind: WritableKeyPath<Self, Outcomes> = isDialled ? \.dialled : \.answered
        if report.isEqual {
            self[keyPath: kind].equal += 1
        } else {
            self[keyPath: kind].failed += 1
        }
        entriesSent += report.sent
        entriesReceived += report.received
        bytesSent += report.bytesSent
        bytesReceived += report.bytesReceived
        milliseconds += report.milliseconds
    }

    package mutating func addBatch(milliseconds: Int, isRefused: Bool) {
        let place = Self.batchBounds.firstIndex { milliseconds <= $0 } ?? Self.batchBounds.count
        batches[place] += 1
        batchMilliseconds += milliseconds
        if isRefused { refused += 1 }
    }
}

/// The tally of a site that runs.
final class SessionTallies: Sendable {
    private let state = Mutex(SessionTally())

    var tally: SessionTally { state.withLock { $0 } }

    func change(_ body: @Sendable (inout SessionTally) -> Void) { state.withLock { body(&$0) } }
}
