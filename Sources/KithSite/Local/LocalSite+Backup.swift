import Foundation
import Glibc
import KithModel
import KithProtocol
import KithStore
import KithTrust

// Backup and restore (D22): a restore begins a new incarnation, so that nobody is frozen and no
// sequence is signed twice.
extension LocalSite {
    package func backUp(to path: String) async throws -> BackupReport {
        try await translating {
            guard path.hasPrefix("/") else {
                throw SiteError(.invalid, "give the backup's file with its whole path")
            }
            let facts = try store.backUp(to: path, now: clock())
            return BackupReport(facts, file: path)
        }
    }

    /// Puts a backup in the place of a home's database. The old database stays beside it under
    /// another name. The home must hold the keys of the site that the backup is of.
    package static func restore(backup path: String, home: String) async throws -> BackupReport {
        let home = Home(path: home)
        try home.check()
        guard let lock = try home.lock() else {
            throw SiteError(
                .home, "another process is using \(home.path); stop kithd, then restore")
        }
        defer { withExtendedLifetime(lock) {} }
        return try await translating {
            guard FileManager.default.isReadableFile(atPath: path) else {
                throw SiteError(.invalid, "there is no file \(path) that this user can read")
            }
            var info = stat()
            guard stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
                throw SiteError(
                    .invalid, "\(path) is not a file; give one that 'kith backup' wrote")
            }
            let (keys, _) = try home.keys()
            let cryptography = SystemCryptography()
            let facts = try Store.checkBackup(path, keys: keys, cryptography: cryptography)
            let now = Instant(Date())
            let fresh = home.database + ".restoring"
            for file in [fresh, fresh + "-journal"] {
                try? FileManager.default.removeItem(atPath: file)
            }
            try Store.restore(
                backup: path, to: fresh, replacing: home.hasDatabase ? home.database : nil,
                keys: keys, cryptography: cryptography, now: now)
            let replaced = try home.replaceDatabase(with: fresh, now: now)
            let store = try Store(path: home.database, keys: keys, cryptography: cryptography)
            try home.setHighWater(try await store.read { try $0.ownPosition() })
            try store.close()
            return BackupReport(facts, file: path, replaced: replaced)
        }
    }
}

extension Home {
    /// Puts a whole, synchronised database in the place of the present one, which is kept under
    /// another name; gives that name.
    ///
    /// A write-ahead log never meets a database that is not its own, nor a database one that it needs
    /// and has not: what was moved is on disk before the next move, and what an interrupted restore
    /// left behind is moved away by the next.
    fileprivate func replaceDatabase(with fresh: String, now: Instant) throws -> String? {
        let old = database + ".before-restore-\(now.milliseconds)"
        let kept = hasDatabase ? old : nil
        for suffixes in [[""], ["-wal", "-shm", "-journal"]] {
            for suffix in suffixes where FileManager.default.fileExists(atPath: database + suffix) {
                guard rename(database + suffix, old + suffix) == 0 else {
                    throw SiteError(
                        .home,
                        "\(database + suffix) cannot be moved; check that the disk is not read-only"
                    )
                }
            }
            try synchroniseNames()
        }
        guard rename(fresh, database) == 0 else {
            throw SiteError(
                .home, "\(database) cannot be written; run 'kith restore' again")
        }
        try synchroniseNames()
        return kept
    }

    private func synchroniseNames() throws {
        do {
            try FolderSync.synchronise(path)
        } catch {
            throw SiteError(
                .home, "\(path) cannot be written; check the disk, then run 'kith restore' again")
        }
    }
}

extension BackupReport {
    init(_ facts: BackupFacts, file: String, replaced: String? = nil) {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file)
        let bytes = (attributes?[.size] as? NSNumber)?.int64Value ?? 0
        self.init(
            file: file, site: facts.name, made: facts.made, entries: facts.entries, bytes: bytes,
            replaced: replaced)
    }
}
