import GRDB
import GRDBSQLite
import Synchronization

/// Keeps the write-ahead log short, however many read.
///
/// SQLite's own checkpoint copies pages back after each thousand, but begins the log anew only at a moment at
/// which nobody reads from it. Where there is always somebody, as with a web page that fifty people look
/// at, that moment never comes, and the log grows until the disk is full. So beyond a length this one waits
/// for those who read now, while nobody writes: whoever begins to read after that reads from the database.
///
/// Source: SQLite, "Write-Ahead Logging", section "Avoiding Excessively Large WAL Files".
final class WriteAheadLog: Sendable {
    /// Pages after which they are copied back, as far as no reader needs them: SQLite's own default.
    private static let usualPages: Int32 = 1_000
    /// Pages beyond which it waits for readers; 32 MB.
    static let mostPages: Int32 = 8_000
    /// How long it waits for them at most, in milliseconds: so long a save of somebody may take longer.
    private static let patience: Int32 = 250
    /// How long anybody else waits for a lock, in seconds.
    static let busyTimeout = 10

    /// From so many pages on it tries again; later where somebody read for too long.
    private let next = Mutex(mostPages)

    /// Does so for the one connection that writes, for as long as this is kept.
    func keepShort(_ database: Database) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        _ = sqlite3_wal_hook(
            database.sqliteConnection,
            { context, connection, name, pages in
                guard let context else { return SQLITE_OK }
                Unmanaged<WriteAheadLog>.fromOpaque(context).takeUnretainedValue()
                    .committed(connection, name, pages: pages)
                // The transaction is on disk already: a checkpoint that fails is no failure of it.
                return SQLITE_OK
            }, context)
    }

    private func committed(
        _ connection: OpaquePointer?, _ name: UnsafePointer<CChar>?, pages: Int32
    ) {
        let next = next.withLock { next in
            if pages < Self.mostPages { next = Self.mostPages }
            return next
        }
        guard pages >= Self.usualPages else { return }
        let isLong = pages >= next
        if isLong { sqlite3_busy_timeout(connection, Self.patience) }
        let code = sqlite3_wal_checkpoint_v2(
            connection, name, isLong ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, nil,
            nil)
        if isLong {
            sqlite3_busy_timeout(connection, Int32(Self.busyTimeout) * 1_000)
            self.next.withLock { $0 = code == SQLITE_OK ? Self.mostPages : pages + Self.mostPages }
        }
    }
}
