import Foundation
import KithModel
import KithProtocol
import KithStore
import Testing

@testable import KithSite

/// Ids are drawn by whoever makes a record, and a member that lies draws one that is there already.
@Suite struct SameIDTests {
    private let nurse = Author(user: "jdoe", name: "J Doe", role: "Nurse")

    @Test func `a record can be changed although another one was given the same id`() async throws {
        let elm = try await OpenSite("Elm")
        let plans = try await elm.site.createPartnership(
            PartnershipDraft(name: "Plans", purpose: "Joint care plans"))
        let new = RecordEdit(
            target: .new(kind: "resident", partnership: "Plans", parent: nil),
            values: [.init("familyName", "Okafor")])
        let resident = try #require(try await elm.site.save([new], by: nurse).first)
        let contact = try #require(Vocabulary.kind(named: "contact"))
        let skeleton = Skeleton(
            record: resident.id, kind: contact.number,
            operations: [.init(field: 10, supersedes: [])], change: .amend,
            committer: Person(user: "liar", name: "Liar", role: "", organisation: ""),
            performer: nil, event: nil, group: Data())
        try await elm.site.store.write { transaction in
            _ = try transaction.author(
                [DraftPart(skeleton: skeleton, values: [.text("a liar's contact")], reason: "")],
                class: .record, in: contact.compartment, of: plans.id, now: Instant(Date()))
        }

        func change(_ target: RecordEdit.Target) async throws {
            let edit = RecordEdit(
                target: target, values: [.init("familyName", "Okafor-Bell")])
            _ = try await elm.site.save([edit], by: nurse)
        }
        await #expect(throws: SiteError.self, "one of two is not chosen by chance") {
            try await change(.existing(resident.id.description))
        }
        try await change(.existing(resident.id.description, kind: "resident", in: plans.id))
        let view = try await elm.site.record(resident.id.description, kind: "resident")
        #expect(view.field("familyName")?.candidates.map(\.words) == ["Okafor-Bell"])
        await elm.site.close()
    }
}
