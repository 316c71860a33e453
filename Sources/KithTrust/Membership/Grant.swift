public import KithModel

/// What a member is in a partnership.
public enum Role: Int, Sendable, Comparable, NamedCase {
    /// Stores and forwards, reads nothing.
    case relay = 1
    /// Comments and signs off.
    case reviewer = 2
    /// Writes.
    case contributor = 3
    /// Writes, admits and removes.
    case steward = 4

    /// The word for it in commands and text.
    public var name: String {
        switch self {
        case .relay: "relay"
        case .reviewer: "reviewer"
        case .contributor: "contributor"
        case .steward: "steward"
        }
    }

    /// Orders by what a role may do.
    public static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }

    /// Reads the word.
    public init(from decoder: any Decoder) throws { self = try Self.named(in: decoder) }

    /// Writes the word.
    public func encode(to encoder: any Encoder) throws { try encodeName(to: encoder) }
}

/// What a member may do.
public struct Grant: Hashable, Sendable {
    /// The role.
    public var role: Role
    /// The sealed compartments it holds; `membership` goes without saying.
    public var compartments: Set<Compartment>
    /// Whether it may sign clinical decisions.
    public var mayAttest: Bool
    /// When sharing its compartments with it ends; nil: never. Decides what is sent, never what an
    /// entry means.
    public var ends: Instant?

    /// Describes what a member may do. Without compartments there is nothing that could end.
    public init(
        role: Role, compartments: Set<Compartment>, mayAttest: Bool, ends: Instant? = nil
    ) {
        self.role = role
        self.compartments = compartments.subtracting([.membership])
        self.mayAttest = mayAttest
        self.ends = self.compartments.isEmpty ? nil : ends
    }

    /// What a founder has.
    public static let founder = Grant(
        role: .steward, compartments: Set(Compartment.granted), mayAttest: true)

    /// The least grant that allows all that either allows. Order of arguments does not matter, so
    /// admissions by several stewards at once give the same grant everywhere.
    public func joined(with other: Grant) -> Grant {
        Grant(
            role: max(role, other.role), compartments: compartments.union(other.compartments),
            mayAttest: mayAttest || other.mayAttest, ends: laterEnd(than: other))
    }

    private func laterEnd(than other: Grant) -> Instant? {
        if compartments.isEmpty { return other.ends }
        if other.compartments.isEmpty { return ends }
        guard let ends, let theirs = other.ends else { return nil }
        return max(ends, theirs)
    }

    /// Whether this grant allows nothing that another does not.
    public func isWithin(_ other: Grant) -> Bool {
        role <= other.role && compartments.isSubset(of: other.compartments)
            && (other.mayAttest || !mayAttest) && laterEnd(than: other) == other.ends
    }

    /// Whether this member writes records and keys.
    public var writes: Bool { role >= .contributor }

    /// Whether entries of a compartment are sent to this member at all.
    public func holds(_ compartment: Compartment) -> Bool {
        compartment == .membership || compartments.contains(compartment)
    }

    /// Whether entries of a compartment are sent to and taken from this member at a time.
    public func shares(_ compartment: Compartment, at now: Instant) -> Bool {
        guard holds(compartment) else { return false }
        return compartment == .membership || ends.map { now < $0 } ?? true
    }

    /// Whether this member is handed the keys of a compartment.
    public func reads(_ compartment: Compartment) -> Bool {
        role > .relay && holds(compartment)
    }

    /// Whether an entry of a class in a compartment takes effect, judged from what is in the clear.
    public func mayWrite(_ entryClass: EntryClass, in compartment: Compartment) -> Bool {
        guard holds(compartment) else { return false }
        return switch entryClass {
        case .membership: compartment == .membership
        case .comment: role >= .reviewer && compartment != .membership
        case .record: role >= .contributor && compartment != .membership
        case .decision: role >= .reviewer && mayAttest && compartment != .membership
        case .erasure: role >= .steward && compartment != .membership
        }
    }
}
