public import KithModel
public import KithProtocol

/// Who is in a partnership and with what, as of some causal past.
///
/// A pure function of the acts in that past: each act is judged by what its author had been granted
/// in the act's own past, and grants to one site by several acts are joined, so that every member
/// ends with the same members in whatever order the acts came. Source: `Protocol/membership.md`.
public struct Membership: Sendable {
    /// One act that took effect: a site was founded or admitted.
    public struct Admission: Sendable {
        /// The entry of the act.
        public let position: Position
        /// Who was admitted.
        public let site: SiteID
        /// With what.
        public let grant: Grant

        /// Describes an admission.
        public init(position: Position, site: SiteID, grant: Grant) {
            self.position = position
            self.site = site
            self.grant = grant
        }
    }

    /// Why an act or an entry does not take effect. A verdict; the entry is kept and listed.
    public enum Verdict: String, Sendable {
        /// It takes effect.
        case allowed
        /// Its author was not a member in its past.
        case notMember
        /// Its author was a member, but not entitled to this.
        case notEntitled
        /// The partnership's id is not derived from this founder.
        case notFounder
        /// A member describes another site than itself.
        case notSelf
    }

    /// What a site is granted in a past: all its admissions in that past, joined; nil for none.
    public static func grant(
        of site: SiteID, admissions: some Sequence<Admission>, inPast: (Position) -> Bool
    ) -> Grant? {
        var grant: Grant?
        for admission in admissions where admission.site == site && inPast(admission.position) {
            grant = grant.map { $0.joined(with: admission.grant) } ?? admission.grant
        }
        return grant
    }

    /// Whether an act takes effect, given what its author had been granted in its past.
    public static func verdict(
        on act: MembershipAct, by author: SiteID, sequence: UInt64, in partnership: PartnershipID,
        grant: Grant?
    ) -> Verdict {
        if case .found(let nonce, _, _, let founder) = act {
            let isFounder =
                founder.site == author && sequence == 1
                && PartnershipID(founder: author, nonce: Array(nonce)) == partnership
            return isFounder ? .allowed : .notFounder
        }
        guard let grant else { return .notMember }
        switch act {
        case .found: return .notFounder
        case .admit: return grant.role >= .steward ? .allowed : .notEntitled
        case .mint(let compartment, _, _):
            return grant.role >= .contributor && grant.holds(compartment) ? .allowed : .notEntitled
        case .handOver: return grant.role >= .contributor ? .allowed : .notEntitled
        case .describe(let profile): return profile.site == author ? .allowed : .notSelf
        }
    }

    /// Whether an entry of records takes effect, given what its author had been granted in its past.
    public static func verdict(
        on entryClass: EntryClass, in compartment: Compartment, grant: Grant?
    ) -> Verdict {
        guard let grant else { return .notMember }
        return grant.mayWrite(entryClass, in: compartment) ? .allowed : .notEntitled
    }
}
