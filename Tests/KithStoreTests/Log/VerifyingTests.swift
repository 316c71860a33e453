import Foundation
import GRDB
import KithModel
import KithProtocol
import Testing

@testable import KithStore

// A flipped bit is found, and is not sent on (D37).
@Suite struct VerifyingTests {
    @Test(arguments: [
        ("entry", "header", "arrival = (SELECT max(arrival) FROM entry)"),
        ("entry", "signature", "arrival = (SELECT max(arrival) FROM entry)"),
        ("part", "skeleton", "entry = (SELECT max(arrival) FROM entry)"),
        ("part", "body", "entry = (SELECT max(arrival) FROM entry)"),
    ])
    func `one flipped bit is found and never served`(
        table: String, column: String, row: String
    ) async throws {
        let play = try await TestPartnership(admitting: [])
        try await play.founder.write(Edit("a", of: .test()), play.id)
        let store = play.founder.store
        #expect(try await store.read { try $0.problemsOfLog() }.isEmpty)
        let intact = try await store.read {
            try #require(
                try Data.fetchOne(
                    $0.database, sql: "SELECT \(column) FROM \(table) WHERE \(row)"))
        }
        let replace: @Sendable (Data) async throws -> Void = { bytes in
            try await store.writer.write {
                try $0.execute(
                    sql: "UPDATE \(table) SET \(column) = ? WHERE \(row)", arguments: [bytes])
            }
        }
        for offset in stride(from: 0, to: intact.count, by: 5) {
            try await replace(intact.flipped(at: offset))
            let problems = try await store.read { try $0.problemsOfLog() }
            #expect(!problems.isEmpty, "byte \(offset)")
            let error = await #expect(throws: StoreError.self, "byte \(offset)") {
                _ = try await play.founder.entries(play.id)
            }
            #expect(error?.code == .damaged)
        }
        try await replace(intact)
        #expect(try await store.read { try $0.problemsOfLog() }.isEmpty)
    }

    @Test(arguments: [
        "UPDATE part SET body = NULL WHERE body IS NOT NULL",
        "DELETE FROM part WHERE body IS NOT NULL",
        "UPDATE entry SET depth = depth + 1 WHERE arrival = (SELECT max(arrival) FROM entry)",
        "DELETE FROM knows WHERE chain = (SELECT max(id) FROM chain)",
        "UPDATE chain SET last_sequence = last_sequence + 1",
        "UPDATE feed SET incarnation = incarnation + 1",
    ])
    func `a log that contradicts itself is found`(damage: String) async throws {
        let play = try await TestPartnership(admitting: [])
        try await play.founder.write(Edit("a", of: .test()), play.id)
        let before = try await play.founder.rows()
        try await play.founder.execute(damage)
        try #require(try await play.founder.rows() != before)
        #expect(try await !play.founder.store.read { try $0.problemsOfLog() }.isEmpty)
    }

    @Test(arguments: [
        "DROP INDEX record_of_parent", "ALTER TABLE account RENAME COLUMN title TO tixle",
    ])
    func `tables that are not described as they were made are found`(damage: String) async throws {
        let play = try await TestPartnership(admitting: [])
        #expect(try await play.founder.store.read { try $0.problemsOfLog() }.isEmpty)
        try await play.founder.execute(damage)
        let problems = try await play.founder.store.read { try $0.problemsOfLog() }
        #expect(problems.count == 1 && problems[0].contains("not described"), "\(problems)")
    }
}
