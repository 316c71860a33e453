import Foundation
import KithModel
import KithProtocol
import KithSite
import KithStore
import Testing

@testable import KithSite

/// A member that lies draws ids that are there already, or that begin as others do: what people disagree
/// about stays easy to name all the same.
@Suite(.timeLimit(.minutes(5))) struct SameConflictIDTests {
    private let elm: OpenSite
    private let resident: RecordID
    private let nurse = Author(user: "jdoe", name: "J Doe", role: "Nurse")

    /// Elm shares two partnerships, and in the first people disagree about a resident's phone.
    init() async throws {
        elm = try await OpenSite("Elm")
        for name in ["Plans", "Others"] {
            _ = try await elm.site.createPartnership(
                PartnershipDraft(name: name, purpose: "Joint care plans"))
        }
        let edit = RecordEdit(
            target: .new(kind: "resident", partnership: "Plans", parent: nil),
            values: [.init("familyName", "Okafor")])
        resident = try #require(try await elm.site.save([edit], by: nurse).first).id
        try await say(["01803 1", "01803 2"], of: resident, kind: "resident", in: "Plans")
    }

    /// Writes values of a phone side by side, which nobody's own program would.
    private func say(
        _ values: [String], of record: RecordID, kind name: String, in partnership: String
    ) async throws {
        let id = try await elm.site.partnership(partnership).id
        let kind = try #require(Vocabulary.kind(named: name))
        let field = try #require(kind.field(named: "phone"))
        let writer = Person(user: "liar", name: "Liar", role: "", organisation: "")
        for value in values {
            try await elm.site.store.write { transaction in
                let skeleton = Skeleton(
                    record: record, kind: kind.number,
                    operations: [.init(field: field.number, supersedes: [])], change: .amend,
                    committer: writer, performer: nil, event: nil, group: Data())
                _ = try transaction.author(
                    [DraftPart(skeleton: skeleton, values: [.text(value)], reason: "")],
                    class: .record, in: kind.compartment, of: id, now: Instant(Date()))
            }
        }
    }

    /// Decides the honest conflict among two, by the id that the list gives it, and takes that back.
    private func expectReachable(_ separator: Character) async throws {
        let site = elm.site
        let open = try await site.conflicts(ConflictQuery())
        #expect(open.count == 2 && Set(open.map(\.id)).count == 2, "\(open.map(\.id))")
        let honest = try #require(open.first { $0.values.contains("01803 1") })
        let other = try #require(open.first { $0.id != honest.id })
        for view in [honest, other] {
            #expect(view.id.contains(separator) || view.id.count > "ABCDEFGH.phone".count)
            #expect(view.id.count < 40, "it can be typed: \(view.id)")
            #expect(try await site.conflict(view.id).values == view.values)
            #expect(try await site.conflict(view.id.lowercased()).values == view.values)
        }
        // What was written down before the lie is not given to the wrong one: both are named.
        let short = "\(resident.short).phone"
        for act in [
            { _ = try await site.conflict(short) },
            {
                _ = try await site.work(
                    on: ConflictWork(conflict: short, owner: "Ann"), by: nurse)
            },
        ] as [() async throws -> Void] {
            let error = await #expect(throws: SiteError.self) { try await act() }
            #expect(error?.code == .ambiguous)
            #expect(error?.description.contains("'\(honest.id)'") == true)
            #expect(error?.description.contains("'\(other.id)'") == true)
        }
        _ = try await site.work(on: ConflictWork(conflict: honest.id, owner: "Ann"), by: nurse)
        #expect(try await site.conflict(honest.id).owners == ["Ann"])
        let outcome = try await site.resolve(
            Resolution(
                conflict: honest.id, choice: .pick(1), seen: honest.version, reason: "rang"),
            by: nurse)
        #expect(!outcome.isOpen)
        let left = try await site.conflicts(ConflictQuery())
        #expect(left.map(\.values) == [other.values])
        // Alone, it has its short id again, and the decision is found by either.
        let gone = await #expect(throws: SiteError.self) { try await site.conflict(honest.id) }
        #expect(gone?.code == .notFound && gone?.description.contains("J Doe decided") == true)
        let undone = try await site.undoDecision(
            ConflictUndo(conflict: honest.id, reason: "a slip"), by: nurse)
        #expect(undone.isOpen)
        #expect(
            try await Set(site.conflicts(ConflictQuery()).map(\.id)) == [honest.id, other.id])
        await site.close()
    }

    @Test func `the same id in another partnership`() async throws {
        try await say(["0666 1", "0666 2"], of: resident, kind: "resident", in: "Others")
        try await expectReachable("@")
    }

    @Test func `the same id of another kind`() async throws {
        try await say(["0666 1", "0666 2"], of: resident, kind: "contact", in: "Plans")
        try await expectReachable("@")
    }

    @Test func `an id that begins so`() async throws {
        let alike = try #require(
            RecordID(bytes: resident.bytes.prefix(5) + Array(repeating: 7, count: 11)))
        #expect(alike.short == resident.short)
        try await say(["0666 1", "0666 2"], of: alike, kind: "resident", in: "Plans")
        try await expectReachable("@")
    }

    @Test func `ten thousand that begin alike are each named apart`() {
        let partnership = PartnershipID(bytes: Array(repeating: 3, count: 16))
        let found = (0..<10_000).compactMap { number -> FoundConflict? in
            let tail = withUnsafeBytes(of: UInt64(number).bigEndian) { Array($0) }
            guard let partnership,
                let record = RecordID(bytes: Array(repeating: 9, count: 8) + tail)
            else { return nil }
            return FoundConflict(
                key: ConflictKey(field: 12, of: record, in: .personal, partnership), kind: .field,
                severity: .routine, row: Int64(number),
                recordKind: Vocabulary.kind(named: "resident")?.number,
                opened: Instant(milliseconds: 0))
        }
        let names = ConflictNames(found)
        #expect(found.count == 10_000 && Set(found.map { names[$0] }).count == 10_000)
    }
}
