/// A part of a partnership with its own members and keys; the unit of replication.
public enum Compartment: Int, Sendable, Comparable, NamedCase {
    /// Who is in. Readable by every member, relays too; not sealed.
    case membership = 1
    /// Organisations, contacts, interactions without their clinical outcome, capacity.
    case relations = 2
    /// Demographics, about me, residency.
    case personal = 3
    /// Plans, allergies, decisions, outcomes.
    case clinical = 4
    /// Safeguarding.
    case restricted = 5

    /// The word for it in commands and text.
    public var name: String {
        switch self {
        case .membership: "membership"
        case .relations: "relations"
        case .personal: "personal"
        case .clinical: "clinical"
        case .restricted: "restricted"
        }
    }

    /// Those whose records are sealed and granted one by one: all but `membership`.
    public static let granted: [Compartment] = [.relations, .personal, .clinical, .restricted]

    /// Orders as the numbers do.
    public static func < (left: Compartment, right: Compartment) -> Bool {
        left.rawValue < right.rawValue
    }

    /// Reads the word.
    public init(from decoder: any Decoder) throws { self = try Self.named(in: decoder) }

    /// Writes the word.
    public func encode(to encoder: any Encoder) throws { try encodeName(to: encoder) }
}
