/// A part of a partnership with its own members and keys; the unit of replication.
public enum Compartment: Int, Sendable, Codable, CaseIterable, Comparable {
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

    /// The compartment of that name; nil when there is none.
    public init?(name: String) {
        guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }

    /// Those whose records are sealed and granted one by one: all but `membership`.
    public static let granted: [Compartment] = [.relations, .personal, .clinical, .restricted]

    /// Orders as the numbers do.
    public static func < (left: Compartment, right: Compartment) -> Bool {
        left.rawValue < right.rawValue
    }

    /// Reads the name.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(name: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "no such compartment")
        }
        self = value
    }

    /// Writes the name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
