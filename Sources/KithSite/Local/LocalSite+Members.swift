import Foundation
import KithModel
import KithStore
import KithTrust

// Who is in a partnership, and with what (D17).
extension LocalSite {
    package func changeMembership(_ change: MembershipChange) async throws -> MembershipReport {
        try await translating {
            let partnership = try await targetPartnership(change.partnership)
            if case .admit(let draft) = change.act {
                return try await admit(change.member, draft, to: partnership)
            }
            guard !partnership.isPrivate else {
                throw SiteError(
                    .refused, "the private partnership has this site as its only member for good")
            }
            guard let own = partnership.members.first(where: \.isSelf) else {
                throw SiteError(
                    .refused,
                    "this site is not a member of \(shown(partnership.name)) any more")
            }
            let member = try change.member.map { try self.member($0, of: partnership) } ?? own
            let now = clock()
            let (id, site) = (partnership.id, member.site)
            switch change.act {
            case .admit: preconditionFailure("an admission is not a change of a member")
            case .remove:
                try checkRemoval(of: member, by: own, in: partnership)
                try await store.write { try $0.remove(site, from: id, now: now) }
            case .elect:
                guard own.role == Role.steward.name || own.role == Role.contributor.name else {
                    throw SiteError(.refused, "only members that write vote for a steward")
                }
                guard member.role != Role.steward.name else {
                    throw SiteError(.invalid, "\(member.name) is a steward already")
                }
                try await store.write { try $0.elect(site, in: id, now: now) }
            case .grant(let role, let compartments, let mayAttest, let ends):
                let grant = try grant(
                    role: role, compartments: compartments, mayAttest: mayAttest, ends: ends,
                    for: member, by: own, in: partnership)
                try await store.write { transaction in
                    // More of the same is joined to what there is: a cut would cast out what the
                    // member wrote meanwhile, for example until its agreement was prolonged.
                    if own.role == Role.steward.name,
                        try transaction.isWidening(site, to: grant, in: id),
                        let profile = try transaction.knownProfile(of: site)
                    {
                        try transaction.admit(
                            profile, grant, invitation: Data(), to: id, now: now)
                    } else {
                        try transaction.change(site, to: grant, in: id, now: now)
                    }
                }
            }
            try await refreshDirectory()
            let after = try await self.partnership(id.description)
            return MembershipReport(
                partnership: after, member: member.name,
                isInEffect: isInEffect(change.act, on: member, in: after))
        }
    }

    private func isInEffect(
        _ act: MembershipChange.Act, on member: MemberView, in after: PartnershipView
    ) -> Bool {
        let now = after.members.first { $0.site == member.site }
        return switch act {
        case .admit: now != nil
        case .remove: now == nil
        case .elect: now?.role == Role.steward.name
        case .grant(let role, _, _, _): now != nil && (role == nil || now?.role == role)
        }
    }

    func member(
        _ reference: String, of partnership: PartnershipView
    ) throws -> MemberView {
        let wanted = reference.lowercased()
        let exact = partnership.members.filter {
            $0.name.lowercased() == wanted || $0.site.description.lowercased() == wanted
        }
        let similar =
            exact.isEmpty
            ? partnership.members.filter {
                $0.name.lowercased().hasPrefix(wanted)
                    || (wanted.count >= 4 && $0.site.description.lowercased().hasPrefix(wanted))
            } : exact
        guard let match = similar.first else {
            throw SiteError(
                .notFound,
                "no member of \(shown(partnership.name)) is called \(shown(reference)); see 'kith partnership show'"
            )
        }
        guard similar.count == 1 else {
            throw SiteError(
                .ambiguous, "\(shown(reference)) may mean several members; give the site id")
        }
        return match
    }

    private func checkRemoval(
        of member: MemberView, by own: MemberView, in partnership: PartnershipView
    ) throws {
        guard member.isSelf || own.role == Role.steward.name else {
            throw SiteError(
                .refused, "only a steward removes members; ask \(stewards(partnership))")
        }
        let others = partnership.members.filter { !$0.isSelf }
        if member.isSelf, own.role == Role.steward.name, !others.isEmpty,
            !others.contains(where: { $0.role == Role.steward.name })
        {
            throw SiteError(
                .refused,
                "this site is the last steward; make another member one first, with 'kith partnership change SITE --role steward'"
            )
        }
    }

    private func grant(
        role: String?, compartments: [Compartment]?, mayAttest: Bool?, ends: SharingEnd?,
        for member: MemberView, by own: MemberView, in partnership: PartnershipView
    ) throws -> Grant {
        guard let role = Role(name: role ?? member.role) else {
            throw SiteError(
                .invalid,
                "a role is one of: \(Role.allCases.reversed().map(\.name).joined(separator: ", "))")
        }
        let present = Set(member.compartments)
        let wanted = compartments.map { Set($0) } ?? present
        // Only what this site holds can be handed over; what the member has already may stay.
        guard wanted.isSubset(of: Set(partnership.compartments).union(present)) else {
            throw SiteError(
                .refused,
                "this site can only grant what it holds: \(partnership.compartments.map(\.name).joined(separator: ", "))"
            )
        }
        let grant = Grant(
            role: role, compartments: wanted, mayAttest: mayAttest ?? member.mayAttest,
            ends: ends.map(\.instant) ?? member.sharingEnds)
        let before = Grant(
            role: Role(name: member.role) ?? .relay, compartments: present,
            mayAttest: member.mayAttest, ends: member.sharingEnds)
        try checkEnd(ends?.instant)
        guard grant != before else {
            throw SiteError(.invalid, "\(member.name) has that already; nothing was changed")
        }
        guard own.role == Role.steward.name || (member.isSelf && grant.isWithin(before)) else {
            throw SiteError(
                .refused, "only a steward changes members; ask \(stewards(partnership))")
        }
        return grant
    }

    private func stewards(_ partnership: PartnershipView) -> String {
        let names = partnership.members.filter { $0.role == Role.steward.name }.map(\.name)
        return names.isEmpty
            ? "the others to elect one with 'kith partnership elect'"
            : names.joined(separator: " or ")
    }

    package func revokeInvitation(_ id: String) async throws -> InvitationView {
        try await translating {
            let now = clock()
            let standing = try await store.read { try $0.standingInvitations(at: now) }
            let wanted = id.lowercased()
            let matches = standing.filter {
                wanted.count >= 4 && $0.id.hexadecimal.hasPrefix(wanted)
            }
            guard let match = matches.first, matches.count == 1 else {
                throw SiteError(
                    .notFound,
                    "no standing invitation has an id that begins with \(shown(id)); see 'kith partnership show'"
                )
            }
            let name = try await partnership(match.partnership.description).name
            try await store.write { try $0.revokeInvitation(match.id, now: now) }
            try await refreshDirectory()
            if let relay = match.relay { await tell(relay) }
            return InvitationView(match, partnership: name, relayName: nil)
        }
    }
}

extension FormerMemberView {
    init(_ former: StoredFormerMember, in partnership: StoredPartnership, isSelf: Bool) {
        let everyone = partnership.members.map(\.profile) + partnership.formerMembers.map(\.profile)
        self.init(
            site: former.profile.site, name: former.profile.name,
            hasLeft: former.remover == former.profile.site,
            removedBy: everyone.first { $0.site == former.remover }?.name ?? former.remover.short,
            removed: former.recorded, isSelf: isSelf)
    }
}
