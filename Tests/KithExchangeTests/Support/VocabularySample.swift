import KithModel
import KithSite

/// One record of every kind with a value in every field: what an exchange must not lose.
enum VocabularySample {
    /// The records, parents first.
    static let records: [ImportRecord] = Vocabulary.kinds.map { kind in
        var record = ImportRecord(source: source(kind.name), fields: [])
        if let parent = kind.parents.first { record.parent = source(parent) }
        for field in kind.fields where field.number >= 10 {
            record.fields.append(filled(field))
        }
        return record
    }

    static func source(_ kind: String) -> ImportRecord.Source {
        ImportRecord.Source(kind: kind, identity: "sample:\(kind)")
    }

    private static func filled(_ field: FieldDefinition) -> ImportRecord.Field {
        if case .reference(let kinds) = field.type, let kind = kinds.first {
            return ImportRecord.Field(field.name, to: source(kind))
        }
        return ImportRecord.Field(field.name, value(of: field))
    }

    /// Some value of the field's type, with what formats stumble over.
    static func value(of field: FieldDefinition) -> FieldValue {
        switch field.type {
        case .text(let lines):
            .text(
                lines
                    ? "\(field.label): first, \"line\"; ok\n\n=second \\ line\té 😀"
                    : "\(field.label), \"quoted\"; é 😀")
        case .integer(let range): .integer(range.upperBound)
        case .decimal: DecimalNumber("62.50").map(FieldValue.decimal) ?? .cleared
        case .date: PartialDate("2026-11").map(FieldValue.date) ?? .cleared
        case .instant: .instant(Instant(milliseconds: 1_795_600_000_123))
        case .boolean: .boolean(field.number.isMultiple(of: 2))
        case .code(let set):
            .code(
                set.concepts.last.map {
                    Code(system: set.system, code: $0.code, display: $0.display)
                } ?? Code(system: "http://snomed.info/sct", code: "1", display: field.label))
        case .reference: .cleared
        case .nhsNumber: .text("9434765919")
        case .odsCode: .text("A81001")
        case .cqcLocation: .text("1-101675029")
        case .phone: .text("+44 1642 555 0123")
        case .email: .text("ward3@example.org")
        case .group(let members):
            .group(
                members.flatMap { member -> [GroupMember] in
                    let one = GroupMember(member.number, value(of: member))
                    let more = GroupMember(member.number, .text("and another"))
                    return member.isRepeated ? [one, more] : [one]
                })
        }
    }
}
