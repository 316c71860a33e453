import Foundation

/// One data file of the vocabulary: the kinds of one compartment.
///
/// Shape: `vocabulary-*.json` under `Data`. A key that is not known here ends the program at its
/// start, as a code that does not exist would: both are slips in what is built in, and tests load
/// everything.
struct VocabularyFile: Decodable {
    let compartment: Compartment
    let groups: [String: [Field]]
    let kinds: [Kind]

    struct Kind: Decodable {
        let number: UInt32
        let name: String
        let plural: String
        let label: String
        let pluralLabel: String?
        let about: String
        let standard: String
        let partOf: [String]?
        let title: [String]?
        let columns: [String]?
        let singleton: Bool?
        let decision: Bool?
        let appendOnly: Bool?
        let command: String?
        let journal: Bool?
        let alwaysShown: Bool?
        let `class`: EntryClass?
        let archiving: FieldPolicy?
        let closedBy: RecordKind.Closing?
        let responsible: String?
        let fields: [Field]
    }

    struct Field: Decodable {
        let number: UInt32
        let name: String
        let label: String
        let type: String
        let codes: String?
        let kinds: [String]?
        let range: [Int64]?
        let members: Members?
        let safetyCritical: Bool?
        let required: Bool?
        let repeated: Bool?
        let searched: Bool?
        let due: String?
        let until: String?
        let earliest: Int?
        let code: String?
        let help: String?
        let sumAtMost: FieldDefinition.SumRule?
    }

    /// The members of a group: listed in place, or the name of a list that several groups have.
    enum Members: Decodable {
        case list([Field])
        case named(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            self =
                if let name = try? container.decode(String.self) {
                    .named(name)
                } else {
                    .list(try container.decode([Field].self))
                }
        }
    }

    /// Reads a file that is built into the program.
    static func read(_ bytes: [UInt8]) -> [RecordKind] {
        do {
            let file = try JSONDecoder().decode(VocabularyFile.self, from: Data(bytes))
            return file.kinds.map { RecordKind($0, in: file) }
        } catch {
            preconditionFailure("a vocabulary file built into the program does not parse: \(error)")
        }
    }

    func fields(_ members: Members?) -> [Field] {
        switch members {
        case nil: return []
        case .list(let fields): return fields
        case .named(let name):
            guard let fields = groups[name] else { preconditionFailure("no group \(name)") }
            return fields
        }
    }
}

extension RecordKind {
    /// `careTeamMembers` as `care team members`.
    static func words(_ name: String) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase ? " " + $1.lowercased() : String($1) }
    }
}

extension FieldType {
    init(_ field: VocabularyFile.Field, in file: VocabularyFile) {
        switch field.type {
        case "line": self = .text(lines: false)
        case "lines": self = .text(lines: true)
        case "integer":
            guard let range = field.range, range.count == 2, range[0] <= range[1] else {
                preconditionFailure("\(field.name) needs a range")
            }
            self = .integer(range[0]...range[1])
        case "decimal": self = .decimal
        case "date": self = .date
        case "instant": self = .instant
        case "boolean": self = .boolean
        case "code":
            guard let set = field.codes.flatMap({ CodeSet.all[$0] }) else {
                preconditionFailure("\(field.name) needs a code set that exists")
            }
            self = .code(set)
        case "reference": self = .reference(field.kinds ?? [])
        case "nhsNumber": self = .nhsNumber
        case "odsCode": self = .odsCode
        case "cqcLocation": self = .cqcLocation
        case "phone": self = .phone
        case "email": self = .email
        case "group":
            self = .group(file.fields(field.members).map { FieldDefinition($0, in: file) })
        default: preconditionFailure("\(field.name) has no known type: \(field.type)")
        }
    }
}
