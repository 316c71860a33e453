import Foundation
import KithModel
import KithProtocol
import KithSite
import KithTrust
import Testing

@testable import KithReview
@testable import KithSite
@testable import KithStore

/// A member that lies draws the id of another's record: the page still shows each, and what people
/// decide, change and answer goes where they meant it to.
@Suite struct SharedIDTests {
    private let served: ServedSite
    private let resident: RecordView
    private let path: String

    init() async throws {
        served = try await ServedSite()
        for name in ["Plans", "Others"] {
            _ = try await served.site.createPartnership(
                PartnershipDraft(name: name, purpose: "Joint care plans"))
        }
        resident = try await served.add(
            "resident", [("familyName", "Okafor"), ("phone", "01803 0")], in: "Plans")
        path = "/residents/\(resident.id)"
    }

    /// Writes values of a phone side by side under the resident's id, which nobody's own program would.
    private func lie(_ values: [String], kind name: String, in partnership: String) async throws {
        let id = try await served.site.partnership(partnership).id
        let kind = try #require(Vocabulary.kind(named: name))
        let field = try #require(kind.field(named: "phone"))
        let liar = Person(user: "liar", name: "Liar", role: "", organisation: "")
        let record = resident.id
        for value in values {
            try await served.site.store.write { transaction in
                let skeleton = Skeleton(
                    record: record, kind: kind.number,
                    operations: [.init(field: field.number, supersedes: [])], change: .amend,
                    committer: liar, performer: nil, event: nil, group: Data())
                _ = try transaction.author(
                    [DraftPart(skeleton: skeleton, values: [.text(value)], reason: "")],
                    class: .record, in: kind.compartment, of: id, now: Instant(Date()))
            }
        }
    }

    /// Two values of the resident's phone, by people who did not see each other's.
    private func disagree() async throws {
        for value in ["01803 1", "01803 2"] {
            _ = try await served.site.save(
                [
                    RecordEdit(
                        target: .existing(resident.reference), values: [.init("phone", value)],
                        seen: resident.version)
                ], by: Author(user: "x", name: "Somebody Else", role: "carer"))
        }
    }

    @Test(arguments: [("resident", "Others"), ("contact", "Plans")])
    func `a conflict about a record whose id is another's too is read, decided and taken back`(
        kind: String, partnership: String
    ) async throws {
        try await disagree()
        let plain = "/conflicts/\(resident.id.short).phone"
        let carer = try await served.person("carer", [.careStaff])
        #expect(try await carer.ask("GET", plain).status == 200)
        try await lie(["0666 1", "0666 2"], kind: kind, in: partnership)
        let open = try await served.site.conflicts(ConflictQuery())
        let honest = try #require(open.first { $0.values.contains("01803 1") })
        #expect(honest.id.contains("@") && open.count == 2)
        let list = try await carer.ask("GET", "/conflicts").body
        #expect(list.contains("href=\"/conflicts/\(honest.id)\""))
        let page = try await carer.ask("GET", "/conflicts/\(honest.id)")
        #expect(page.status == 200 && page.body.contains("01803 1"), "\(page.body)")
        #expect(page.body.contains("Of <strong>Okafor</strong>"))
        #expect(!page.body.contains("0666"))
        let decided = try await carer.ask(
            "POST", "/conflicts/\(honest.id)",
            form: page.fill([("choice", "1"), ("reason", "rang her")]).filter {
                $0.0 != "shownOwner"
            })
        #expect(decided.status == 303, "\(decided.body)")
        let place = try #require(decided.header("Location"))
        let after = try await carer.ask("GET", place)
        #expect(after.status == 200 && after.body.contains("Decided."), "\(place) \(after.body)")
        #expect(after.body.contains("Okafor"))
        let undo = try await carer.ask("GET", "/conflicts/\(honest.id)/undo")
        #expect(undo.status == 200 && undo.body.contains("Of <strong>Okafor</strong>"))
        let left = try await served.site.conflicts(ConflictQuery())
        #expect(left.map(\.values).contains { $0.contains("0666 1") } && left.count == 1)
        let back = try await carer.ask(
            "POST", "/conflicts/\(honest.id)/undo", form: undo.fill([("reason", "a slip")]))
        #expect(back.status == 303, "\(back.body)")
        let again = try await served.site.conflicts(ConflictQuery())
        #expect(again.count == 2)
        #expect(again.first { $0.id == honest.id }?.values.sorted() == ["01803 1", "01803 2"])
    }

    @Test func `the page of somebody asks which one, and shows and changes the one that is chosen`()
        async throws
    {
        try await lie(["0666 1"], kind: "resident", in: "Others")
        let carer = try await served.person("carer", [.careStaff])
        let choice = try await carer.ask("GET", path)
        #expect(choice.status == 300 && choice.body.contains("Which one?"))
        let link = "/residents/\(resident.reference)"
        #expect(choice.body.contains("href=\"\(link)\""), "\(choice.body)")
        let page = try await carer.ask("GET", link)
        #expect(page.status == 200 && page.body.contains("01803 0"), "\(page.status)")
        #expect(!page.body.contains("0666"))
        for part in ["changes", "timeline", "pack"] {
            #expect(page.body.contains("href=\"\(link)/\(part)\""), "\(part)")
            #expect(try await carer.ask("GET", "\(link)/\(part)").status == 200, "\(part)")
        }
        let form = try await carer.ask("GET", "/records/\(resident.reference)/edit")
        #expect(form.status == 200)
        let sent = try await carer.ask(
            "POST", "/records/\(resident.reference)/edit",
            form: form.fill([("v.phone", "01803 9"), ("o.phone", "01803 0")]))
        #expect(sent.header("Location") == "\(link)?done=saved", "\(sent.body)")
        let now = try await served.site.record(resident.reference, kind: nil)
        #expect(now.field("phone")?.candidates.map(\.words) == ["01803 9"])
        // An address that means either does nothing.
        let old = try await carer.ask(
            "POST", "/records/\(resident.id)/edit",
            form: form.fill([("v.phone", "01803 8"), ("o.phone", "01803 0")])
                .filter { $0.0 != "once" } + [("once", "abcdefgh7")])
        #expect(old.status == 409 && old.body.contains("Nothing was done"))
        // Something new goes under the one that was chosen.
        let adding = try await carer.ask(
            "GET", "/records/new?kind=note&parent=\(resident.reference)")
        let added = try await carer.ask(
            "POST", "/records/new", form: adding.fill([("v.text", "Ate well")]))
        #expect(added.header("Location") == "\(link)?done=saved", "\(added.body)")
        let note = try #require(try await served.site.records(RecordQuery(kind: "note")).first)
        #expect(note.partnershipID == resident.partnershipID)
    }

    @Test func `one that its reader may not see is not told of, and does not stand in the way`()
        async throws
    {
        // A record of the same id among what is clinical, which this role does not include.
        _ = try await served.site.store.write { [resident] transaction in
            let kind = try #require(Vocabulary.kind(named: "note"))
            let field = try #require(kind.field(named: "text"))
            let skeleton = Skeleton(
                record: resident.id, kind: kind.number,
                operations: [.init(field: field.number, supersedes: [])], change: .create,
                committer: Person(user: "liar", name: "Liar", role: "", organisation: ""),
                performer: nil, event: nil, group: Data())
            return try transaction.author(
                [DraftPart(skeleton: skeleton, values: [.text("Zzyzx")], reason: "")],
                class: .record, in: kind.compartment, of: resident.partnershipID,
                now: Instant(Date()))
        }
        let narrow = try await served.person("nar", [.careStaff], reading: [.personal])
        let page = try await narrow.ask("GET", path)
        #expect(page.status == 200 && page.body.contains("Okafor"), "\(page.status)")
        #expect(!page.body.contains("Zzyzx") && !page.body.contains("Which one?"))
        let wide = try await served.person("wide", [.careStaff])
        #expect(try await wide.ask("GET", path).status == 300)
    }
}
