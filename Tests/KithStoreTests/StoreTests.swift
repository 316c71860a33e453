import Foundation
import GRDB
import KithModel
import KithProtocol
import KithTrust
import Testing

@testable import KithStore

@Suite struct StoreTests {
    private let folder: URL
    private let path: String
    private let keys = SiteKeys(identity: SiteKey(), sealing: SealingKey())

    init() throws {
        folder = try TestSite.newFolder()
        path = folder.appendingPathComponent("kith.sqlite").path
    }

    @discardableResult
    private func open(_ path: String) throws -> Store {
        try Store(path: path, keys: keys, cryptography: SystemCryptography())
    }

    private func database(_ sql: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
    }

    /// Opening fails with this code, and the folder holds the same bytes as before.
    private func expectRefused(_ code: StoreError.Code) throws {
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let error = #expect(throws: StoreError.self) { try open(path) }
        #expect(error?.code == code)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test(arguments: [true, false]) func `a store syncs every commit, fresh and reopened`(
        isReopened: Bool
    ) async throws {
        if isReopened { try open(path).close() }
        let store = try open(path)
        let found = try await store.writer.writeWithoutTransaction { database in
            try ["synchronous", "journal_mode", "foreign_keys", "mmap_size"].map {
                try String.fetchOne(database, sql: "PRAGMA \($0)")
            }
        }
        // A build of SQLite without memory mapping answers nothing to the last.
        #expect(found.prefix(3) == ["2", "wal", "1"])
        #expect(found[3] == nil || found[3] == "0")
        try store.close()
    }

    @Test func `a database of another site is refused and not touched`() throws {
        let other = SiteKeys(identity: SiteKey(), sealing: SealingKey())
        try Store(path: path, keys: other, cryptography: SystemCryptography()).close()
        try expectRefused(.foreign)
    }

    @Test func `a database of a newer version is refused and not touched`() throws {
        try open(path).close()
        try database("PRAGMA user_version = \(Store.schemaVersion + 1)")
        try expectRefused(.newer)
    }

    @Test func `a database that a newer program changes while it is open is left alone`()
        async throws
    {
        let store = try open(path)
        try database("PRAGMA user_version = \(Store.schemaVersion + 1)")
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        for _ in 1...2 {
            let read = await #expect(throws: StoreError.self) {
                _ = try await store.read { try $0.version() }
            }
            let write = await #expect(throws: StoreError.self) {
                try await store.write { try $0.setNote("x", "y") }
            }
            #expect(read?.code == .newer && write?.code == .newer)
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        try database("PRAGMA user_version = \(Store.schemaVersion)")
        try await store.write { try $0.setNote("x", "y") }
        try store.close()
    }

    @Test func `a database of another program is refused and not touched`() throws {
        try database("CREATE TABLE bookmark (url TEXT); INSERT INTO bookmark VALUES ('x')")
        try expectRefused(.foreign)
    }

    @Test func `a file that is no database is refused and not touched`() throws {
        try Data(repeating: 0x41, count: 5_000).write(to: URL(fileURLWithPath: path))
        try expectRefused(.damaged)
    }

    @Test func `a folder in which nobody may make files gives an error that says so`() {
        let error = #expect(throws: StoreError.self) { try open("/proc/kith.sqlite") }
        #expect(error?.code == .readOnly)
    }

    @Test func `a full disk changes nothing, leaves reading alone, and ends with more space`()
        async throws
    {
        let play = try await TestPartnership()
        let (founder, other) = (play.founder, play.sites[1])
        let first = try await founder.write(Edit("old", of: .test()), play.id)
        try await other.pull(from: founder, play.id)
        let large = Edit(String(repeating: "x", count: 400_000), of: .test(2))
        try await other.write(large, play.id)
        let missing = try await other.entries(play.id, in: [.clinical]).suffix(1)
        let before = try await founder.rows()
        try await limitPages(of: founder, spare: 4)

        let written = await #expect(throws: StoreError.self) {
            try await founder.write(large, play.id)
        }
        #expect(written?.code == .full)
        let ingested = await #expect(throws: StoreError.self) {
            _ = try await founder.ingest(Array(missing), play.id)
        }
        #expect(ingested?.code == .full)
        #expect(try await founder.rows() == before)
        #expect(try await founder.candidates() == [first])

        try await limitPages(of: founder, spare: 10_000)
        try await founder.write(large, play.id)
        #expect(try await founder.ingest(Array(missing), play.id).stored == 1)
        #expect(try await founder.candidates(of: .test(2)).count == 2)
    }

    private func limitPages(of site: TestSite, spare: Int) async throws {
        try await site.store.writer.writeWithoutTransaction { database in
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = \(pages + spare)")
        }
    }
}
