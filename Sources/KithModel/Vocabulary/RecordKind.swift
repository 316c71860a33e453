/// One kind of record: what it is called, where it lives, and its fields.
public struct RecordKind: Sendable {
    /// Its number in the log; never used again for another meaning.
    public let number: UInt32
    /// Its name in commands and JSON.
    public let name: String
    /// Its name as the key of a list in JSON.
    public let plural: String
    /// Its name for people.
    public let label: String
    /// Where its records live. A field never changes compartment, so a kind never does.
    public let compartment: Compartment
    /// The kinds that a record of this kind can be part of; empty when it stands alone.
    public let parents: [String]
    /// Whether a parent has at most one; then its id is derived from the parent.
    public let isSingleton: Bool
    /// Whether only an entry of class `decision` settles a conflict in it.
    public let isDecision: Bool
    /// The field names that make up a record's title, in order.
    public let title: [String]
    /// Its fields: those that every kind has, then its own.
    public let fields: [FieldDefinition]

    init(
        _ number: UInt32, _ name: String, plural: String, label: String,
        in compartment: Compartment,
        partOf parents: [String] = [], singleton: Bool = false, decision: Bool = false,
        title: [String] = [], archiving: FieldPolicy = .routine, _ fields: [FieldDefinition]
    ) {
        self.number = number
        self.name = name
        self.plural = plural
        self.label = label
        self.compartment = compartment
        self.parents = parents
        isSingleton = singleton
        isDecision = decision
        self.title = title
        var common = [
            FieldDefinition(1, "archived", "Archived", .boolean, policy: archiving),
            FieldDefinition(3, "source", "Source", .line),
        ]
        if !parents.isEmpty {
            common.append(
                FieldDefinition(2, "parent", "Part of", .reference(parents), required: true))
        }
        self.fields = common + fields
    }

    /// The field of a number; nil for one that a newer version may know.
    public func field(_ number: UInt32) -> FieldDefinition? {
        fields.first { $0.number == number }
    }

    /// The field of a name.
    public func field(named name: String) -> FieldDefinition? {
        fields.first { $0.name == name }
    }
}

/// Everything that Kith knows how to record.
///
/// Storage, validation, commands, printing and exchange read these declarations; merging does not.
public enum Vocabulary {
    /// Grows when a kind or a field is added.
    public static let version = 1

    /// Every kind, in the order in which people read them.
    public static let kinds: [RecordKind] = relationKinds + personalKinds + clinicalKinds

    private static let byNumber = Dictionary(uniqueKeysWithValues: kinds.map { ($0.number, $0) })
    private static let byName = Dictionary(uniqueKeysWithValues: kinds.map { ($0.name, $0) })

    /// The kind of a number; nil for one that a newer version may know.
    public static func kind(_ number: UInt32) -> RecordKind? { byNumber[number] }

    /// The kind of a name.
    public static func kind(named name: String) -> RecordKind? { byName[name] }
}
