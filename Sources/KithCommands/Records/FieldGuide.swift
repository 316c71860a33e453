import KithModel

/// What the fields of a kind take, for `--help`.
struct FieldGuide {
    private let kind: RecordKind

    init(_ kind: RecordKind) {
        self.kind = kind
    }

    /// A line for each field that people assign.
    var text: String {
        let lines = kind.fields.filter { $0.name != "parent" && $0.name != "source" }.flatMap {
            field -> [String] in
            guard !field.members.isEmpty else { return [line(field, name: field.name)] }
            return field.members.map { line($0, name: "\(field.name).\($0.name)") }
        }
        return "Fields:\n" + lines.joined(separator: "\n")
    }

    private func line(_ field: FieldDefinition, name: String) -> String {
        let marks = field.isRequired ? " (needed)" : ""
        let name = DisplayWidth.padded("  \(name)", to: 26)
        return DisplayWidth.cut("\(name) \(Self.type(field.type))\(marks)", to: 79)
    }

    /// What a type takes, in a few words.
    static func type(_ type: FieldType) -> String {
        switch type {
        case .text(let lines): lines ? "text, may have lines" : "text"
        case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .decimal: "number"
        case .date: "date: 2026-11-22, 2026-11 or 2026"
        case .instant: "day and time: 2026-11-22 14:30"
        case .boolean: "yes or no"
        case .code(let set):
            set.isOpen ? "words" : set.concepts.map(\.word).joined(separator: ", ")
        case .reference(let kinds): "id of: \(kinds.joined(separator: ", "))"
        case .nhsNumber: "NHS number"
        case .odsCode: "ODS code"
        case .cqcLocation: "CQC location id"
        case .phone: "telephone number"
        case .email: "e-mail address"
        case .group: "parts"
        }
    }
}
