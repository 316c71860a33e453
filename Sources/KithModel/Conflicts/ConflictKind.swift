/// What people have to decide between, because software must not (D9, D13).
public enum ConflictKind: String, Sendable, Codable, CaseIterable {
    /// Several values of one field stand.
    case field
    /// A value stands whose author had been removed from the partnership.
    case authorRemoved
    /// A record was archived while somebody else changed it or what is part of it.
    case archivedAndEdited
    /// Two residents that may be one person.
    case duplicateResident
    /// Two residents in one room at the same time.
    case occupancy
    /// Two active plans of one kind for one resident.
    case activePlans
    /// "No known allergies" beside an allergy.
    case noneKnown
    /// An entry that is kept but has no effect.
    case setAside
    /// Two entries of one site with one number.
    case fork

    /// The word for it in ids and options. Of field names it is told apart by its hyphen; the kinds of
    /// fields have their field's name in ids instead.
    public var word: String {
        switch self {
        case .field: "field"
        case .authorRemoved: "author-removed"
        case .archivedAndEdited: "archived-edited"
        case .duplicateResident: "duplicate-with"
        case .occupancy: "same-room"
        case .activePlans: "active-plans"
        case .noneKnown: "none-known"
        case .setAside: "set-aside"
        case .fork: "two-branches"
        }
    }

    /// What it is, for people.
    public var label: String {
        switch self {
        case .field: "Several values"
        case .authorRemoved: "Value of a removed author"
        case .archivedAndEdited: "Archived and edited"
        case .duplicateResident: "Maybe one person"
        case .occupancy: "Several residents in one room"
        case .activePlans: "Several active plans"
        case .noneKnown: "None known, and an allergy"
        case .setAside: "Entry without effect"
        case .fork: "Two branches of one site"
        }
    }

    /// Whether it is about values of one field.
    public var isOfField: Bool { self == .field || self == .authorRemoved }

    /// The kind of a word.
    public init?(word: String) {
        guard let kind = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = kind
    }
}
