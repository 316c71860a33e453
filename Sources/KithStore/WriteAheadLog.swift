import GRDB
import GRDBSQLite
import Synchronization

/// Copies pages from the write-ahead log back into the database, and keeps that log short, however many read.
///
/// SQLite's own checkpoint does so within the commit that finds a thousand pages: whoever saves then waits for
/// it. This one has a connection of its own for that, while the writer goes on. As long as somebody reads or
/// writes, the log is not begun anew by that, and would grow until the disk is full. So beyond a length the
/// writer waits for those who read now: whoever begins to read after that reads from the database.
///
/// Source: SQLite, "Write-Ahead Logging", sections "Concurrency" and "Avoiding Excessively Large WAL Files".
final class WriteAheadLog: Sendable {
    /// Pages after which they are copied back, as far as no reader needs them: SQLite's own default.
    private static let usualPages: Int32 = 1_000
    /// Pages beyond which the writer waits for readers; 64 MB.
    static let mostPages: Int32 = 16_000
    /// How long it waits for them at most, in milliseconds: so long a save of somebody may take longer.
    private static let patience: Int32 = 250
    /// How long anybody else waits for a lock, in seconds.
    static let busyTimeout = 10

    private struct State {
        /// From so many pages on the writer waits; later where somebody read for too long.
        var next = mostPages
        /// Whether pages are being copied now.
        var isCopying = false
    }

    private let state = Mutex(State())
    /// The connection that copies.
    private let copier: DatabaseQueue

    /// Keeps the log of a database short as long as this is kept, and not closed.
    init(of pool: DatabasePool, _ configuration: Configuration) throws {
        copier = try DatabaseQueue(path: pool.path, configuration: configuration)
        let context = Unmanaged.passUnretained(self).toOpaque()
        pool.unsafeReentrantWrite { writer in
            _ = sqlite3_wal_hook(
                writer.sqliteConnection,
                { context, connection, name, pages in
                    guard let context else { return SQLITE_OK }
                    Unmanaged<WriteAheadLog>.fromOpaque(context).takeUnretainedValue()
                        .committed(connection, name, pages: pages)
                    // The transaction is on disk already: a checkpoint that fails is no failure of it.
                    return SQLITE_OK
                }, context)
        }
    }

    /// Returns when no pages are being copied: only one connection may do so at a time. To be called by the
    /// writer, whose commits alone begin it.
    func settle() {
        copier.writeWithoutTransaction { _ in }
    }

    /// Closes the connection that copies; the writer has to be closed at once after it.
    func close() throws {
        try copier.close()
    }

    private func committed(
        _ connection: OpaquePointer?, _ name: UnsafePointer<CChar>?, pages: Int32
    ) {
        let isLong = state.withLock { state in
            if pages < Self.mostPages { state.next = Self.mostPages }
            return pages >= state.next
        }
        if isLong {
            settle()
            sqlite3_busy_timeout(connection, Self.patience)
            let code = sqlite3_wal_checkpoint_v2(
                connection, name, SQLITE_CHECKPOINT_RESTART, nil, nil)
            sqlite3_busy_timeout(connection, Int32(Self.busyTimeout) * 1_000)
            state.withLock {
                $0.next = code == SQLITE_OK ? Self.mostPages : pages + Self.mostPages
            }
        } else if pages >= Self.usualPages {
            copy()
        }
    }

    /// Begins to copy pages back, unless that goes on already.
    private func copy() {
        let isFree = state.withLock { state in
            defer { state.isCopying = true }
            return !state.isCopying
        }
        guard isFree else { return }
        copier.asyncWriteWithoutTransaction { [self] database in
            // One that fails is tried again after the next commit.
            _ = try? database.checkpoint(.passive)
            state.withLock { $0.isCopying = false }
        }
    }
}
