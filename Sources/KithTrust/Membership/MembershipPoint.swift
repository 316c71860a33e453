public import KithModel

/// The place of an entry in the graph, as far as membership asks.
public protocol MembershipPoint {
    /// The compartment of the entry's feed.
    var compartment: Compartment { get }
    /// Whether an act lies in the entry's causal past.
    func knows(_ act: EntryHash) throws -> Bool
    /// Whether the entry is one of the ends that an act's cut names, or before one in its chain.
    func isWithin(cutOf act: EntryHash) throws -> Bool
}

/// After all that is known here: every removal counts for what is written from now on.
struct EveryAct: MembershipPoint {
    let compartment = Compartment.membership
    func knows(_: EntryHash) -> Bool { true }
    func isWithin(cutOf _: EntryHash) -> Bool { false }
}

/// What the author of an entry knew of others when writing it: removals elsewhere do not count.
struct KnownActs<Point: MembershipPoint>: MembershipPoint {
    let point: Point
    let compartment = Compartment.membership
    func knows(_ act: EntryHash) throws -> Bool { try point.knows(act) }
    func isWithin(cutOf _: EntryHash) -> Bool { true }
}
