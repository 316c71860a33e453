import Foundation
import GRDB
import KithModel
import KithProtocol
import KithTrust
import Synchronization
import Testing

@testable import KithStore

/// A database that is always read from, and statistics of how its tables are filled.
@Suite(.timeLimit(.minutes(5))) struct WriteAheadLogTests {
    private let site: TestSite
    private let path: String

    init() throws {
        site = try TestSite()
        path = site.folder.appendingPathComponent("kith.sqlite").path
    }

    private var logBytes: Int {
        get throws {
            let attributes = try FileManager.default.attributesOfItem(atPath: path + "-wal")
            return try #require(attributes[.size] as? Int)
        }
    }

    /// Writes a megabyte in a transaction.
    private func write(_ number: Int) async throws {
        let text = String(repeating: "\(number % 10)", count: 1_000_000)
        try await site.store.write { try $0.setNote("test", text) }
    }

    @Test func `the log stays short although somebody always reads`() async throws {
        let isOver = Mutex(false)
        let reads = Mutex(0)
        // Threads of their own: each read takes a while, and when one ends others are on their way.
        let readers = (0..<4).map { number in
            Thread { [store = site.store] in
                Thread.sleep(forTimeInterval: Double(number) * 0.003)
                while !isOver.withLock({ $0 }) {
                    try? store.readBlocking { transaction in
                        _ = try transaction.version()
                        reads.withLock { $0 += 1 }
                        Thread.sleep(forTimeInterval: 0.01)
                    }
                }
            }
        }
        for reader in readers { reader.start() }
        for number in 0..<150 { try await write(number) }
        isOver.withLock { $0 = true }
        #expect(reads.withLock { $0 } > 20)
        let most = (Int(WriteAheadLog.mostPages) + 1_000) * 4_200
        let bytes = try logBytes
        #expect(bytes < most)
    }

    @Test func `one who reads for long stops nobody from writing, and it is short again after`()
        async throws
    {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let reader = try DatabaseQueue(path: path, configuration: configuration)
        try await reader.writeWithoutTransaction {
            try $0.execute(sql: "BEGIN")
            _ = try Int.fetchOne($0, sql: "SELECT count(*) FROM meta")
        }
        for number in 0..<80 { try await write(number) }
        let long = try logBytes
        #expect(long > 70_000_000)
        try await reader.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        for number in 0..<160 { try await write(number) }
        let later = try logBytes
        #expect(later < 2 * long)
        try reader.close()
    }

    @Test func `statistics are made when the log has grown, and every reader goes by them`()
        async throws
    {
        let play = try await TestPartnership()
        let store = play.founder.store
        #expect(try await store.refreshStatistics())
        #expect(try await !store.refreshStatistics(), "nothing has come since")
        for number in 0..<20 {
            try await play.founder.write(Edit("value \(number)", of: .test()), play.id)
        }
        #expect(try await store.refreshStatistics())
        let rows = try await store.read { transaction in
            try Int.fetchOne(
                transaction.database,
                sql: "SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'entry'") ?? 0
        }
        #expect(rows > 0)
        // They are no part of what is checked.
        #expect(try await store.read { try $0.problemsOfLog() } == [])
    }
}
