import Foundation
import KithModel
import KithProtocol
import KithTrust
import Testing

@testable import KithStore

@Suite struct AuthoringTests {
    @Test func `more feeds than one header can name are all named, and their values superseded`()
        async throws
    {
        let play = try await TestPartnership()
        let (founder, member) = (play.founder, play.sites[1])
        let knows = try await founder.frontier(play.id, .membership)
        var forger = try await Forger(member, play.id)
        var entries: [ReceivedEntry] = []
        for number in 1...520 {
            forger.incarnation = UInt64(number)
            entries.append(try forger.entry([Edit("\(number)", of: .test())], knows: knows))
        }
        #expect(try await founder.ingest(entries, play.id).stored == 520)
        let seen = try await founder.candidates()
        #expect(seen.count == 520)
        let settled = try await founder.write(Edit("one", of: .test(), seen: seen), play.id)
        #expect(try await founder.candidates() == [settled])
        let next = try await founder.write(Edit("two", of: .test(), seen: [settled]), play.id)
        let headers = try await founder.entries(play.id, in: [.clinical]).map {
            try ParsedEntry($0).header
        }.filter { $0.feed.author == founder.id }
        #expect(headers.flatMap(\.knows).filter { $0.feed.compartment == .clinical }.count == 520)
        #expect(headers.last?.knows.isEmpty == true)
        try await member.pull(from: founder, play.id)
        #expect(try await member.candidates() == [next])
        #expect(try await member.digests(play.id) == founder.digests(play.id))
        try await founder.expectReplayEqual()
    }

    @Test func `an entry names each feed that advanced since the one before, once`() async throws {
        let play = try await TestPartnership()
        let (founder, member) = (play.founder, play.sites[1])
        try await member.write(Edit("a", of: .test()), play.id)
        try await member.write(Edit("b", of: .test()), play.id)
        try await member.write(Edit("elsewhere", of: .test()), play.id, in: .relations)
        try await founder.pull(from: member, play.id)
        let leaves =
            try await founder.frontier(play.id, .membership) + founder.frontier(play.id)
        for text in ["c", "d"] { try await founder.write(Edit(text, of: .test()), play.id) }
        let headers = try await founder.entries(play.id, in: [.clinical]).suffix(2).map {
            try ParsedEntry($0).header
        }
        #expect(Set(headers[0].knows) == Set(leaves))
        #expect(headers[0].knows.count == leaves.count)
        #expect(headers[1].knows.isEmpty)
    }

    @Test func `what this site could not read back itself is not written`() async throws {
        let play = try await TestPartnership()
        var skeleton = Edit("x", of: .test()).skeleton
        skeleton.committer.name = String(repeating: "n", count: Limits.personBytes + 1)
        let part = DraftPart(skeleton: skeleton, values: [.text("x")], reason: "")
        let before = try await play.founder.rows()
        await #expect(throws: StoreError.self) {
            try await play.founder.store.write {
                try $0.author(
                    [part], class: .record, in: .clinical, of: play.id, now: TestSite.now)
            }
        }
        await #expect(throws: StoreError.self) {
            try await play.sites[1].admit(
                try TestSite().profile, TestPartnership.contributor, to: play.id)
        }
        #expect(try await play.founder.rows() == before)
    }
}
