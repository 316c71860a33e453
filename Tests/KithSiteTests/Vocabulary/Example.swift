import Foundation
import KithModel
import Testing

/// What a person types into a field, and what is to be read back: worked out apart from the code
/// that reads what people type.
struct Example {
    /// `FIELD=VALUE`, or one for each part of a group.
    let arguments: [String]
    /// The value.
    let value: FieldValue

    /// Ids of records by kind, of which references name one by the number of the example.
    typealias Records = [String: [RecordID]]

    /// The example of a number from 0 of a field; of types with two values the third is the first.
    init(_ field: FieldDefinition, _ number: Int, _ records: Records) throws {
        guard case .group(let members) = field.type else {
            let (text, value) = try Self.plain(field, number, records, in: field)
            arguments = ["\(field.name)=\(text)"]
            self.value = value
            return
        }
        var arguments: [String] = []
        var parts: [GroupMember] = []
        for member in members {
            for place in 0..<(member.isRepeated ? 2 : 1) {
                let (text, value) = try Self.plain(member, number + place, records, in: field)
                arguments.append("\(field.name).\(member.name)=\(text)")
                parts.append(GroupMember(member.number, value))
            }
        }
        self.arguments = arguments
        value = .group(
            parts.enumerated().sorted { left, right in
                (left.element.number, left.offset) < (right.element.number, right.offset)
            }.map(\.element))
    }

    private static func plain(
        _ field: FieldDefinition, _ number: Int, _ records: Records, in whole: FieldDefinition
    ) throws -> (text: String, value: FieldValue) {
        switch field.type {
        case .text(let lines):
            let text = "Größe \(field.name) \(number) 👩‍⚕️" + (lines ? "\nשורה שנייה" : "")
            return (text, .text(text))
        case .integer(let range):
            let isLimit = whole.sumRule?.limit == field.name
            let found =
                isLimit ? range.upperBound - Int64(number) : range.lowerBound + Int64(number)
            return (String(found), .integer(found))
        case .decimal:
            let text = "6\(number).50"
            return (text, .decimal(try #require(DecimalNumber(text))))
        case .date:
            // A day, a month and a year.
            let text = ["2020-02-29", "2021-07", "2022"][number % 3]
            return (text, .date(try #require(PartialDate(text))))
        case .instant:
            let text = "2026-03-0\(number + 1)T10:30:00Z"
            return (text, .instant(try #require(Instant(rfc3339: text))))
        case .boolean:
            let flag = number == 1
            return (flag ? "yes" : "no", .boolean(flag))
        case .code(let set): return code(set, number)
        case .reference(let kinds):
            let ids = try #require(records[kinds[0]], "no \(kinds[0]) to refer to")
            let record = ids[number % ids.count]
            return (record.description, .reference(record))
        case .nhsNumber:
            let digits = ["9434765919", "9990000018", "4010232137"][number]
            return (digits, .text(digits))
        case .odsCode: return ("a8100\(number)", .text("A8100\(number)"))
        case .cqcLocation: return ("1-10167502\(number)", .text("1-10167502\(number)"))
        case .phone: return ("01642 555 010\(number)", .text("01642 555 010\(number)"))
        case .email: return ("ward\(number)@example.nhs.uk", .text("ward\(number)@example.nhs.uk"))
        case .group: preconditionFailure("a group in a group")
        }
    }

    private static func code(_ set: CodeSet, _ number: Int) -> (text: String, value: FieldValue) {
        if set.concepts.isEmpty {
            let display = "Concept \(number)"
            return (
                "http://example.org/system|C\(number)|\(display)",
                .code(
                    Code(system: "http://example.org/system", code: "C\(number)", display: display))
            )
        }
        let concept = set.concepts[number % set.concepts.count]
        return (
            concept.word,
            .code(Code(system: set.system, code: concept.code, display: concept.display))
        )
    }
}
