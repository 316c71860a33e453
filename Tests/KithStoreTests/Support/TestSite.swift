import Foundation
import GRDB
import KithModel
import KithProtocol
import KithTrust
import Testing

@testable import KithStore

/// A site for tests: its keys, and a real database in a folder of its own.
final class TestSite: Sendable {
    static let now = Instant(milliseconds: 1_800_000_000_000)

    let keys: SiteKeys
    let profile: SiteProfile
    let folder: URL
    let store: Store

    convenience init() throws {
        let keys = SiteKeys(identity: SiteKey(), sealing: SealingKey())
        let profile = SiteProfile(
            root: try keys.identity.rootCertificate(now: Self.now),
            sealingKey: Data(keys.sealing.publicKey), name: "Site \(keys.site.short)",
            kind: "care-home", ods: "", addresses: [])
        try self.init(keys, profile, in: try Self.newFolder())
    }

    private init(_ keys: SiteKeys, _ profile: SiteProfile, in folder: URL) throws {
        self.keys = keys
        self.profile = profile
        self.folder = folder
        store = try Store(
            path: folder.appendingPathComponent("kith.sqlite").path, keys: keys,
            cryptography: SystemCryptography())
    }

    deinit {
        try? store.close()
        try? FileManager.default.removeItem(at: folder)
    }

    var id: SiteID { keys.site }

    static func newFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("kith-store-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    /// Another installation with the same keys: of this one's file, or of none.
    func copy(withLog: Bool = true) async throws -> TestSite {
        let target = try Self.newFolder()
        if withLog {
            try await store.writer.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
            try FileManager.default.copyItem(
                at: folder.appendingPathComponent("kith.sqlite"),
                to: target.appendingPathComponent("kith.sqlite"))
        }
        return try TestSite(keys, profile, in: target)
    }

    /// Takes a partnership in that another site founded.
    func join(_ partnership: PartnershipID, through sponsor: SiteID) async throws {
        try await store.write {
            try $0.addPartnership(
                partnership, name: "Elm", purpose: "care", isPrivate: false, sponsor: sponsor,
                now: Self.now)
        }
    }
}

// Looking at the database itself.
extension TestSite {
    /// Runs raw SQL: what a fault of the disk or of an operator may do.
    func execute(_ sql: String) async throws {
        try await store.writer.write { try $0.execute(sql: sql) }
    }

    /// Every row of every table, or of those named.
    func rows(of tables: [String]? = nil) async throws -> [String: [String]] {
        try await store.writer.read { database in
            let all = try String.fetchAll(
                database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
            return try Dictionary(
                uniqueKeysWithValues: (tables ?? all).map { table in
                    (
                        table,
                        try Row.fetchAll(database, sql: "SELECT * FROM \(table)")
                            .map { "\(Array($0.databaseValues))" }
                    )
                })
        }
    }

    /// Replays the log, first to compare and then to keep, and expects every row of the state to
    /// come out as it was.
    func expectReplayEqual(_ comment: Comment? = nil) async throws {
        let dropped = try await store.replay(keeping: false)
        #expect(dropped.differences.isEmpty, comment)
        let before = try await rows(of: StoreTransaction.stateTables)
        _ = try await store.replay(keeping: true)
        #expect(try await rows(of: StoreTransaction.stateTables) == before, comment)
    }
}
