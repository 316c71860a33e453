import Foundation
import KithModel
import KithProtocol
import KithStore
import KithTransport
import KithTrust
import Synchronization

extension LocalSite {
    package func createPartnership(_ draft: PartnershipDraft) async throws -> PartnershipView {
        try await translating {
            let name = try line(draft.name, "a partnership's name")
            let purpose = try line(draft.purpose, "a partnership's purpose")
            if try await partnerships().contains(where: { $0.name == name }) {
                throw SiteError(
                    .invalid, "there is a partnership of that name already; choose another name")
            }
            let profile = try await ownProfile()
            let id = try await store.write { [clock] transaction in
                try transaction.found(
                    name: name, purpose: purpose, profile: profile, isPrivate: false,
                    now: clock())
            }
            return try await partnership(id.description)
        }
    }

    package func partnerships() async throws -> [PartnershipView] {
        try await translating {
            let now = clock()
            let site = keys.site
            return try await store.read { transaction in
                let invitations = try transaction.standingInvitations(at: now)
                let boxes = try transaction.standingLetterboxes(at: now)
                let names = Dictionary(
                    try transaction.peers().map { ($0.site, $0.name) },
                    uniquingKeysWith: { first, _ in first })
                let residentKind = Vocabulary.kind(named: "resident")?.number ?? 0
                return try transaction.partnerships().map { partnership in
                    let own = partnership.members.first { $0.profile.site == site }?.grant
                    // A site that was removed keeps what it held.
                    let kept = try transaction.writtenCompartments(of: partnership.id)
                        .map(\.compartment)
                    return PartnershipView(
                        id: partnership.id, name: partnership.name, purpose: partnership.purpose,
                        isPrivate: partnership.isPrivate,
                        members: partnership.members.map {
                            MemberView($0, isSelf: $0.profile.site == site)
                        },
                        formerMembers: partnership.formerMembers.map {
                            FormerMemberView($0, in: partnership, isSelf: $0.profile.site == site)
                        },
                        compartments: Compartment.allCases.filter {
                            own?.holds($0) ?? kept.contains($0)
                        },
                        residents: try transaction.recordCount(
                            ofKind: residentKind, in: partnership.id),
                        invitations: invitations.filter { $0.partnership == partnership.id }
                            .map { invitation in
                                InvitationView(
                                    invitation, partnership: partnership.name,
                                    relayName: invitation.relay.map { names[$0] ?? $0.short })
                            },
                        letterboxes: boxes.filter { $0.partnership == partnership.id }
                            .map { LetterboxView($0, keeper: names[$0.keeper]) },
                        logBytes: partnership.logBytes, quotaBytes: partnership.quotaBytes,
                        retentionYears: partnership.retentionYears)
                }
            }
        }
    }

    package func setQuota(_ change: QuotaChange) async throws -> PartnershipView {
        try await translating {
            guard change.bytes.map({ (1...(1 << 50)).contains($0) }) ?? true else {
                throw SiteError(.invalid, "a quota is a size, for example 500MB, or none")
            }
            let id = try await partnership(change.partnership).id
            try await store.write { try $0.setQuota(of: id, bytes: change.bytes) }
            return try await partnership(id.description)
        }
    }

    package func partnership(_ reference: String) async throws -> PartnershipView {
        let all = try await partnerships()
        let wanted = reference.lowercased()
        let exact = all.filter {
            $0.name.lowercased() == wanted || $0.id.description == reference.uppercased()
        }
        if let match = exact.first, exact.count == 1 { return match }
        let similar = all.filter {
            $0.name.lowercased().hasPrefix(wanted)
                || (wanted.count >= 4 && $0.id.description.lowercased().hasPrefix(wanted))
        }
        guard let match = similar.first else {
            throw SiteError(
                .notFound,
                "there is no partnership \(shown(reference)); see 'kith partnership list'")
        }
        guard similar.count == 1 else {
            throw SiteError(
                .ambiguous,
                "\(shown(reference)) may mean \(similar.map(\.name).joined(separator: " or ")); give the whole name"
            )
        }
        return match
    }

    /// The partnership that new records go to: the named one, or the only shared one.
    func targetPartnership(_ reference: String?) async throws -> PartnershipView {
        if let reference { return try await partnership(reference) }
        let shared = try await partnerships().filter { !$0.isPrivate && $0.ownRemoval == nil }
        guard let only = shared.first else {
            throw SiteError(
                .invalid,
                "this site shares no partnership yet; make one with 'kith partnership create', or name the private one with --partnership"
            )
        }
        guard shared.count == 1 else {
            throw SiteError(
                .ambiguous,
                "say which partnership with --partnership: \(shared.map(\.name).joined(separator: ", "))"
            )
        }
        return only
    }

    package func invite(_ draft: InvitationDraft) async throws -> InvitationView {
        try await translating {
            let partnership = try await partnership(draft.partnership)
            try checkMayAdmit(to: partnership)
            let grant = try grant(for: draft, in: partnership)
            let relay: StoredPeer? =
                if let name = draft.relay { try await self.relay(name, of: partnership) } else {
                    nil
                }
            let addresses =
                draft.addresses.isEmpty ? try await ownAddresses() : draft.addresses
            guard !addresses.isEmpty || relay != nil else {
                throw SiteError(
                    .invalid,
                    "say where this site can be reached, for this code with --address HOST:PORT or for good with 'kith address HOST:PORT', or name a relay with --through"
                )
            }
            let checked = try addresses.map { try HostPort(text: $0).description }
            guard (1...24 * 366).contains(draft.hours) else {
                throw SiteError(.invalid, "an invitation lasts from 1 hour to 366 days")
            }
            let code = InvitationCode(
                inviter: keys.site, partnership: partnership.id,
                secret: cryptography.randomBytes(16),
                expires: Instant(
                    milliseconds: clock().milliseconds + Int64(draft.hours) * 3_600_000),
                addresses: checked,
                relay: relay.map { .init(site: $0.site, addresses: Array($0.addresses.prefix(4))) })
            try await store.write { try $0.addInvitation(code, grant: grant) }
            try await refreshDirectory()
            if let relay { await tell(relay) }
            let kept = try await store.read { try $0.invitation(code.id) }
            return InvitationView(
                code: code.text, id: code.id.hexadecimal, partnership: partnership.name,
                role: grant.role.name, compartments: grant.compartments.sorted(),
                mayAttest: grant.mayAttest, sharingEnds: grant.ends, addresses: checked,
                expires: code.expires, relay: relay?.name, isAtRelay: kept?.told != nil)
        }
    }

    func grant(for draft: InvitationDraft, in partnership: PartnershipView) throws -> Grant {
        // The founder's first partner is a steward too, so that no one site is in charge (D17).
        let first = partnership.members.count == 1
        let name = draft.role ?? (first ? Role.steward.name : Role.contributor.name)
        guard let role = Role(name: name) else {
            throw SiteError(
                .invalid,
                "a role is one of: \(Role.allCases.reversed().map(\.name).joined(separator: ", "))")
        }
        let held = Set(partnership.compartments)
        let wanted = draft.compartments.map { Set($0) } ?? held.subtracting([.restricted])
        guard wanted.isSubset(of: held.union([.membership])) else {
            throw SiteError(
                .refused,
                "this site can only share what it holds: \(partnership.compartments.map(\.name).joined(separator: ", "))"
            )
        }
        try checkEnd(draft.sharingEnds)
        return Grant(
            role: role, compartments: wanted, mayAttest: draft.mayAttest, ends: draft.sharingEnds)
    }

    /// Throws where sharing would end before it began.
    func checkEnd(_ ends: Instant?) throws {
        guard let ends, ends <= clock() else { return }
        throw SiteError(
            .invalid,
            "sharing cannot end in the past; 'kith partnership remove' ends a membership now")
    }

    func line(_ text: String, _ what: String) throws -> String {
        let normal = text.precomposedStringWithCanonicalMapping
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard (1...500).contains(normal.count), ShownText(line: normal).text == normal else {
            throw SiteError(.invalid, "\(what) is one line of 1 to 500 characters")
        }
        return normal
    }

    func shown(_ text: String) -> String { "'\(ShownText(line: String(text.prefix(60))).text)'" }
}

extension MemberView {
    init(_ member: StoredMember, isSelf: Bool) {
        self.init(
            site: member.profile.site, name: member.profile.name, kind: member.profile.kind,
            ods: member.profile.ods.isEmpty ? nil : member.profile.ods,
            role: member.grant.role.name,
            compartments: Compartment.allCases.filter { member.grant.holds($0) },
            mayAttest: member.grant.mayAttest, sharingEnds: member.grant.ends, isSelf: isSelf)
    }
}

extension InvitationView {
    init(_ invitation: StoredInvitation, partnership: String, relayName: String?) {
        self.init(
            code: nil, id: invitation.id.hexadecimal, partnership: partnership,
            role: invitation.grant.role.name, compartments: invitation.grant.compartments.sorted(),
            mayAttest: invitation.grant.mayAttest, sharingEnds: invitation.grant.ends,
            addresses: invitation.addresses,
            expires: invitation.expires, relay: relayName, isAtRelay: invitation.told != nil)
    }
}

extension LetterboxView {
    init(_ box: StoredLetterbox, keeper: String?) {
        self.init(
            keeper: keeper ?? box.keeper.short, requests: box.requests, bytes: box.bytes,
            expires: box.expires)
    }
}
