import KithModel
import KithSite

/// A record as text to edit: a line for each field and each part of a group, and what was changed in
/// it when it comes back.
///
/// Shape: `field: value`, further lines of a value indented by four spaces; a line that begins with
/// `#` is left out. Only what somebody changed becomes an assignment, so that nothing is written that
/// was only read.
struct RecordForm {
    private struct Slot {
        let path: String
        let field: FieldDefinition
        let part: FieldDefinition?
        /// What stands, in a form that is read back as the same value.
        let text: String
        let remarks: [String]
    }

    private let record: RecordView
    private let slots: [Slot]

    init(_ record: RecordView, kind: RecordKind) {
        self.record = record
        slots = kind.fields.filter { !["parent", "source", "archived"].contains($0.name) }
            .flatMap { Self.slots($0, in: record.field($0.name)) }
    }

    /// The text to edit.
    var text: String {
        var lines = [
            "# \(Vocabulary.kind(named: record.kind)?.label ?? record.kind): "
                + "\(TerminalText.line(record.title)) [\(record.short)], version \(record.version)",
            "# Change what stands behind a colon, save, and close. An emptied value is cleared.",
            "# A value goes on in lines that begin with four spaces.", "",
        ]
        for slot in slots {
            lines += slot.remarks.map { "# " + TerminalText.line($0) }
            let rows = slot.text.split(separator: "\n", omittingEmptySubsequences: false)
            lines.append("\(slot.path): \(rows.first ?? "")")
            lines += rows.dropFirst().map { "    \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The assignments that an edited text asks for, as `FIELD=VALUE`; none where nothing changed.
    func assignments(in edited: String) throws -> [String] {
        let given = try read(edited)
        var changed: [Slot] = []
        for slot in slots where given[slot.path, default: []] != standing(at: slot.path) {
            if !changed.contains(where: { $0.path == slot.path }) { changed.append(slot) }
        }
        // The parts of a group are one value: with one of them changed all are written again.
        let groups = Set(changed.filter { $0.part != nil }.map(\.field.name))
        let single = changed.filter { $0.part == nil }.map {
            "\($0.path)=\(given[$0.path]?.first ?? "")"
        }
        var seen: Set<String> = []
        let cleared = groups.sorted().filter { group in
            slots.filter { $0.field.name == group }.allSatisfy { given[$0.path] == nil }
        }
        let parts = slots.filter { groups.contains($0.field.name) && seen.insert($0.path).inserted }
            .flatMap { slot in given[slot.path, default: []].map { "\(slot.path)=\($0)" } }
        return single + cleared.map { "\($0)=" } + parts
    }

    /// The values that stand at a path, those that say something.
    private func standing(at path: String) -> [String] {
        slots.filter { $0.path == path }.map(\.text.trimmingSpaces).filter { !$0.isEmpty }
    }

    private func read(_ edited: String) throws -> [String: [String]] {
        var values: [String: [String]] = [:]
        var path: String?
        var lines: [String] = []
        func finish() {
            guard let path else { return }
            let text = lines.joined(separator: "\n").trimmingSpaces
            if !text.isEmpty { values[path, default: []].append(text) }
        }
        for row in edited.split(separator: "\n", omittingEmptySubsequences: false) {
            if row.hasPrefix("#") { continue }
            if row.hasPrefix("    "), path != nil {
                lines.append(String(row.dropFirst(4)))
                continue
            }
            if row.allSatisfy(\.isWhitespace) {
                if path != nil { lines.append("") }
                continue
            }
            finish()
            guard let colon = row.firstIndex(of: ":") else {
                throw UsageProblem("'\(row.prefix(40))' is no line 'field: value'")
            }
            let name = String(row[..<colon]).trimmingSpaces
            guard slots.contains(where: { $0.path == name }) else {
                throw UsageProblem(
                    "there is no field '\(name.prefix(40))' to edit; a value goes on in lines that begin with four spaces"
                )
            }
            path = name
            lines = [String(row[row.index(after: colon)...])]
        }
        finish()
        return values
    }

    private static func slots(_ field: FieldDefinition, in view: FieldView?) -> [Slot] {
        let isOpen = view.map { $0.isConflict && $0.policy == .safetyCritical } ?? false
        var remarks = field.members.isEmpty ? hint(field) : []
        if isOpen, let view {
            remarks.append("!! \(view.label): \(view.candidates.count) values, not yet decided:")
            remarks += view.candidates.map { "!!   \($0.number)) \($0.words)" }
            remarks.append("!! What you write here takes the place of all of them.")
        } else if let view, view.isConflict {
            remarks += view.candidates.dropFirst().map { "also written: \($0.words)" }
        }
        let value = isOpen ? nil : view?.candidates.first?.value
        guard !field.members.isEmpty else {
            return [
                Slot(
                    path: field.name, field: field, part: nil,
                    text: value.map { typed($0, of: field) } ?? "",
                    remarks: remarks)
            ]
        }
        var given: [GroupMember] = []
        if case .group(let members)? = value { given = members }
        return field.members.enumerated().flatMap { position, part -> [Slot] in
            let texts = given.filter { $0.number == part.number }.map { typed($0.value, of: part) }
            let above = (position == 0 ? remarks : []) + hint(part)
            return (texts.isEmpty ? [""] : texts).enumerated().map { number, text in
                Slot(
                    path: "\(field.name).\(part.name)", field: field, part: part, text: text,
                    remarks: number == 0 ? above : [])
            }
        }
    }

    private static func hint(_ field: FieldDefinition) -> [String] {
        var words = FieldGuide.type(field.type)
        if case .text = field.type { words = "" }
        let rest = [words, field.help ?? "", field.isRepeated ? "may be given again" : ""]
            .filter { !$0.isEmpty }
        return rest.isEmpty ? [] : ["\(field.label): \(rest.joined(separator: "; "))"]
    }

    /// A value as it is typed.
    private static func typed(_ value: FieldValue, of field: FieldDefinition) -> String {
        switch value {
        case .cleared, .group: ""
        case .text(let text): text
        case .integer(let number): String(number)
        case .decimal(let number): number.description
        case .date(let date): date.description
        case .instant(let instant): instant.rfc3339
        case .boolean(let flag): flag ? "yes" : "no"
        case .code(let code): typed(code, of: field)
        case .reference(let record): record.description
        }
    }

    private static func typed(_ code: Code, of field: FieldDefinition) -> String {
        if case .code(let set) = field.type, let match = set.concept(for: code.display),
            match == code
        {
            return code.display
        }
        return code.system.isEmpty ? code.display : "\(code.system)|\(code.code)|\(code.display)"
    }
}
