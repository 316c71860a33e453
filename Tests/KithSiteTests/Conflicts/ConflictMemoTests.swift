import GRDB
import KithModel
import KithProtocol
import Synchronization
import Testing

@testable import KithSite
@testable import KithStore

/// What people have to decide is looked for once, as long as nothing changes it.
@Suite struct ConflictMemoTests {
    /// Counts how often something is looked for.
    private final class Looks: Sendable {
        let count = Mutex(0)
    }

    @Test func `what was found within a transaction that is taken back is not told afterwards`()
        async throws
    {
        struct TakenBack: Error {}
        let village = try await AccountHome()
        let (memo, looks, store) = (ConflictMemo(), Looks(), village.site.store)
        let find: @Sendable (StoreTransaction) throws -> Void = { transaction in
            _ = try memo.findings(transaction) {
                looks.count.withLock { $0 += 1 }
                return ConflictMemo.Findings(found: [], cases: try ConflictCases(transaction))
            }
        }
        let another = """
            INSERT INTO entry SELECT arrival + 1, randomblob(32), chain, sequence + 1, depth, recorded_ms,
                received_ms, header, signature FROM entry ORDER BY arrival DESC LIMIT 1
            """
        await #expect(throws: TakenBack.self) {
            try await store.write { transaction in
                try transaction.database.execute(sql: another)
                try find(transaction)
                throw TakenBack()
            }
        }
        // Of as many entries, and with the same number.
        try await store.write { transaction in
            try transaction.database.execute(sql: another)
            try find(transaction)
        }
        #expect(looks.count.withLock { $0 } == 2)
    }

    @Test
    func `what is to be decided is found once for what has arrived, and again for what arrives`()
        async throws
    {
        let village = try await AccountHome()
        let (memo, looks, store) = (ConflictMemo(), Looks(), village.site.store)
        func look() async throws -> Int {
            try await store.read { transaction in
                _ = try memo.findings(transaction) {
                    looks.count.withLock { $0 += 1 }
                    return ConflictMemo.Findings(found: [], cases: try ConflictCases(transaction))
                }
            }
            return looks.count.withLock { $0 }
        }
        #expect(try await look() == 1)
        #expect(try await look() == 1)
        _ = try await village.site.save(
            [
                RecordEdit(
                    target: .new(
                        kind: "resident", partnership: "Elm House (private)", parent: nil),
                    values: [.init("familyName", "Whitfield")])
            ], by: Author(user: "mary", name: "Mary", role: "nurse"))
        #expect(try await look() == 2)
        // What somebody reads changes nothing of it.
        _ = try await village.account("mary")
        #expect(try await look() == 2)
        // An entry that turns out to have no effect is no new one.
        let id = try #require(try await village.site.partnerships().first).id
        try await store.write { transaction in
            let leaf = try #require(
                try transaction.frontier(CompartmentID(id, .personal)).first)
            try transaction.setAside(
                try #require(try transaction.place(of: leaf.hash)), "notEntitled")
        }
        #expect(try await look() == 3)
        memo.forget()
        #expect(try await look() == 4)
        #expect(try await look() == 4)
    }
}
