import Foundation
import KithModel
import KithProtocol
import KithSite
import Testing

@testable import KithReview
@testable import KithSite
@testable import KithStore

/// What a member that lies can sync: text that is markup in every field of every kind, also where a day, a
/// number or a group belongs. Every page shows it as the text that it is.
@Suite(.timeLimit(.minutes(5))) struct HostileValuesTests {
    private static let words = "\"><img src=x onerror=alert(1)><script>alert(2)</script>{{{token}}}"
    private static let raw = ["<img src=x", "<script>alert", "onerror=alert(1)>"]
    private let served: ServedSite
    private let resident: RecordView

    init() async throws {
        served = try await ServedSite()
        resident = try await served.add("resident", [("familyName", "Whitfield")])
    }

    /// What stands in a field: text in any, or markup in the parts of what belongs there.
    private func value(_ field: FieldDefinition, isText: Bool) -> FieldValue {
        if isText { return .text(Self.words) }
        switch field.type {
        case .group(let members):
            return .group(
                members.map { GroupMember($0.number, value($0, isText: isText)) })
        case .code:
            return .code(Code(system: Self.words, code: Self.words, display: Self.words))
        default: return .text(Self.words)
        }
    }

    /// Writes a record of each kind under the resident and what is under them; gives ids and kinds.
    private func write(isText: Bool) async throws -> [(id: RecordID, kind: String)] {
        let liar = Person(
            user: Self.words, name: Self.words, role: Self.words, organisation: Self.words)
        var ids: [String: RecordID] = ["resident": resident.id]
        var written: [(id: RecordID, kind: String)] = []
        var left = Vocabulary.kinds.filter { $0.name != "resident" }
        while let next = left.firstIndex(where: { kind in
            kind.parents.isEmpty || kind.parents.contains { ids[$0] != nil }
        }) {
            let kind = left.remove(at: next)
            let parent = kind.parents.lazy.compactMap { ids[$0] }.first
            let id = try await served.site.store.write { [partnership = resident.partnershipID] in
                let id =
                    parent.flatMap {
                        kind.isSingleton ? RecordID(singleton: kind.name, of: $0) : nil
                    }
                    ?? $0.cryptography.newRecordID()
                let fields = kind.fields.filter { $0.name != "archived" }
                let skeleton = Skeleton(
                    record: id, kind: kind.number,
                    operations: fields.map { .init(field: $0.number, supersedes: []) },
                    change: .create, committer: liar, performer: liar, event: nil, group: Data())
                let values = fields.map { field in
                    field.name == "parent"
                        ? parent.map(FieldValue.reference) ?? .text(Self.words)
                        : value(field, isText: isText)
                }
                _ = try $0.author(
                    [DraftPart(skeleton: skeleton, values: values, reason: Self.words)],
                    class: kind.entryClass, in: kind.compartment, of: partnership,
                    now: Instant(Date()))
                return id
            }
            ids[kind.name] = ids[kind.name] ?? id
            written.append((id, kind.name))
        }
        #expect(left.isEmpty, "\(left.map(\.name)) have no parent here")
        return written
    }

    @Test(arguments: [true, false])
    func `markup in every field of every kind is text on every page`(isText: Bool) async throws {
        let written = try await write(isText: isText)
        #expect(written.count > 40)
        let browser = try await served.person(
            "anna", [.clinician, .careStaff, .administrator, .auditor],
            reading: Compartment.granted)
        var paths = [
            "/", "/residents", "/conflicts", "/contacts", "/round", "/round/list?r=\(resident.id)",
            "/summary", "/audit", "/partnership", "/users", "/emergencies",
        ]
        paths += ["", "/changes", "/timeline", "/pack"].map { "/residents/\(resident.id)\($0)" }
        for (id, _) in written { paths += ["/records/\(id)", "/records/\(id)/edit"] }
        paths += try await served.site.conflicts(ConflictQuery()).map { "/conflicts/\($0.id)" }
        var shown = 0
        for (number, path) in paths.enumerated() {
            // So that the limit of an address is not met.
            if number % 100 == 99 { served.wait(seconds: 20) }
            let reply = try await browser.ask("GET", path)
            #expect([200, 303, 403].contains(reply.status), "\(path) \(reply.status)")
            for raw in Self.raw {
                #expect(!reply.body.contains(raw), "\(path): \(raw)")
            }
            if reply.body.contains("&lt;script&gt;alert(2)") { shown += 1 }
        }
        #expect(shown > written.count, "what is there is shown")
    }
}
