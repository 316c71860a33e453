import KithModel

/// The vocabulary as JSON: `{"version", "kinds": [...], "codeSets": [...]}`.
struct VocabularyText: Encodable {
    let version: Int
    let kinds: [Kind]
    let codeSets: [CodeSet]

    init(_ kinds: [RecordKind]) {
        version = Vocabulary.version
        self.kinds = kinds.map(Kind.init)
        codeSets = CodeSet.all.values.sorted { $0.name < $1.name }
    }

    struct Closing: Encodable {
        let field: String
        let member: String?
        let codes: [String]?
    }

    struct Kind: Encodable {
        let number: UInt32
        let name: String
        let command: String
        let plural: String
        let label: String
        let about: String
        let standard: String
        let compartment: Compartment
        let `class`: EntryClass
        let partOf: [String]
        let isSingleton: Bool
        let isDecision: Bool
        let isAppendOnly: Bool
        let closedBy: Closing?
        let fields: [Field]

        init(_ kind: RecordKind) {
            number = kind.number
            name = kind.name
            command = kind.commandName
            plural = kind.plural
            label = kind.label
            about = kind.about
            standard = kind.standard
            compartment = kind.compartment
            self.class = kind.isDecision ? .decision : kind.entryClass
            partOf = kind.parents
            isSingleton = kind.isSingleton
            isDecision = kind.isDecision
            isAppendOnly = kind.isAppendOnly
            closedBy = kind.closing.map {
                Closing(field: $0.field, member: $0.member, codes: $0.codes)
            }
            fields = kind.fields.map(Field.init)
        }
    }

    struct Field: Encodable {
        let number: UInt32
        let name: String
        let label: String
        let type: String
        let codeSet: String?
        let refersTo: [String]?
        let range: [Int64]?
        let policy: FieldPolicy
        let isRequired: Bool
        let isRepeated: Bool
        let due: String?
        let until: String?
        let concept: String?
        let help: String?
        let members: [Field]

        init(_ field: FieldDefinition) {
            number = field.number
            name = field.name
            label = field.label
            type = field.type.name
            codeSet = field.type.codeSet?.name
            if case .reference(let kinds) = field.type { refersTo = kinds } else { refersTo = nil }
            if case .integer(let bounds) = field.type {
                range = [bounds.lowerBound, bounds.upperBound]
            } else {
                range = nil
            }
            policy = field.policy
            isRequired = field.isRequired
            isRepeated = field.isRepeated
            due = field.due?.what
            until = field.due?.until
            concept = field.conceptCode
            help = field.help
            members = field.members.map(Field.init)
        }
    }
}

extension FieldType {
    /// Its name in the vocabulary's files and in JSON.
    var name: String {
        switch self {
        case .text(let lines): lines ? "lines" : "line"
        case .integer: "integer"
        case .decimal: "decimal"
        case .date: "date"
        case .instant: "instant"
        case .boolean: "boolean"
        case .code: "code"
        case .reference: "reference"
        case .nhsNumber: "nhsNumber"
        case .odsCode: "odsCode"
        case .cqcLocation: "cqcLocation"
        case .phone: "phone"
        case .email: "email"
        case .group: "group"
        }
    }

    /// The set whose codes it takes.
    var codeSet: CodeSet? {
        if case .code(let set) = self { set } else { nil }
    }
}
