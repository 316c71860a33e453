import Foundation
import Glibc
import KithModel
import KithStore
import KithTrust
import Synchronization

/// The folder that a site lives in: its keys, its database, its configuration.
///
/// Only its owner may look into it. Whoever opens the database holds the lock on it (D33).
public struct Home: Sendable {
    /// The folder.
    public let path: String

    /// Names a folder; nothing is looked at yet.
    public init(path: String) {
        let absolute =
            path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        self.path = URL(fileURLWithPath: absolute).standardizedFileURL.path
    }

    /// The SQLite database.
    public var database: String { path + "/kith.sqlite" }
    /// The configuration.
    public var configuration: String { path + "/kith.yaml" }
    /// The daemon's control socket.
    public var controlSocket: String { path + "/control.sock" }
    private var identityKey: String { path + "/identity.pem" }
    private var sealingKey: String { path + "/sealing.pem" }
    private var rootCertificate: String { path + "/root.der" }
    private var lockFile: String { path + "/lock" }
    private var highWaterFile: String { path + "/high-water.json" }

    /// Throws unless the folder is a site that this user alone can read.
    public func check() throws(SiteError) {
        var info = stat()
        guard stat(path, &info) == 0 else {
            throw SiteError(
                .home, "there is no folder \(path); make a site with 'kith --home \(path) init'")
        }
        guard info.st_mode & S_IFMT == S_IFDIR else {
            throw SiteError(.home, "\(path) is not a folder; give the folder of a site")
        }
        guard info.st_uid == geteuid() else {
            throw SiteError(
                .home, "\(path) belongs to another user; run this command as its owner")
        }
        guard info.st_mode & 0o077 == 0 else {
            throw SiteError(
                .home, "other users can read \(path); close it with 'chmod 700 \(path)'")
        }
        guard FileManager.default.fileExists(atPath: identityKey) else {
            throw SiteError(
                .home, "\(path) is not a site; make one with 'kith --home \(path) init'")
        }
        for file in [identityKey, sealingKey] {
            var key = stat()
            guard stat(file, &key) == 0, key.st_mode & 0o077 == 0 else {
                throw SiteError(
                    .home, "\(file) is missing, or other users can read it; 'chmod 600' closes it")
            }
        }
    }

    /// Makes the folder of a new site with its keys; refuses a folder that holds one already.
    func create(with keys: SiteKeys, now: Instant) throws {
        if FileManager.default.fileExists(atPath: identityKey) {
            throw SiteError(.home, "\(path) is a site already; see 'kith --home \(path) status'")
        }
        do {
            try FolderSync.make(path)
            chmod(path, 0o700)
            try write(Data(try keys.identity.rootCertificate(now: now).der), to: rootCertificate)
            try write(Data(keys.sealing.pem.utf8), to: sealingKey)
            try FolderSync.synchronise(path)
            // The identity comes last: without it the folder is not a site, and can be tried again.
            try write(Data(keys.identity.pem.utf8), to: identityKey)
            try FolderSync.synchronise(path)
        } catch let error as SiteError {
            throw error
        } catch {
            throw SiteError(
                .home, "\(path) cannot be written; choose a folder that this user can write to")
        }
    }

    /// Reads the keys.
    func keys() throws -> (keys: SiteKeys, root: RootCertificate) {
        do {
            let identity = try SiteKey(pem: String(contentsOfFile: identityKey, encoding: .utf8))
            let sealing = try SealingKey(pem: String(contentsOfFile: sealingKey, encoding: .utf8))
            let root = try RootCertificate(
                der: Array(Data(contentsOf: URL(fileURLWithPath: rootCertificate))))
            guard root.siteID == identity.siteID else {
                throw SiteError(
                    .home,
                    "the keys in \(path) are of different sites; restore the home from a backup")
            }
            return (SiteKeys(identity: identity, sealing: sealing), root)
        } catch let error as SiteError {
            throw error
        } catch {
            throw SiteError(
                .home, "the keys in \(path) cannot be read; restore the home from a backup")
        }
    }

    /// What was last noted outside the database; nil when nothing was, or it cannot be read.
    func highWater() -> HighWater? {
        (try? Data(contentsOf: URL(fileURLWithPath: highWaterFile)))
            .flatMap { try? JSONDecoder().decode(HighWater.self, from: $0) }
    }

    /// Notes how far the site's own feeds are; on disk when this returns.
    func setHighWater(_ position: OwnPosition) throws {
        let note = HighWater(position: position, place: place)
        do {
            try write(JSONEncoder().encode(note), to: highWaterFile + ".new")
            guard rename(highWaterFile + ".new", highWaterFile) == 0 else {
                throw CocoaError(.fileWriteUnknown)
            }
            try FolderSync.synchronise(path)
        } catch {
            throw SiteError(
                .home,
                "\(path) cannot be written; check that the disk is not read-only and not full")
        }
    }

    /// Names this folder on this machine: a copy of the folder, or of the disk on another machine,
    /// has another name.
    var place: String {
        var info = stat()
        let inode = stat(path, &info) == 0 ? info.st_ino : 0
        let machine = (try? String(contentsOfFile: "/etc/machine-id", encoding: .utf8)) ?? ""
        return "\(machine.trimmingCharacters(in: .whitespacesAndNewlines)):\(inode)"
    }

    /// Whether the database file is there.
    var hasDatabase: Bool { FileManager.default.fileExists(atPath: database) }

    /// Takes the home's lock; nil when another process holds it.
    func lock() throws(SiteError) -> HomeLock? {
        let descriptor = open(lockFile, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw SiteError(
                .home,
                "\(path) cannot be written; check that the disk is not read-only and not full")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            Glibc.close(descriptor)
            return nil
        }
        return HomeLock(descriptor: descriptor)
    }

    /// Bytes of the database with its write-ahead log, and bytes free beside it.
    func diskUse() -> (used: Int64, free: Int64) {
        var used: Int64 = 0
        for file in [database, database + "-wal"] {
            var info = stat()
            if stat(file, &info) == 0 { used += Int64(info.st_size) }
        }
        var volume = statvfs()
        let free =
            statvfs(path, &volume) == 0
            ? Int64(
                clamping: UInt64(volume.f_bavail).multipliedReportingOverflow(
                    by: UInt64(volume.f_frsize)
                ).partialValue) : 0
        return (used, free)
    }

    private func write(_ data: Data, to file: String) throws {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try handle.write(contentsOf: data)
        try handle.synchronize()
    }
}

/// What a home knows of its database from outside it, to tell when that was rolled back (D22).
struct HighWater: Codable {
    /// How far the site's own feeds were.
    let position: OwnPosition
    /// Where the home was.
    let place: String
}

/// The lock on a home, held until it is released or the process ends.
final class HomeLock: Sendable {
    private let descriptor: Mutex<Int32?>

    init(descriptor: Int32) {
        self.descriptor = Mutex(descriptor)
    }

    deinit {
        release()
    }

    /// Lets another process take it.
    func release() {
        guard let held = descriptor.withLock({ $0.take() }) else { return }
        // A child that is just being started holds a copy of the descriptor, and with it the lock.
        flock(held, LOCK_UN)
        Glibc.close(held)
    }
}
