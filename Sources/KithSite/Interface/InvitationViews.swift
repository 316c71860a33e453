public import KithModel

/// What an invitation is to grant.
public struct InvitationDraft: Codable, Sendable {
    /// The partnership, by name or id.
    public var partnership: String
    /// The role that the joiner gets; nil: `steward` for the founder's first partner, else `contributor`.
    public var role: String?
    /// The compartments; nil: all that this site holds.
    public var compartments: [Compartment]?
    /// Whether the joiner may sign clinical decisions.
    public var mayAttest: Bool
    /// When sharing its compartments ends; nil: never.
    public var sharingEnds: Instant?
    /// Where the joiner reaches this site, as HOST:PORT; empty: the address the daemon listens on.
    public var addresses: [String]
    /// A member that is a relay, by name or site id: where a joiner who cannot reach this site leaves
    /// its request, sealed.
    public var relay: String?
    /// How many hours the code is good for.
    public var hours: Int

    /// Describes an invitation.
    public init(
        partnership: String, role: String? = nil, compartments: [Compartment]? = nil,
        mayAttest: Bool = false, sharingEnds: Instant? = nil, addresses: [String] = [],
        relay: String? = nil, hours: Int = 168
    ) {
        self.partnership = partnership
        self.role = role
        self.compartments = compartments
        self.mayAttest = mayAttest
        self.sharingEnds = sharingEnds
        self.addresses = addresses
        self.relay = relay
        self.hours = hours
    }
}

/// An invitation that stands.
public struct InvitationView: Codable, Sendable {
    /// The code to hand over; only when it has just been made.
    public var code: String?
    /// Its name in lists.
    public var id: String
    /// The partnership's name.
    public var partnership: String
    /// The role.
    public var role: String
    /// The compartments.
    public var compartments: [Compartment]
    /// Whether the joiner may sign clinical decisions.
    public var mayAttest: Bool
    /// When sharing its compartments ends; nil: never.
    public var sharingEnds: Instant?
    /// Where the joiner reaches this site.
    public var addresses: [String]
    /// When it ends.
    public var expires: Instant
    /// The name of the relay that it names.
    public var relay: String?
    /// Whether that relay knows of it; else it learns of it when the two next meet.
    public var isAtRelay: Bool

    /// Describes an invitation.
    public init(
        code: String?, id: String, partnership: String, role: String, compartments: [Compartment],
        mayAttest: Bool, sharingEnds: Instant? = nil, addresses: [String], expires: Instant,
        relay: String? = nil, isAtRelay: Bool = false
    ) {
        self.code = code
        self.id = id
        self.partnership = partnership
        self.role = role
        self.compartments = compartments
        self.mayAttest = mayAttest
        self.sharingEnds = sharingEnds
        self.addresses = addresses
        self.expires = expires
        self.relay = relay
        self.isAtRelay = isAtRelay
    }
}

/// What a joiner is told before saying yes.
public struct InvitationPreview: Codable, Sendable {
    /// Who invites.
    public var inviter: SiteID
    /// Its name.
    public var inviterName: String
    /// Into which partnership.
    public var partnership: String
    /// What it is for.
    public var purpose: String
    /// With which role.
    public var role: String
    /// With which compartments.
    public var compartments: [Compartment]
    /// Whether the joiner may sign clinical decisions.
    public var mayAttest: Bool
    /// When sharing its compartments ends; nil: never.
    public var sharingEnds: Instant?
    /// Until when.
    public var expires: Instant
    /// The relay that told, by name, because the inviter was not reached: there the join request
    /// waits for the inviter. Nil: the inviter told.
    public var relay: String?

    /// Describes an invitation to its receiver.
    public init(
        inviter: SiteID, inviterName: String, partnership: String, purpose: String, role: String,
        compartments: [Compartment], mayAttest: Bool, sharingEnds: Instant? = nil, expires: Instant,
        relay: String? = nil
    ) {
        self.inviter = inviter
        self.inviterName = inviterName
        self.partnership = partnership
        self.purpose = purpose
        self.role = role
        self.compartments = compartments
        self.mayAttest = mayAttest
        self.sharingEnds = sharingEnds
        self.expires = expires
        self.relay = relay
    }
}
