import KithModel

/// What everything that follows from the log stays the same by: as long as two marks are equal, so is what
/// people have to decide.
public struct StateMark: Equatable, Sendable {
    /// The newest entry: a number alone may be another's after a transaction that was taken back.
    private let newest: EntryHash?
    private let entries: Int64
    private let chains: Int64
    private let unread: Int64
    private let setAside: Int64

    fileprivate init(_ newest: EntryHash?, _ counts: (Int64, Int64, Int64, Int64)) {
        self.newest = newest
        (entries, chains, unread, setAside) = counts
    }
}

extension StoreTransaction {
    /// The mark of what is here: the newest arrival, and what can change beside it, as a part that can be
    /// read from now on.
    public func stateMark() throws -> StateMark {
        func count(_ table: String) throws -> Int64 {
            try number("SELECT count(*) FROM \(table)") ?? 0
        }
        let newest = try row("SELECT hash FROM entry ORDER BY arrival DESC LIMIT 1", [])
        return StateMark(
            try newest.map { try EntryHash(blob: $0["hash"]) },
            (try version(), try count("chain"), try count("unread"), try count("set_aside")))
    }
}
