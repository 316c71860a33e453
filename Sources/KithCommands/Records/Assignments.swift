import KithModel
import KithSite

/// FIELD=VALUE arguments, checked against the vocabulary as far as that can be done here.
enum Assignments {
    /// The assignments that arguments make to a record of a kind; references by title become ids.
    static func parse(
        _ arguments: [String], kind: RecordKind, on site: any Site
    ) async throws -> [RecordEdit.Assignment] {
        var result: [RecordEdit.Assignment] = []
        for argument in arguments {
            let (name, text) = try split(argument)
            let (field, part) = try find(name, in: kind, isClearing: text.trimmingSpaces.isEmpty)
            var value = text
            if case .reference(let kinds) = (part ?? field).type, !text.trimmingSpaces.isEmpty,
                RecordID(text: text) == nil
            {
                value = try await RecordReference.id(text, kinds: kinds, on: site)
            }
            let path = part.map { "\(field.name).\($0.name)" } ?? field.name
            let isRepeated = part?.isRepeated ?? false
            guard isRepeated || !result.contains(where: { $0.field == path }) else {
                throw UsageProblem("\(path) is given twice; give it once")
            }
            result.append(RecordEdit.Assignment(path, value))
        }
        return result
    }

    /// The two sides of an argument.
    static func split(_ argument: String) throws -> (name: String, text: String) {
        guard let sign = argument.firstIndex(of: "="), sign > argument.startIndex else {
            throw UsageProblem(
                "'\(argument.prefix(60))' is no FIELD=VALUE; give for example status=active "
                    + "(in quotes when the value has spaces)")
        }
        return (
            String(argument[..<sign]).trimmingSpaces,
            String(argument[argument.index(after: sign)...])
        )
    }

    private static func find(
        _ name: String, in kind: RecordKind, isClearing: Bool
    ) throws -> (field: FieldDefinition, part: FieldDefinition?) {
        let steps = name.split(separator: ".", maxSplits: 1).map { Spelling.loose(String($0)) }
        guard let field = kind.fields.first(where: { Spelling.loose($0.name) == steps.first })
        else {
            let names = kind.fields.map(\.name).filter { $0 != "parent" && $0 != "source" }
            throw UsageProblem(
                "\(kind.noun) has no field '\(name.prefix(60))'; it has: "
                    + names.joined(separator: ", "))
        }
        let parts = field.members.map { "\(field.name).\($0.name)" }.joined(separator: ", ")
        guard steps.count > 1 else {
            guard field.members.isEmpty || isClearing else {
                throw UsageProblem("\(field.name) is set by its parts: \(parts)")
            }
            return (field, nil)
        }
        guard !field.members.isEmpty else {
            throw UsageProblem("\(field.name) has no parts; give \(field.name)=VALUE")
        }
        guard let part = field.members.first(where: { Spelling.loose($0.name) == steps[1] }) else {
            throw UsageProblem("\(field.name) has no such part; it has: \(parts)")
        }
        return (field, part)
    }
}

/// Records that people name by title instead of id.
enum RecordReference {
    /// The id of a record of one of some kinds.
    static func id(_ reference: String, kinds: [String], on site: any Site) async throws -> String {
        let view = try await site.record(reference, kind: kinds.count == 1 ? kinds.first : nil)
        guard kinds.contains(view.kind) else {
            let wanted = kinds.map { Vocabulary.kind(named: $0)?.noun ?? $0 }
            throw UsageProblem(
                "'\(reference.prefix(60))' is no \(wanted.joined(separator: " or ")); give the id "
                    + "of one ('kith \(Spelling.kebab(kinds.first ?? "resident")) list')")
        }
        return view.id.description
    }

    /// The id of a record of any kind, if one is named.
    static func id(_ reference: String?, on site: any Site) async throws -> String? {
        guard let reference else { return nil }
        return try await site.record(reference, kind: nil).id.description
    }
}
