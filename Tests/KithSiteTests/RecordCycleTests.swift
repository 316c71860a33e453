import Foundation
import KithModel
import KithProtocol
import KithStore
import Testing

@testable import KithSite

/// A member that writes records which are part of themselves, or of each other.
@Suite(.timeLimit(.minutes(10))) struct RecordCycleTests {
    private let village: Village
    private let plans = "Riverside plans"

    init() throws { village = try Village() }

    /// Writes an action whose parent is any record, past every check of the site's own programs.
    private func forge(
        _ record: RecordID, under parent: RecordID, at site: Neighbour, in id: PartnershipID
    ) async throws {
        let kind = try #require(Vocabulary.kind(named: "action"))
        let fields = try ["parent", "what"].map { try #require(kind.field(named: $0)).number }
        let author = Person(user: "liar", name: "Nobody", role: "none", organisation: "")
        _ = try await site.site.store.write { transaction in
            try transaction.author(
                [
                    DraftPart(
                        skeleton: Skeleton(
                            record: record, kind: kind.number,
                            operations: fields.map {
                                KithProtocol.Operation(field: $0, supersedes: [])
                            },
                            change: .create, committer: author, performer: nil, event: nil,
                            group: Data()),
                        values: [.reference(parent), .text("Round and round")], reason: "")
                ],
                class: .record, in: .clinical, of: id, now: Instant(Date()))
        }
    }

    @Test
    func `records that are part of themselves or of each other end every reading, everywhere`()
        async throws
    {
        let practice = try await village.site("Riverside", kind: "gp-practice")
        let liar = try await village.site("Elm")
        try await practice.found(plans)
        try await practice.admit(liar, to: plans)
        try await liar.sync(with: practice)
        let id = try await practice.site.partnership(plans).id
        let resident = try await practice.add("resident", to: plans, "familyName=Whitfield")
        let ids = try await liar.site.store.write { transaction in
            (0..<4).map { _ in transaction.cryptography.newRecordID() }
        }
        try await forge(ids[0], under: ids[0], at: liar, in: id)
        try await forge(ids[1], under: ids[2], at: liar, in: id)
        try await forge(ids[2], under: ids[3], at: liar, in: id)
        try await forge(ids[3], under: ids[1], at: liar, in: id)
        #expect(try await liar.sync(with: practice).isEqual)

        for site in [practice.site, liar.site] {
            let actions = try await site.records(RecordQuery(kind: "action"))
            #expect(Set(actions.map(\.id)).isSubset(of: ids))
            for record in ids {
                #expect(try await site.record(record.description, kind: nil).id == record)
                #expect(try await !site.history(record.description).isEmpty)
                _ = try await site.tree(TreeQuery(record.description))
                _ = try await site.records(RecordQuery(kind: "action", under: record.description))
            }
            _ = try await site.conflicts(ConflictQuery())
            _ = try await site.overview(Compartment.granted)
            _ = try await site.due(DueQuery(within: 400))
            #expect(try await site.verify().ok)
            #expect(try await site.rebuild(checkOnly: true).isEqual)
        }
        // What others write goes on beside it.
        try await practice.edit(resident, "preferredName=Peggy")
        #expect(try await liar.sync(with: practice).isEqual)
        #expect(try await liar.words(resident, "preferredName") == ["Peggy"])
        #expect(try await practice.digests(of: plans) == liar.digests(of: plans))
    }
}
