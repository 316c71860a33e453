/// One kind of record: what it is called, where it lives, and its fields.
///
/// It never changes, and is looked up for each record that is shown: a class is handed on for less.
public final class RecordKind: Sendable {
    /// What says that a record is done with.
    public struct Closing: Sendable, Decodable {
        /// The field that says so.
        public let field: String
        /// The member of its group that says so; nil where it is no group.
        public let member: String?
        /// The codes that say so; nil: any value does, a date from the day after it.
        public let codes: [String]?
    }

    /// Its number in the log; never used again for another meaning.
    public let number: UInt32
    /// Its name in commands and JSON.
    public let name: String
    /// Its name as the key of a list in JSON.
    public let plural: String
    /// Its name for people.
    public let label: String
    /// What several of it are called in a sentence.
    public let pluralLabel: String
    /// What its records are, in a sentence.
    public let about: String
    /// The standards that its fields follow.
    public let standard: String
    /// Where its records live. A field never changes compartment, so a kind never does.
    public let compartment: Compartment
    /// The kinds that a record of this kind can be part of; empty when it stands alone.
    public let parents: [String]
    /// Whether a parent has at most one; then its id is derived from the parent.
    public let isSingleton: Bool
    /// Whether only an entry of class `decision` settles a conflict in it.
    public let isDecision: Bool
    /// Whether what was written in it stays as it was written: an empty field can be filled, and a
    /// mistaken record archived, but no value replaced.
    public let isAppendOnly: Bool
    /// Whether its records pile up over the years, so that lists begin with the newest.
    public let isJournal: Bool
    /// Whether a resident's page has a place for it even where there is none, which says why.
    public let isAlwaysShown: Bool
    /// The class of the entries that people write it in: `comment` for what reviewers may write.
    public let entryClass: EntryClass
    /// The command by which people work on its records, where they have none of their own.
    public let command: String?
    /// When a record is done with, so that nothing in it is due any more; nil: only when archived.
    public let closing: Closing?
    /// The name of the field that says who sees to what is due in it.
    public let responsible: String?
    /// The names of fields that tell records of the kind apart in a list, besides the title.
    public let columns: [String]
    /// The field names that make up a record's title, in order.
    public let title: [String]
    /// Its fields: those that every kind has, then its own.
    public let fields: [FieldDefinition]

    /// Reads a kind of a file that is built into the program.
    init(_ kind: VocabularyFile.Kind, in file: VocabularyFile) {
        number = kind.number
        name = kind.name
        plural = kind.plural
        label = kind.label
        pluralLabel = kind.pluralLabel ?? RecordKind.words(kind.plural)
        about = kind.about
        standard = kind.standard
        compartment = file.compartment
        parents = kind.partOf ?? []
        title = kind.title ?? []
        columns = kind.columns ?? []
        isSingleton = kind.singleton ?? false
        isDecision = kind.decision ?? false
        isAppendOnly = kind.appendOnly ?? false
        isJournal = kind.journal ?? false
        command = kind.command
        isAlwaysShown = kind.alwaysShown ?? false
        entryClass = kind.class ?? .record
        closing = kind.closedBy
        responsible = kind.responsible
        var common = [
            FieldDefinition(
                1, "archived", "Archived", .boolean, policy: kind.archiving ?? .routine),
            FieldDefinition(3, "source", "Source", .text(lines: false)),
        ]
        if !parents.isEmpty {
            common.append(
                FieldDefinition(2, "parent", "Part of", .reference(parents), required: true))
        }
        fields = common + kind.fields.map { FieldDefinition($0, in: file) }
    }

    /// The field of a number; nil for one that a newer version may know.
    public func field(_ number: UInt32) -> FieldDefinition? {
        for field in fields where field.number == number { return field }
        return nil
    }

    /// The field of a name.
    public func field(named name: String) -> FieldDefinition? {
        for field in fields where field.name == name { return field }
        return nil
    }
}

/// Everything that Kith knows how to record.
///
/// Storage, validation, commands, printing and exchange read these declarations; merging does not.
public enum Vocabulary {
    /// Grows when a kind or a field is added.
    public static let version = 1

    /// Every kind, in the order in which people read them.
    public static let kinds: [RecordKind] =
        VocabularyFile.read(PackageResources.vocabulary_relations_json)
        + VocabularyFile.read(PackageResources.vocabulary_personal_json)
        + VocabularyFile.read(PackageResources.vocabulary_clinical_json)
        + VocabularyFile.read(PackageResources.vocabulary_restricted_json)

    private static let byNumber = Dictionary(uniqueKeysWithValues: kinds.map { ($0.number, $0) })
    private static let byName = Dictionary(uniqueKeysWithValues: kinds.map { ($0.name, $0) })

    /// The kind of a number; nil for one that a newer version may know.
    public static func kind(_ number: UInt32) -> RecordKind? { byNumber[number] }

    /// The kind of a name.
    public static func kind(named name: String) -> RecordKind? { byName[name] }
}
