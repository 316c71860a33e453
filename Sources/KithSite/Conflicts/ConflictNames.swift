import KithModel

/// What people type for each of several conflicts: as short as tells them apart.
///
/// Whoever makes a record draws its id, so a member that lies can make one that begins as another does,
/// or that is the same in another partnership or of another kind. None of this may make a conflict hard
/// to name: where eight characters are not enough there are more of them, and where the whole id is not
/// enough, `@` and what is different follow.
struct ConflictNames {
    /// How many characters are tried.
    private static let lengths = [8, 12, 16, 20, 26]

    private struct Place: Hashable {
        let key: ConflictKey
        let row: Int64?

        init(_ conflict: FoundConflict) {
            key = conflict.key
            row = conflict.row
        }
    }

    /// Of those whose first eight characters name several; others go by these.
    private var ids: [Place: String] = [:]

    /// Names conflicts apart from each other.
    init(_ conflicts: [FoundConflict]) {
        let short = conflicts.map { Self.typed($0, Self.lengths[0]).lowercased() }
        let counts = Dictionary(short.map { ($0, 1) }, uniquingKeysWith: +)
        guard counts.count < conflicts.count else { return }
        var pending = zip(conflicts, short).filter { counts[$1] != 1 }.map(\.0)
        for length in Self.lengths {
            let groups = Dictionary(grouping: pending) { Self.typed($0, length).lowercased() }
            pending = []
            for group in groups.values {
                if Set(group.map { Self.typed($0, 26) }).count == 1 {
                    name(group, length)
                } else {
                    pending += group
                }
            }
        }
    }

    /// The id of one of them.
    subscript(conflict: FoundConflict) -> String {
        (ids.isEmpty ? nil : ids[Place(conflict)]) ?? Self.typed(conflict, Self.lengths[0])
    }

    private static func typed(_ conflict: FoundConflict, _ digits: Int) -> String {
        conflict.key.typed(fieldName: conflict.fieldName, digits: digits)
    }

    /// Names conflicts of the same ids: one, but for a member that lies.
    private mutating func name(_ group: [FoundConflict], _ length: Int) {
        let areKinds = Set(group.map(\.recordKind)).count > 1
        let areCompartments = !areKinds && Set(group.map(\.key.compartment)).count > 1
        let partnerships = Set(group.map(\.key.partnership))
        let isShort = Set(partnerships.map(\.short)).count == partnerships.count
        for conflict in group {
            var words = [Self.typed(conflict, length)]
            if areKinds { words.append(Self.name(ofKind: conflict.recordKind)) }
            if areCompartments { words.append(conflict.key.compartment.name) }
            if partnerships.count > 1 {
                let partnership = conflict.key.partnership
                words.append(isShort ? partnership.short : partnership.description)
            }
            ids[Place(conflict)] = words.joined(separator: "@")
        }
    }

    static func name(ofKind number: UInt32?) -> String {
        guard let number else { return "record" }
        return Vocabulary.kind(number)?.name ?? "kind\(number)"
    }

    /// Whether a word behind `@` is true of a conflict.
    static func fits(_ word: String, _ key: ConflictKey, recordKind: UInt32?) -> Bool {
        fits(word, kind: recordKind, key.compartment, key.partnership)
    }

    /// Whether a word behind `@` is true of what is of a kind, in a compartment of a partnership.
    static func fits(
        _ word: String, kind: UInt32?, _ compartment: Compartment, _ partnership: PartnershipID
    ) -> Bool {
        let text = word.lowercased()
        if text == name(ofKind: kind).lowercased() || text == compartment.name { return true }
        guard text.count >= 4, let named = RecordID.bounds(ofPrefix: text),
            let partnership = RecordID(bytes: partnership.bytes)
        else { return false }
        return named.contains(partnership)
    }
}
