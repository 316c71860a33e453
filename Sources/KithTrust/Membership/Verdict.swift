public import KithModel

extension Membership {
    /// Whether an act or entry may take effect, without regard to removals: what is not entitled by
    /// any admission in its past is kept and listed, and never applied (D23).
    public enum Verdict: String, Sendable {
        /// It may take effect.
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

    /// The verdict on an act, given the join of its author's admissions in its past.
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
        let isEntitled: Bool
        switch act {
        case .found: return .notFounder
        case .describe(let profile): return profile.site == author ? .allowed : .notSelf
        case .admit: isEntitled = grant.role >= .steward
        case .change(let site, _, _), .remove(let site, _):
            isEntitled = site == author || grant.role >= .steward
        case .mint(let compartment, _, _): isEntitled = grant.writes && grant.holds(compartment)
        case .handOver, .elect: isEntitled = grant.writes
        }
        return isEntitled ? .allowed : .notEntitled
    }

    /// The verdict on an entry of records, given the join of its author's admissions in its past.
    public static func verdict(
        on entryClass: EntryClass, in compartment: Compartment, grant: Grant?
    ) -> Verdict {
        guard let grant else { return .notMember }
        return grant.mayWrite(entryClass, in: compartment) ? .allowed : .notEntitled
    }
}
