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
    /// A CQC location id, kept in upper case.
    case cqcLocation
    /// A telephone number, kept as it was written.
    case phone
    /// An e-mail address.
    case email
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

/// One field of a record kind, as the vocabulary declares it; a class as `RecordKind` is.
public final class FieldDefinition: Sendable {
    /// Something that has to be done by the day that a field holds.
    public struct Due: Sendable {
        /// What, in a few words.
        public let what: String
        /// The field that says it was done; nil: it stays due until the day is changed.
        public let until: String?
    }

    /// In a group: some members together are at most another.
    public struct SumRule: Sendable, Decodable {
        /// The members that are added up; one that is missing counts nothing.
        public let of: [String]
        /// The member that limits them.
        public let limit: String
    }

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
    /// Whether a search of records looks in it, beside their titles.
    public let isSearched: Bool
    /// What is due by the day in it.
    public let due: Due?
    /// The first year that a date in it can be in.
    public let earliestYear: Int?
    /// SNOMED CT code of the heading that it stands under in its standard.
    public let conceptCode: String?
    /// A remark for whoever fills it in.
    public let help: String?
    /// What holds between the members of a group.
    public let sumRule: SumRule?

    /// The members of a group; none for other types.
    public var members: [FieldDefinition] {
        if case .group(let members) = type { members } else { [] }
    }

    /// A field of the kind that every record has.
    init(
        _ number: UInt32, _ name: String, _ label: String, _ type: FieldType,
        policy: FieldPolicy = .routine, required: Bool = false
    ) {
        self.number = number
        self.name = name
        self.label = label
        self.type = type
        self.policy = policy
        isRequired = required
        isRepeated = false
        isSearched = false
        due = nil
        earliestYear = nil
        conceptCode = nil
        help = nil
        sumRule = nil
    }

    /// Reads a field of a file that is built into the program.
    init(_ field: VocabularyFile.Field, in file: VocabularyFile) {
        number = field.number
        name = field.name
        label = field.label
        type = FieldType(field, in: file)
        policy = field.safetyCritical == true ? .safetyCritical : .routine
        isRequired = field.required ?? false
        isRepeated = field.repeated ?? false
        isSearched = field.searched ?? false
        due = field.due.map { Due(what: $0, until: field.until) }
        earliestYear = field.earliest
        conceptCode = field.code
        help = field.help
        sumRule = field.sumAtMost
    }
}
