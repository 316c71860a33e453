import Foundation
import KithModel
import Testing

@testable import KithStore

@Suite struct RebuildingTests {
    @Test(arguments: [
        "DELETE FROM edge; DELETE FROM operation WHERE is_superseded = 0",
        "DELETE FROM edge",
        "UPDATE operation SET value = x'00' WHERE is_superseded = 0",
        "UPDATE operation SET value = x'00' WHERE is_superseded = 1",
        "UPDATE operation SET is_superseded = 0",
        "UPDATE act SET class = 3",
        "UPDATE standing SET may_attest = 1 - may_attest",
        "UPDATE member SET name = 'Somebody else'",
        "UPDATE person SET name = 'Somebody else'",
        "UPDATE record SET parent = x'00'",
        "UPDATE act SET change = 3",
        "UPDATE compartment_key SET secret = x'00'",
    ])
    func `a state that is not what the log gives is found, left alone, and mended when asked`(
        damage: String
    ) async throws {
        let play = try await TestPartnership()
        let first = try await play.founder.write(Edit("a", of: .test()), play.id)
        try await play.founder.write(Edit("b", of: .test(), seen: [first]), play.id)
        let before = try await play.founder.rows()
        try await play.founder.execute(damage)
        let damaged = try await play.founder.rows()
        try #require(damaged != before)

        #expect(try await !play.founder.store.replay(keeping: false).differences.isEmpty)
        #expect(try await play.founder.rows() == damaged)
        #expect(try await !play.founder.store.replay(keeping: true).differences.isEmpty)
        #expect(try await play.founder.rows() == before)
    }
}
