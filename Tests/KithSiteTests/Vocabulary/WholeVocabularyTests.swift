import Foundation
import KithModel
import KithSite
import Testing

/// Everything that the vocabulary has is typed at one site and read at another, field by field:
/// absent, one value, several candidates. A kind or field that is added is covered by itself.
@Suite(.timeLimit(.minutes(10))) struct WholeVocabularyTests {
    /// Those that are typed by commands of their own.
    private static let kinds = Vocabulary.kinds.filter { $0.command == nil }

    private let village: Village
    private let plans = "Riverside plans"

    init() throws {
        village = try Village()
    }

    /// The fields of a kind that people type.
    private func typed(_ kind: RecordKind) -> [FieldDefinition] {
        kind.fields.filter { $0.name != "parent" }
    }

    /// Whether a record is made with a field: those that it needs, and its source where it needs none.
    private func isFirst(_ field: FieldDefinition, of kind: RecordKind) -> Bool {
        let own = typed(kind)
        return own.contains(where: \.isRequired)
            ? field.isRequired && field.name != "parent" : field.name == "source"
    }

    /// Adds a record of each kind with examples of some fields; each is part of one before it.
    private func addAll(
        at desk: Desk, _ records: inout Example.Records,
        _ fields: (RecordKind) -> [FieldDefinition]
    ) async throws -> [String: RecordView] {
        var added: [String: RecordView] = [:]
        for kind in Self.kinds {
            var arguments = [Self.command(kind), "add"]
            for field in fields(kind) {
                arguments += try Example(field, 0, records).arguments
            }
            if let parent = kind.parents.first {
                arguments += ["--for", try #require(added[parent]).id.description]
            } else {
                arguments += ["--partnership", plans]
            }
            added[kind.name] = try await desk.record(arguments)
        }
        for (kind, view) in added { records[kind, default: []].append(view.id) }
        return added
    }

    private static func command(_ kind: RecordKind) -> String {
        kind.name.reduce(into: "") {
            $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1)
        }
    }

    @Test func `every kind and field is typed at one site and read at another`() async throws {
        let elm = try await village.site("Elm")
        let practice = try await village.site("Riverside", kind: "gp-practice")
        try await elm.found(plans)
        try await elm.admit(practice, to: plans, compartments: Compartment.granted)
        let (left, right) = (Desk(site: elm.site), Desk(site: practice.site))
        var records: Example.Records = [:]

        // References name records that are there: at first residents, whom some records need.
        var people: [RecordID] = []
        for name in ["Ashworth", "Barker", "Coulson"] {
            people.append(
                try await left.record(
                    ["resident", "add", "familyName=\(name)", "--partnership", plans]
                ).id)
        }
        records["resident"] = people
        let bare = try await addAll(at: left, &records) { kind in
            typed(kind).filter { isFirst($0, of: kind) }
        }
        let targets = records
        let full = try await addAll(at: left, &records) { typed($0) }
        try await elm.sync(with: practice)
        for kind in Self.kinds {
            let absent = try await read(try #require(bare[kind.name]).id, at: right)
            try expect(absent, kind) { field in
                isFirst(field, of: kind) ? [try Example(field, 0, ["resident": people]).value] : []
            }
            let whole = try await read(try #require(full[kind.name]).id, at: right)
            try expect(whole, kind) { [try Example($0, 0, targets).value] }
        }

        try await contest(bare, records, left, right)
        try await elm.sync(with: practice)
        for kind in Self.kinds {
            let id = try #require(bare[kind.name]).id
            for desk in [left, right] {
                let view = try await read(id, at: desk)
                try expect(view, kind) { field in
                    isFixed(field, kind)
                        ? [try Example(field, 0, ["resident": people]).value]
                        : try others(field).map { try Example(field, $0, records).value }
                }
            }
        }
        #expect(try await elm.digests(of: plans) == practice.digests(of: plans))
        await elm.close()
        await practice.close()
    }

    /// Whether what was written first stays as it was written.
    private func isFixed(_ field: FieldDefinition, _ kind: RecordKind) -> Bool {
        field.name == "parent" || kind.isAppendOnly && field.isRequired
    }

    /// The two examples that stand after both sites wrote: of two codes the first comes back.
    private func others(_ field: FieldDefinition) -> [Int] {
        if case .code(let set) = field.type, set.concepts.count == 2, field.isRequired {
            return [1, 0]
        }
        return [1, 2]
    }

    /// Writes every field of some records at both sites, neither having seen what the other wrote.
    private func contest(
        _ views: [String: RecordView], _ records: Example.Records, _ left: Desk, _ right: Desk
    ) async throws {
        for kind in Self.kinds {
            let id = try #require(views[kind.name]).id.description
            let open = typed(kind).filter { !isFixed($0, kind) && $0.name != "archived" }
            for (desk, place) in [(left, 0), (right, 1)] {
                let seen = try await desk.record(["record", "get", id]).version
                try await desk.run(
                    ["record", "set", id, "--seen", "\(seen)"]
                        + open.flatMap { field in
                            // What was there first has to be left before one comes back to it.
                            let number = others(field)[place] == 0 ? 1 : others(field)[place]
                            return try Example(field, number, records).arguments
                        })
                let back = open.filter { others($0)[place] == 0 }
                guard !back.isEmpty else { continue }
                let now = try await desk.record(["record", "get", id]).version
                try await desk.run(
                    ["record", "set", id, "--seen", "\(now)"]
                        + back.flatMap { try Example($0, 0, records).arguments })
            }
            if kind.isAppendOnly { try await expectKept(views[kind.name], kind, records, at: left) }
        }
        // Last, as what is archived may not be written to or named any more.
        for kind in Self.kinds.reversed() {
            let id = try #require(views[kind.name]).id.description
            try await left.run([Self.command(kind), "archive", id])
            try await right.run(["record", "set", id, "archived=no"])
        }
    }

    /// Checks that what was written in a record that keeps its words is not replaced.
    private func expectKept(
        _ view: RecordView?, _ kind: RecordKind, _ records: Example.Records, at desk: Desk
    ) async throws {
        let id = try #require(view).id.description
        let seen = try await desk.record(["record", "get", id]).version
        for field in typed(kind).filter(\.isRequired) {
            let (status, _, err) = await desk.tried(
                ["record", "set", id, "--seen", "\(seen)"]
                    + (try Example(field, 1, records).arguments))
            #expect(status == 2, "\(kind.name).\(field.name)")
            #expect(err.contains("stays as it was written"), "\(err)")
        }
    }

    private func read(_ id: RecordID, at desk: Desk) async throws -> RecordView {
        try await desk.record(["record", "get", id.description])
    }

    /// Checks every field of a view: its values, its policy, and why there is none.
    private func expect(
        _ view: RecordView, _ kind: RecordKind, _ values: (FieldDefinition) throws -> [FieldValue]
    ) throws {
        #expect(view.kind == kind.name)
        #expect(view.compartment == kind.compartment)
        #expect(view.fields.map(\.name) == kind.fields.map(\.name), "\(kind.name)")
        for (field, shown) in zip(kind.fields, view.fields) {
            let path = "\(kind.name).\(field.name)"
            #expect(shown.policy == field.policy, "\(path)")
            let found = shown.candidates.map(\.value)
            if field.name == "parent" {
                #expect(found == [view.parent.map { .reference($0) }], "\(path)")
                continue
            }
            let wanted = try values(field)
            #expect(found.count == wanted.count, "\(path): \(found)")
            for value in wanted { #expect(found.contains(value), "\(path): \(found), \(value)") }
            #expect(shown.absence == (wanted.isEmpty ? .notRecorded : nil), "\(path)")
        }
    }
}
