public import KithModel

/// A join request of this site that waits at a relay until its inviter picks it up.
public struct WaitingJoinView: Codable, Sendable {
    /// The invitation's id, which the inviter sees too.
    public var id: String
    /// The partnership.
    public var partnership: PartnershipID
    /// Its name.
    public var name: String
    /// What it is for.
    public var purpose: String
    /// Who invites.
    public var inviter: SiteID
    /// Its name.
    public var inviterName: String
    /// The name of the relay.
    public var relay: String
    /// With which role.
    public var role: String
    /// With which compartments.
    public var compartments: [Compartment]
    /// Whether this site may sign clinical decisions.
    public var mayAttest: Bool
    /// When sharing its compartments ends; nil: never.
    public var sharingEnds: Instant?
    /// When it was left.
    public var left: Instant
    /// When the invitation ends.
    public var expires: Instant
    /// What the relay last said against it; nil: it waits.
    public var problem: String?

    /// Describes a join request.
    public init(
        id: String, partnership: PartnershipID, name: String, purpose: String, inviter: SiteID,
        inviterName: String, relay: String, role: String, compartments: [Compartment],
        mayAttest: Bool, sharingEnds: Instant? = nil, left: Instant, expires: Instant,
        problem: String? = nil
    ) {
        self.id = id
        self.partnership = partnership
        self.name = name
        self.purpose = purpose
        self.inviter = inviter
        self.inviterName = inviterName
        self.relay = relay
        self.role = role
        self.compartments = compartments
        self.mayAttest = mayAttest
        self.sharingEnds = sharingEnds
        self.left = left
        self.expires = expires
        self.problem = problem
    }

    /// How it stands, in one line.
    public var words: String {
        problem
            ?? "the join request to \(name) waits at \(relay) for \(inviterName); sync again later"
    }
}

/// What a relay keeps for an inviter: what is invited to, and join requests, all sealed.
public struct LetterboxView: Codable, Sendable {
    /// The inviter's name.
    public var keeper: String
    /// Join requests in it.
    public var requests: Int
    /// Bytes of all that is in it.
    public var bytes: Int64
    /// When it ends.
    public var expires: Instant

    /// Describes a letterbox.
    public init(keeper: String, requests: Int, bytes: Int64, expires: Instant) {
        self.keeper = keeper
        self.requests = requests
        self.bytes = bytes
        self.expires = expires
    }
}
