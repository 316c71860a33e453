import CSQLiteSetup
import Crypto
import Foundation
import GRDB
import GRDBSQLite
public import KithModel
public import KithProtocol
public import KithTrust
import Synchronization

/// The keys of the site that owns a store.
public struct SiteKeys: Sendable {
    /// Signs entries and certificates.
    public let identity: SiteKey
    /// Opens compartment keys.
    public let sealing: SealingKey

    /// Holds a site's keys.
    public init(identity: SiteKey, sealing: SealingKey) {
        self.identity = identity
        self.sealing = sealing
    }

    /// The site.
    public var site: SiteID { identity.siteID }
}

/// One site's database: the log, and the state that follows from it.
///
/// The caller holds the home's lock: one process owns the database and one connection writes
/// (D33). Everything goes through a transaction; a thrown error leaves nothing behind.
public final class Store: Sendable {
    let writer: any DatabaseWriter
    /// The keys of the site.
    public let keys: SiteKeys
    let cryptography: any Cryptography
    /// Memberships as judged by all acts so far, by partnership; for the writer alone, which
    /// empties it when a transaction fails.
    let judgements = Mutex<[Int64: Membership]>([:])
    /// Of the connection that writes.
    let statements = CompiledStatements()
    /// Where those who read have connections of their own.
    private let writeAheadLog: WriteAheadLog?
    /// Whether something was erased that the write-ahead log may still hold.
    let hasErased = Mutex(false)

    /// The version of the schema that this program writes.
    public static let schemaVersion = 1
    /// "Kith" in ASCII, in the header of every database of ours.
    static let applicationID = 0x4B69_7468
    /// "KthB": a backup, which is never opened as a site's database by mistake.
    static let backupApplicationID = 0x4B74_6842

    /// Opens a database, or makes it; refuses one of a newer version, and one that would not be
    /// durable (D36, D33).
    public convenience init(path: String, keys: SiteKeys, cryptography: any Cryptography) throws {
        try self.init(keys: keys, cryptography: cryptography) {
            try Self.check(path, site: keys.site)
            var configuration = Self.configuration
            configuration.maximumReaderCount = 4
            return try DatabasePool(path: path, configuration: configuration)
        }
    }

    /// Opens a database on a single connection, which also reads: for programs of one thread. It is
    /// made in memory, and gone when closed, where there is no path.
    package convenience init(
        serialAt path: String?, keys: SiteKeys, cryptography: any Cryptography
    ) throws {
        try self.init(keys: keys, cryptography: cryptography) {
            if let path { try Self.check(path, site: keys.site) }
            return try Self.serial(at: path)
        }
    }

    private static func serial(at path: String?) throws -> DatabaseQueue {
        var configuration = Self.configuration
        guard let path else { return try DatabaseQueue(configuration: configuration) }
        configuration.journalMode = .wal
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        // The wrapper notes for observers what each statement reads and writes. Here are none, and to note it
        // costs more than to compile the statement.
        queue.unsafeReentrantWrite { _ = sqlite3_set_authorizer($0.sqliteConnection, nil, nil) }
        return queue
    }

    /// Copies a backup into a temporary database, where it can be looked at without changing it.
    convenience init(
        copyingBackup path: String, keys: SiteKeys, cryptography: any Cryptography
    ) throws {
        try self.init(keys: keys, cryptography: cryptography) {
            var configuration = Configuration()
            configuration.readonly = true
            let backup = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? backup.close() }
            let copy = try DatabaseQueue(path: "", configuration: Self.configuration)
            try backup.backup(to: copy)
            return copy
        }
    }

    private init(
        keys: SiteKeys, cryptography: any Cryptography, opening: () throws -> any DatabaseWriter
    ) throws {
        self.keys = keys
        self.cryptography = cryptography
        do {
            writer = try opening()
            // GRDB sets NORMAL when it switches to WAL, so this has to come after.
            let level = try writer.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
                return try Int.fetchOne(database, sql: "PRAGMA synchronous")
            }
            guard level == 2 else {
                throw StoreError(
                    .other, "SQLite does not sync every commit here (synchronous is not FULL)")
            }
            try Self.migrate(writer, of: keys.site)
            writeAheadLog = try (writer as? DatabasePool).map {
                try WriteAheadLog(of: $0, Self.configuration)
            }
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    /// What holds for all connections of the process, once.
    private static let setUp: Void = kith_sqlite_forgo_memory_counts()

    private static var configuration: Configuration {
        setUp
        var configuration = Configuration()
        configuration.busyMode = .timeout(Double(WriteAheadLog.busyTimeout))
        configuration.prepareDatabase { database in
            // The writer comes back to the same pages of the indexes; each of those who read has a cache of its
            // own beside it, and the system one for all.
            let kilobytes = database.configuration.readonly ? 4_000 : 16_000
            try database.execute(
                sql: """
                    PRAGMA trusted_schema = OFF;
                    PRAGMA cell_size_check = ON;
                    PRAGMA mmap_size = 0;
                    PRAGMA secure_delete = ON;
                    PRAGMA cache_size = -\(kilobytes);
                    """)
        }
        return configuration
    }

    /// Closes the database; every committed transaction is on disk already.
    public func close() throws {
        // GRDB closes the readers last, and they cannot checkpoint. Without a checkpoint the database
        // file alone, which is what people copy, would lack what was written last. One that fails is
        // no loss: the next start reads the write-ahead log.
        try? writer.writeWithoutTransaction {
            statements.forget()
            writeAheadLog?.settle()
            _ = try $0.checkpoint(.truncate)
        }
        try writeAheadLog?.close()
        try writer.close()
    }

    /// Writes what was erased out of the write-ahead log too; does nothing when nothing was. While a
    /// reader holds on to the old pages it waits for the next call, at the latest for the close.
    public func finishErasing() async throws {
        guard hasErased.withLock({ $0 }) else { return }
        try await writer.writeWithoutTransaction { [writeAheadLog] in
            writeAheadLog?.settle()
            _ = try $0.checkpoint(.truncate)
        }
        hasErased.withLock { $0 = false }
    }

    /// Has SQLite look at how its tables are filled, for the choices that its planner makes, when the log has
    /// grown by a quarter since it last did; true when it did.
    ///
    /// It looks at a sample of each index, which takes milliseconds.
    public func refreshStatistics() async throws -> Bool {
        let isDone = try await write { transaction in
            let entries = try transaction.version()
            let looked = try transaction.note("statistics.entries").flatMap(Int64.init) ?? 0
            guard entries < looked || entries - looked > looked / 4 else { return false }
            try transaction.database.execute(sql: "PRAGMA analysis_limit = 1000; ANALYZE")
            try transaction.setNote("statistics.entries", "\(entries)")
            return true
        }
        // A connection reads them when it is opened, and not again.
        if isDone { (writer as? DatabasePool)?.invalidateReadOnlyConnections() }
        return isDone
    }

    /// Runs a read in one snapshot.
    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (StoreTransaction) throws -> Result
    ) async throws -> Result {
        // A task that has threads of its own waits on them, and reads with their priority.
        if withUnsafeCurrentTask(body: { $0?.unownedTaskExecutor != nil }) {
            return try readBlocking(body)
        }
        let stop = StopSign()
        return try await withTaskCancellationHandler {
            do {
                return try await writer.read { [self] in
                    try body(transaction(in: $0, isWriter: false, stop: stop))
                }
            } catch let error as DatabaseError {
                if stop.isSet { throw CancellationError() }
                throw StoreError(error)
            }
        } onCancel: {
            stop.set()
        }
    }

    /// Runs a write in one transaction: all of it is on disk when this returns, or none.
    public func write<Result: Sendable>(
        _ body: @escaping @Sendable (StoreTransaction) throws -> Result
    ) async throws -> Result {
        let stop = StopSign()
        return try await withTaskCancellationHandler {
            do {
                return try await writer.writeWithoutTransaction { [self] database in
                    try database.inPreparedTransaction {
                        try body(transaction(in: database, isWriter: true, stop: stop))
                    }
                }
            } catch {
                judgements.withLock { $0 = [:] }
                if stop.isSet, error is DatabaseError { throw CancellationError() }
                throw (error as? DatabaseError).map(StoreError.init) ?? error
            }
        } onCancel: {
            stop.set()
        }
    }

    /// Runs a read on the calling thread; never on one that must not block.
    package func readBlocking<Result>(
        _ body: (StoreTransaction) throws -> Result
    ) throws -> Result {
        do {
            // On a single connection nothing comes between, and a switch to reading and back would
            // have SQLite prepare every statement again.
            guard writer is DatabaseQueue else {
                return try writer.read {
                    try body(transaction(in: $0, isWriter: false))
                }
            }
            return try writer.unsafeRead {
                try body(transaction(in: $0, isWriter: true))
            }
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    /// Runs a write on the calling thread; never on one that must not block.
    package func writeBlocking<Result>(
        _ body: (StoreTransaction) throws -> Result
    ) throws -> Result {
        do {
            return try writer.writeWithoutTransaction { database in
                try database.inPreparedTransaction {
                    try body(transaction(in: database, isWriter: true))
                }
            }
        } catch {
            judgements.withLock { $0 = [:] }
            throw (error as? DatabaseError).map(StoreError.init) ?? error
        }
    }

    /// What a transaction works with. A newer program may have changed the schema since this one opened
    /// the database, whatever lock there is: what is read and written then would mean something else.
    private func transaction(
        in database: Database, isWriter: Bool, stop: StopSign? = nil
    ) throws -> StoreTransaction {
        let transaction = StoreTransaction(database, of: self, isWriter: isWriter, stop: stop)
        let version = Int(try transaction.number("PRAGMA user_version") ?? 0)
        guard version <= Self.schemaVersion else { throw Self.newer(version) }
        return transaction
    }

    static func newer(_ version: Int) -> StoreError {
        StoreError(
            .newer,
            "the database was written by a newer version of Kith (schema \(version), this program knows \(schemaVersion)); install that version or newer"
        )
    }

    private static func makeTables(in database: Database) throws {
        for script in [
            PackageResources.v1_site_sql, PackageResources.v1_log_sql,
            PackageResources.v1_state_sql,
        ] {
            try database.execute(sql: String(decoding: script, as: UTF8.self))
        }
    }

    /// What SQLite keeps of the tables and indexes that this program makes.
    static let schema: Set<String> = {
        do {
            return try DatabaseQueue().write { database in
                try makeTables(in: database)
                return try schema(of: database)
            }
        } catch {
            preconditionFailure("the tables that the program brings cannot be made: \(error)")
        }
    }()

    /// What SQLite keeps of a database's tables and indexes, one text each.
    static func schema(of database: Database) throws -> Set<String> {
        Set(
            try Row.fetchAll(
                database,
                sql: "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL"
            ).map { "\($0[0] as String) \($0[1] as String) \($0[2] as String): \($0[3] as String)" }
        )
    }

    private static func migrate(_ writer: any DatabaseWriter, of site: SiteID) throws {
        try writer.write { database in
            let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
            guard version < schemaVersion else { return }
            try makeTables(in: database)
            try database.execute(sql: "PRAGMA application_id = \(applicationID)")
            try database.execute(sql: "PRAGMA user_version = \(schemaVersion)")
            try database.execute(
                sql: "INSERT INTO meta (name, value) VALUES ('site', ?)",
                arguments: [site.blob])
        }
    }
}
