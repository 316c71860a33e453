import Foundation
import KithModel
import KithSite

/// A form for one record, made from the vocabulary: what it asks, and what was answered.
///
/// Each input is named `v.FIELD` or `v.FIELD.PART`, and carries beside it as `o.…` what it showed, so
/// that only what somebody changed is written. The form carries the version that was shown (D7).
struct EditForm {
    /// The kind of record.
    let kind: RecordKind
    /// The record; nil for a new one.
    let record: RecordView?
    /// What references may point to, by kind of record.
    let choices: [String: [RecordView]]
    /// Where times are shown and typed.
    let zone: TimeZone
    /// What kind of record a comment or a proposal is about.
    var about: RecordKind?

    private var entry: FieldEntry { FieldEntry(zone: zone) }

    /// The fields that people fill in.
    var fields: [FieldDefinition] {
        kind.fields.filter { !["archived", "source", "parent"].contains($0.name) }
    }

    /// Why a form was not taken, in the words that stand on it.
    struct Problem {
        let words: String
        /// The name of the input that it is about, if it is about one.
        let input: String?
    }

    /// What the site says of a field, by its name, said by what the form calls it.
    func problem(_ text: String) -> Problem {
        let names = fields.flatMap { field in
            field.members.map { ("\(field.name).\($0.name)", "\(field.label): \($0.label)") }
                + [(field.name, field.label)]
        }
        for (name, label) in names {
            if text.hasPrefix("\(name) ") {
                return Problem(words: "“\(label)” \(text.dropFirst(name.count + 1))", input: name)
            }
            if text.hasSuffix(" needs \(name)") {
                return Problem(words: "\(text.dropLast(name.count))“\(label)”", input: name)
            }
        }
        return Problem(words: text, input: nil)
    }

    // MARK: What it asks

    /// The inputs; `typed` is what somebody typed before, which goes before what is recorded, and
    /// `problem` names the field that could not be taken.
    func nodes(
        typed: FormFields?, presets: [String: String], problem: Problem?, _ nodes: RecordNodes
    ) -> [Node] {
        fields.map { field in
            let view = record?.field(field.name)
            let isOpen = view.map { $0.isConflict && $0.policy == .safetyCritical } ?? false
            let isFixed =
                isOpen || (kind.isAppendOnly && view.map { !$0.candidates.isEmpty } ?? false)
            var node: Node = [
                "isGroup": false, "isFixed": isFixed, "label": field.label,
                "inputs": [Node](), "shown": false, "isOpen": isOpen, "conflict": false,
                "isHidden": field.name == "seenVersion" || field.name == "planVersion",
            ]
            if isFixed, let view, let record {
                node["shown"] = nodes.field(view, field, record: record)
                node["conflict"] =
                    isOpen ? "/conflicts/\(record.id.short).\(field.name)" : false as Any
                return node
            }
            if case .group(let members) = field.type {
                node["isGroup"] = true
                node["inputs"] = members.map { member in
                    input(
                        "\(field.name).\(member.name)", member,
                        original: part(member, of: view), typed, presets, problem,
                        required: false)
                }
            } else {
                node["inputs"] = [
                    input(
                        field.name, field, original: view.map { original($0, field) } ?? "", typed,
                        presets, problem, required: field.isRequired && record == nil)
                ]
            }
            return node
        }
    }

    private func original(_ view: FieldView, _ field: FieldDefinition) -> String {
        guard let value = view.candidates.first?.value else { return "" }
        return text(value, field)
    }

    private func part(_ member: FieldDefinition, of view: FieldView?) -> String {
        guard case .group(let members)? = view?.candidates.first?.value else { return "" }
        return members.filter { $0.number == member.number }.map { text($0.value, member) }
            .joined(separator: "\n")
    }

    /// A value as it is typed.
    private func text(_ value: FieldValue, _ field: FieldDefinition) -> String {
        switch value {
        case .cleared, .group: return ""
        case .reference(let id): return id.description
        case .instant(let instant): return instant.rfc3339
        case .boolean(let flag): return flag ? "yes" : "no"
        case .code(let code):
            if case .code(let set) = field.type {
                if let concept = set.concepts.first(where: { $0.code == code.code }),
                    code.system == set.system
                {
                    return concept.word
                }
                if code.code.isEmpty { return code.display }
            }
            return "\(code.system)|\(code.code)|\(code.display)"
        default: return entry.words(for: value, of: field)
        }
    }

    private func input(
        _ name: String, _ field: FieldDefinition, original: String, _ typed: FormFields?,
        _ presets: [String: String], _ problem: Problem?, required: Bool
    ) -> Node {
        let key = "v.\(name)"
        let value =
            typed?.has(key) == true
            ? typed?[key] ?? ""
            : record == nil
                ? presets[name] ?? original : original
        let isWrong = problem?.input == name
        var node: Node = [
            "name": key, "id": "f-" + name.replacingOccurrences(of: ".", with: "-"),
            "original": "o.\(name)", "originalValue": original, "value": value,
            "label": field.label, "required": required, "isWrong": isWrong,
            "wrong": isWrong ? problem?.words ?? "" : false as Any, "isLine": false,
            "isLines": false,
            "isChoice": false, "options": [Node](), "list": false, "type": "text",
            "help": help(field) ?? false as Any, "rows": 3,
        ]
        if let about, field.name == "field", ["comment", "proposal"].contains(kind.name) {
            choice(&node, value, Self.nameable(about))
            return node
        }
        switch field.type {
        case .text(let lines):
            node["isLines"] = lines || field.isRepeated
            node["isLine"] = !(lines || field.isRepeated)
        case .boolean:
            choice(&node, value, [("yes", "Yes"), ("no", "No")])
        case .code(let set) where !set.isOpen:
            choice(&node, value, set.concepts.map { ($0.word, $0.display) })
        case .code(let set):
            node["isLine"] = true
            if !set.concepts.isEmpty {
                node["list"] = "l-" + name.replacingOccurrences(of: ".", with: "-")
                node["options"] = set.concepts.map { ["value": $0.display] as Node }
            }
        case .reference(let kinds):
            let records = kinds.flatMap { choices[$0] ?? [] }
            choice(&node, value, records.map { ($0.id.description, $0.title) })
        default: node["isLine"] = true
        }
        return node
    }

    /// The fields of a record that a word about it can name: one text holds a new value of each.
    private static func nameable(_ kind: RecordKind) -> [(String, String)] {
        kind.fields.filter { field in
            if case .group = field.type { return false }
            return !["archived", "source", "parent"].contains(field.name)
        }.map { ($0.name, $0.label) }
    }

    private func choice(_ node: inout Node, _ value: String, _ all: [(String, String)]) {
        var all = all
        // What is recorded stays a choice, also when it is none of those that are offered.
        if !value.isEmpty, !all.contains(where: { $0.0 == value }) { all.append((value, value)) }
        node["isChoice"] = true
        node["options"] = all.map { text, label -> Node in
            ["value": text, "label": ShownText(line: label).text, "isChosen": text == value]
        }
    }

    private func help(_ field: FieldDefinition) -> String? {
        if let help = field.help { return help }
        if field.isRepeated { return "One on each line." }
        return switch field.type {
        case .date: "A day as 2026-11-22; a month or a year alone will do."
        case .instant: "A day and a time, as 2026-11-22 14:30."
        case .integer(let range): "A whole number from \(range.lowerBound) to \(range.upperBound)."
        case .decimal: "A number, as 2.5."
        case .nhsNumber: "Ten digits."
        case .odsCode: "An ODS code, as A81001."
        default: nil
        }
    }

    // MARK: What was answered

    /// What somebody changed: for a part of a group all its parts, since they are one value.
    func assignments(_ form: FormFields) -> [RecordEdit.Assignment] {
        fields.flatMap { field -> [RecordEdit.Assignment] in
            if case .group(let members) = field.type {
                return group(field, members, form)
            }
            let (key, old) = ("v.\(field.name)", "o.\(field.name)")
            guard form.has(key) else { return [] }
            let value = Self.lines(form[key])
            if record == nil { return value.isEmpty ? [] : [.init(field.name, value)] }
            return value == Self.lines(form[old]) ? [] : [.init(field.name, value)]
        }
    }

    private func group(
        _ field: FieldDefinition, _ members: [FieldDefinition], _ form: FormFields
    ) -> [RecordEdit.Assignment] {
        let names = members.map { "\(field.name).\($0.name)" }
        guard names.contains(where: { form.has("v.\($0)") }) else { return [] }
        let isChanged = names.contains { name in
            Self.lines(form["v.\(name)"]) != (record == nil ? "" : Self.lines(form["o.\(name)"]))
        }
        guard isChanged else { return [] }
        let values = zip(members, names).flatMap { member, name -> [RecordEdit.Assignment] in
            let value = Self.lines(form["v.\(name)"])
            guard !value.isEmpty else { return [] }
            guard member.isRepeated else { return [.init(name, value)] }
            return value.split(separator: "\n").map { .init(name, String($0)) }
        }
        // All parts emptied: the value is taken away.
        return values.isEmpty ? [.init(field.name, "")] : values
    }

    /// Browsers end lines with CR LF.
    private static func lines(_ text: String) -> String {
        text.replacingOccurrences(of: "\r\n", with: "\n")
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
