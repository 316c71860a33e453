/// What kind of value a field takes, and within which bounds.
public enum FieldType: Sendable {
    /// Text; `lines` when it may have line breaks. At most 20,000 characters.
    case text(lines: Bool)
    /// A whole number within a range.
    case integer(ClosedRange<Int64>)
    /// A decimal number.
    case decimal
    /// A date, perhaps partial.
    case date
    /// A moment.
    case instant
    /// Yes or no.
    case boolean
    /// A concept of a code set.
    case code(CodeSet)
    /// A record of one of some kinds.
    case reference([String])
    /// An NHS number, kept as ten digits.
    case nhsNumber
    /// An ODS code, kept in upper case.
    case odsCode
    /// Values that are only ever replaced together.
    case group([FieldDefinition])
}

/// How concurrent values of a field are shown.
public enum FieldPolicy: String, Sendable, Codable {
    /// One value is shown and the others are listed beside it.
    case routine
    /// Every value is shown, everywhere, until a permitted person decides.
    case safetyCritical
}

/// One field of a record kind.
public struct FieldDefinition: Sendable {
    /// Its number in the log, unique in its kind; never used again for another meaning.
    public let number: UInt32
    /// Its name in commands and JSON.
    public let name: String
    /// Its name for people.
    public let label: String
    /// What it takes.
    public let type: FieldType
    /// How concurrent values are shown.
    public let policy: FieldPolicy
    /// Whether a new record needs it.
    public let isRequired: Bool
    /// In a group: whether it may appear more than once.
    public let isRepeated: Bool

    init(
        _ number: UInt32, _ name: String, _ label: String, _ type: FieldType,
        policy: FieldPolicy = .routine, required: Bool = false, repeated: Bool = false
    ) {
        self.number = number
        self.name = name
        self.label = label
        self.type = type
        self.policy = policy
        isRequired = required
        isRepeated = repeated
    }

    /// The members of a group; none for other types.
    public var members: [FieldDefinition] {
        if case .group(let members) = type { members } else { [] }
    }
}

extension FieldType {
    static func coded(_ set: String) -> FieldType {
        guard let codes = CodeSet.all[set] else { preconditionFailure("no code set \(set)") }
        return .code(codes)
    }

    static let line = FieldType.text(lines: false)
    static let lines = FieldType.text(lines: true)
}
