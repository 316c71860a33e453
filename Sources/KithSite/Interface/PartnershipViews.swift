public import KithModel

/// What a new partnership is called and for.
public struct PartnershipDraft: Codable, Sendable {
    /// Its name.
    public var name: String
    /// Why the members share.
    public var purpose: String

    /// Describes a new partnership.
    public init(name: String, purpose: String) {
        self.name = name
        self.purpose = purpose
    }
}

/// A partnership as this site knows it.
public struct PartnershipView: Codable, Sendable {
    /// Its id.
    public var id: PartnershipID
    /// Its name.
    public var name: String
    /// Why the members share.
    public var purpose: String
    /// Whether this site is its only member for good.
    public var isPrivate: Bool
    /// The members, by name.
    public var members: [MemberView]
    /// Sites that were members, by name; this site too, when it was removed.
    public var formerMembers: [FormerMemberView]
    /// The compartments that this site holds.
    public var compartments: [Compartment]
    /// Residents in it.
    public var residents: Int
    /// Invitations that stand.
    public var invitations: [InvitationView]
    /// At a relay: what it keeps for inviters whom a joiner cannot reach.
    public var letterboxes: [LetterboxView]
    /// Bytes of its entries here.
    public var logBytes: Int64
    /// How many of them others may fill here; nil: as many as they like.
    public var quotaBytes: Int64?
    /// Years for which records are kept after the end of care.
    public var retentionYears: Int

    /// Describes a partnership.
    public init(
        id: PartnershipID, name: String, purpose: String, isPrivate: Bool, members: [MemberView],
        formerMembers: [FormerMemberView] = [], compartments: [Compartment], residents: Int,
        invitations: [InvitationView], letterboxes: [LetterboxView] = [], logBytes: Int64 = 0,
        quotaBytes: Int64? = nil,
        retentionYears: Int = 8
    ) {
        self.id = id
        self.name = name
        self.purpose = purpose
        self.isPrivate = isPrivate
        self.members = members
        self.formerMembers = formerMembers
        self.compartments = compartments
        self.residents = residents
        self.invitations = invitations
        self.letterboxes = letterboxes
        self.logBytes = logBytes
        self.quotaBytes = quotaBytes
        self.retentionYears = retentionYears
    }
}

extension PartnershipView {
    /// Whether this site only passes on what others say to each other here, and reads none of it.
    public var isRelayed: Bool { members.first(where: \.isSelf)?.role == "relay" }
}

/// How much of a partnership others may fill at this site.
public struct QuotaChange: Codable, Sendable {
    /// The partnership, by name or id.
    public var partnership: String
    /// Bytes of entries; nil: as many as they like.
    public var bytes: Int64?

    /// Describes a quota.
    public init(partnership: String, bytes: Int64?) {
        self.partnership = partnership
        self.bytes = bytes
    }
}

/// A site in a partnership.
public struct MemberView: Codable, Sendable {
    /// Which site.
    public var site: SiteID
    /// Its name.
    public var name: String
    /// The code of its kind of organisation.
    public var kind: String
    /// Its ODS code.
    public var ods: String?
    /// `steward`, `contributor`, `reviewer` or `relay`.
    public var role: String
    /// What it holds.
    public var compartments: [Compartment]
    /// Whether it may sign clinical decisions.
    public var mayAttest: Bool
    /// When sharing its compartments ends; nil: never.
    public var sharingEnds: Instant?
    /// Whether it is this site.
    public var isSelf: Bool

    /// Describes a member.
    public init(
        site: SiteID, name: String, kind: String, ods: String?, role: String,
        compartments: [Compartment], mayAttest: Bool, sharingEnds: Instant? = nil, isSelf: Bool
    ) {
        self.site = site
        self.name = name
        self.kind = kind
        self.ods = ods
        self.role = role
        self.compartments = compartments
        self.mayAttest = mayAttest
        self.sharingEnds = sharingEnds
        self.isSelf = isSelf
    }
}

/// A site that was in a partnership.
public struct FormerMemberView: Codable, Sendable {
    /// Which site.
    public var site: SiteID
    /// Its name.
    public var name: String
    /// Whether it left; else it was removed.
    public var hasLeft: Bool
    /// Who wrote that.
    public var removedBy: String
    /// When that was written, by its author's clock.
    public var removed: Instant
    /// Whether it is this site.
    public var isSelf: Bool

    /// Describes a former member.
    public init(
        site: SiteID, name: String, hasLeft: Bool, removedBy: String, removed: Instant,
        isSelf: Bool
    ) {
        self.site = site
        self.name = name
        self.hasLeft = hasLeft
        self.removedBy = removedBy
        self.removed = removed
        self.isSelf = isSelf
    }
}

extension PartnershipView {
    /// How this site's membership ended; nil while it is a member.
    public var ownRemoval: FormerMemberView? { formerMembers.first(where: \.isSelf) }
}

/// Until when compartments are shared with a member.
public enum SharingEnd: Codable, Sendable, Hashable {
    /// Without an end.
    case never
    /// Until a moment.
    case at(Instant)

    /// The moment; nil: never.
    public var instant: Instant? {
        if case .at(let instant) = self { instant } else { nil }
    }
}

extension PartnershipView {
    /// How long before sharing ends people are told, in milliseconds.
    private static let noticeMilliseconds: Int64 = 30 * 86_400_000

    /// The members with whom sharing has ended or ends within 30 days; this site alone where its own
    /// does, because then it shares with nobody.
    public func endings(now: Instant) -> [(member: MemberView, ends: Instant)] {
        let notice = Instant(milliseconds: now.milliseconds + Self.noticeMilliseconds)
        let due = members.compactMap { member in
            member.sharingEnds.flatMap { $0 <= notice ? (member, $0) : nil }
        }
        let own = due.filter { $0.0.isSelf }
        return own.isEmpty ? due : own
    }
}

/// What is to become of a member.
public struct MembershipChange: Codable, Sendable {
    /// What to do.
    public enum Act: Codable, Sendable {
        /// Admit a site that this one is paired with, or shares another partnership with.
        case admit(AdmissionDraft)
        /// Put a grant in the place of the present one; what is nil stays as it is.
        case grant(
            role: String?, compartments: [Compartment]?, mayAttest: Bool?,
            ends: SharingEnd? = nil)
        /// Remove it; this site leaves when it is the member.
        case remove
        /// Vote for it as a steward.
        case elect
    }

    /// The partnership, by name or id; nil: the only shared one.
    public var partnership: String?
    /// The member, or whom to admit, by name or by the beginning of its site id; nil: this site.
    public var member: String?
    /// What to do.
    public var act: Act

    /// Describes a change.
    public init(partnership: String?, member: String?, act: Act) {
        self.partnership = partnership
        self.member = member
        self.act = act
    }
}

/// What a site is to be admitted with.
public struct AdmissionDraft: Codable, Sendable {
    /// The role; nil: `steward` for the founder's first partner, else `contributor`.
    public var role: String?
    /// The compartments; nil: all that this site holds but `restricted`.
    public var compartments: [Compartment]?
    /// Whether it may sign clinical decisions.
    public var mayAttest: Bool
    /// When sharing its compartments ends; nil: never.
    public var sharingEnds: Instant?

    /// Describes an admission.
    public init(
        role: String? = nil, compartments: [Compartment]? = nil, mayAttest: Bool = false,
        sharingEnds: Instant? = nil
    ) {
        self.role = role
        self.compartments = compartments
        self.mayAttest = mayAttest
        self.sharingEnds = sharingEnds
    }
}

/// What came of a change of membership.
public struct MembershipReport: Codable, Sendable {
    /// The partnership after it.
    public var partnership: PartnershipView
    /// The member's name.
    public var member: String
    /// Whether it takes effect now; else it is a vote that waits for others.
    public var isInEffect: Bool

    /// Describes what came of a change.
    public init(partnership: PartnershipView, member: String, isInEffect: Bool) {
        self.partnership = partnership
        self.member = member
        self.isInEffect = isInEffect
    }
}

/// A partnership that a peer says this site was admitted to; nothing is joined yet.
public struct OfferView: Codable, Sendable {
    /// The partnership.
    public var partnership: PartnershipID
    /// Its name.
    public var name: String
    /// What it is for.
    public var purpose: String
    /// Which peer says so.
    public var site: SiteID
    /// That peer's name.
    public var siteName: String
    /// With which role.
    public var role: String
    /// With which compartments.
    public var compartments: [Compartment]
    /// Whether this site may sign clinical decisions.
    public var mayAttest: Bool
    /// When sharing its compartments ends; nil: never.
    public var sharingEnds: Instant?
    /// When it was said last.
    public var told: Instant

    /// Describes an offer.
    public init(
        partnership: PartnershipID, name: String, purpose: String, site: SiteID,
        siteName: String, role: String, compartments: [Compartment], mayAttest: Bool,
        sharingEnds: Instant? = nil,
        told: Instant
    ) {
        self.partnership = partnership
        self.name = name
        self.purpose = purpose
        self.site = site
        self.siteName = siteName
        self.role = role
        self.compartments = compartments
        self.mayAttest = mayAttest
        self.sharingEnds = sharingEnds
        self.told = told
    }
}

/// What joining brought.
public struct JoinReport: Codable, Sendable {
    /// The partnership.
    public var partnership: PartnershipView
    /// How the first sync went.
    public var sync: SyncReport

    /// Describes a join.
    public init(partnership: PartnershipView, sync: SyncReport) {
        self.partnership = partnership
        self.sync = sync
    }
}
