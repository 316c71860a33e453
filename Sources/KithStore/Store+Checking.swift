import Foundation
import GRDB
import KithModel

// What a database has to be before it is opened.
extension Store {
    /// Throws unless a file is a database of this site that this program knows; changes nothing.
    static func check(_ path: String, site: SiteID) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        let (version, application, tables, owner) = try looking(at: path) { database in
            (
                try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0,
                try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0,
                try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0,
                try? Data.fetchOne(database, sql: "SELECT value FROM meta WHERE name = 'site'")
            )
        }
        if application == backupApplicationID {
            throw StoreError(
                .foreign, "the file is a backup; restore it with 'kith restore FILE'")
        }
        if tables > 0, application != applicationID {
            throw StoreError(.foreign, "the file is a database, but not one of Kith")
        }
        if version > schemaVersion {
            throw newer(version)
        }
        // SQLite takes any write-ahead log that lies beside a database for its own.
        if tables > 0, owner != site.blob {
            throw StoreError(
                .foreign,
                "the database, or the -wal file beside it, is of another site; put this site's own files back, or restore the last backup"
            )
        }
    }

    /// Reads a database without changing it, but for what an interrupted transaction left to undo.
    private static func looking<Result>(
        at path: String, _ body: (Database) throws -> Result
    ) throws -> Result {
        func look(readonly: Bool) throws -> Result {
            var configuration = Configuration()
            configuration.readonly = readonly
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            return try queue.read(body)
        }
        do {
            return try look(readonly: true)
        } catch let error as DatabaseError
            where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK
        {
            // Power was lost while a rollback journal was in use, as in the switch to a write-ahead
            // log; only a connection that may write can put the old pages back.
            return try look(readonly: false)
        }
    }
}
