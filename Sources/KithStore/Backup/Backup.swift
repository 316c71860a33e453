import Foundation
import GRDB
public import KithModel
public import KithProtocol

/// What a backup says of itself.
public struct BackupFacts: Sendable {
    /// Whose it is.
    public let site: SiteID
    /// What people call the site.
    public let name: String
    /// When it was made, by that site's clock.
    public let made: Instant
    /// Entries in its log.
    public let entries: Int
}

extension Store {
    /// Writes a consistent copy while the store is in use: one SQLite file without write-ahead log,
    /// marked as a backup, with every hash and signature checked after writing. The file must not
    /// exist. It holds what the site can read, in the clear, but no identity key.
    public func backUp(to path: String, now: Instant) throws -> BackupFacts {
        let partial = path + ".partial"
        try? FileManager.default.removeItem(atPath: partial)
        do {
            let copy = try DatabaseQueue(path: partial)
            try writer.backup(to: copy)
            try copy.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA journal_mode = DELETE")
                try database.execute(sql: "PRAGMA application_id = \(Self.backupApplicationID)")
                for (name, value) in [
                    ("backup.site", keys.site.description), ("backup.made", now.rfc3339),
                ] {
                    try database.execute(
                        sql: "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)",
                        arguments: [name, Data(value.utf8)])
                }
            }
            try copy.close()
            let facts = try readBack(partial)
            guard link(partial, path) == 0 else {
                throw StoreError(
                    .other,
                    errno == EEXIST
                        ? "there is a file of that name already; choose another"
                        : "the backup cannot be written there; choose another folder")
            }
            try Self.synchronise(path)
            try FolderSync.synchroniseName(of: path)
            try FileManager.default.removeItem(atPath: partial)
            return facts
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            throw (error as? DatabaseError).map(Self.problem) ?? error
        }
    }

    /// What keeps a backup from being written, where it is not the database that is at fault.
    private static func problem(ofWriting error: DatabaseError) -> StoreError {
        switch error.resultCode {
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            StoreError(
                .readOnly, "the backup cannot be written there; choose another folder")
        case .SQLITE_FULL:
            StoreError(
                .full, "there is no room for the backup; choose another disk, or free some space")
        default: StoreError(error)
        }
    }

    /// Checks what was just written, and says where it went wrong if it did: here, or on its way.
    private func readBack(_ path: String) throws -> BackupFacts {
        do {
            return try Self.checkBackup(path, keys: keys, cryptography: cryptography)
        } catch let error as StoreError where error.code == .damaged {
            let isDamagedHere = try !readBlocking { try $0.problemsOfLog() }.isEmpty
            throw StoreError(
                .damaged,
                isDamagedHere
                    ? "the database is damaged, and a backup of it would be; keep the last good backup, and see 'kith doctor'"
                    : "the backup could not be read back as it was written; check that disk, or choose another"
            )
        }
    }

    /// Checks a whole backup: that it is one, of this site, of a version that this program reads,
    /// and that every hash, chain and signature in it is right.
    public static func checkBackup(
        _ path: String, keys: SiteKeys, cryptography: any Cryptography
    ) throws -> BackupFacts {
        let facts = try facts(ofBackup: path)
        guard facts.site == keys.site else {
            throw StoreError(
                .foreign,
                "the backup is of the site \(facts.name) (\(facts.site.short)), not of this one; restore it where that site's keys are"
            )
        }
        let copy = try Store(copyingBackup: path, keys: keys, cryptography: cryptography)
        defer { try? copy.close() }
        let problems = try copy.readBlocking { try $0.problemsOfLog() }
        guard problems.isEmpty else {
            throw StoreError(
                .damaged,
                "the backup is damaged (\(problems[0])); use another one")
        }
        return facts
    }

    /// Reads what a backup says of itself, without changing it.
    private static func facts(ofBackup path: String) throws -> BackupFacts {
        var configuration = Configuration()
        configuration.readonly = true
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            return try queue.read { database in
                guard
                    try Int.fetchOne(database, sql: "PRAGMA application_id") == backupApplicationID
                else {
                    throw StoreError(.foreign, "the file is not a backup made by 'kith backup'")
                }
                let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
                guard version <= schemaVersion else {
                    throw StoreError(
                        .newer,
                        "the backup was written by a newer version of Kith (schema \(version), this program knows \(schemaVersion)); install that version or newer"
                    )
                }
                func note(_ name: String) throws -> String {
                    let data = try Data.fetchOne(
                        database, sql: "SELECT value FROM meta WHERE name = ?", arguments: [name])
                    return String(decoding: data ?? Data(), as: UTF8.self)
                }
                guard let site = SiteID(text: try note("backup.site")),
                    let made = Instant(rfc3339: try note("backup.made"))
                else { throw StoreError(.damaged, "the backup is damaged; use another one") }
                return BackupFacts(
                    site: site, name: try note("site.name"), made: made,
                    entries: try Int.fetchOne(database, sql: "SELECT count(*) FROM entry") ?? 0)
            }
        } catch let error as DatabaseError {
            switch error.resultCode {
            case .SQLITE_NOTADB:
                throw StoreError(.foreign, "the file is not a backup made by 'kith backup'")
            case .SQLITE_CORRUPT:
                throw StoreError(.damaged, "the backup is cut off or damaged; use another one")
            default: throw StoreError(error)
            }
        }
    }

    /// Makes a database out of a backup, beginning a new incarnation in it. Nothing is at the path.
    ///
    /// - Parameter replaced: the database that it takes the place of, if there is one: what that knew
    ///   to be erased is erased here too, before anything is shown (D24).
    public static func restore(
        backup path: String, to database: String, replacing replaced: String?, keys: SiteKeys,
        cryptography: any Cryptography, now: Instant
    ) throws {
        let erased =
            replaced.map { erasedBodies(in: $0, keys: keys, cryptography: cryptography) } ?? []
        do {
            let copy = try Store(copyingBackup: path, keys: keys, cryptography: cryptography)
            defer { try? copy.close() }
            try copy.writeBlocking { try $0.goOn(fromBackupReplacing: erased, now: now) }
            let target = try DatabaseQueue(path: database)
            try copy.writer.backup(to: target)
            try target.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA application_id = \(applicationID)")
                try database.execute(sql: "PRAGMA journal_mode = DELETE")
            }
            try target.close()
            try synchronise(database)
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    /// What a database knows to be erased; nothing where it cannot be read, as a damaged one.
    private static func erasedBodies(
        in path: String, keys: SiteKeys, cryptography: any Cryptography
    ) -> [ErasedBody] {
        guard let store = try? Store(serialAt: path, keys: keys, cryptography: cryptography) else {
            return []
        }
        defer { try? store.close() }
        return (try? store.readBlocking { try $0.erasedBodies() }) ?? []
    }

    private static func synchronise(_ path: String) throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        try handle.synchronize()
    }
}
