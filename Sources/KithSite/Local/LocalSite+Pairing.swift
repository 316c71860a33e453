import Foundation
import KithModel
package import KithProtocol
import KithStore
package import KithTransport
import KithTrust
import SwiftProtobuf
import Synchronization

// Both ends of pairing by code (D18): the joiner's, and what the inviter answers.
extension LocalSite {
    package func previewInvitation(_ code: String) async throws -> InvitationPreview {
        try await translating {
            let code = try readCode(code)
            if let notice = try await noticeIfUnreachable(code) { return notice }
            return try await dial(code) { [self] connection in
                let response = try await connection.preview(
                    .with {
                        $0.invitation = code.id
                        $0.proof = proof(code)
                    })
                let grant = try Grant(response.grant)
                return InvitationPreview(
                    inviter: code.inviter, inviterName: response.inviterName,
                    partnership: response.partnershipName, purpose: response.purpose,
                    role: grant.role.name, compartments: grant.compartments.sorted(),
                    mayAttest: grant.mayAttest, sharingEnds: grant.ends,
                    expires: Instant(milliseconds: response.expiresS &* 1000))
            }
        }
    }

    package func join(
        _ text: String, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> JoinReport {
        try await translating {
            let code = try readCode(text)
            let own = try await ownProfile()
            let joined = try await dial(code) { [self] connection in
                let preview = try await connection.preview(
                    .with {
                        $0.invitation = code.id
                        $0.proof = proof(code)
                    })
                let response = try await connection.join(
                    .with {
                        $0.invitation = code.id
                        $0.proof = proof(code)
                        $0.site = Kith_V1_SiteProfile(own)
                    })
                let inviter = try SiteProfile(response.inviter)
                guard inviter.site == code.inviter,
                    response.partnership == Data(code.partnership.bytes)
                else {
                    throw SiteError(
                        .network,
                        "the inviting site answered for another partnership; ask for a new code")
                }
                guard response.grant == preview.grant else {
                    throw SiteError(
                        .network,
                        "the inviting site granted something else than it showed; ask its people")
                }
                return (preview, inviter)
            }
            let (preview, inviter) = joined
            let now = clock()
            try await store.write { transaction in
                try transaction.setPeer(
                    inviter.site, name: inviter.name, root: inviter.root,
                    addresses: code.addresses, isEnabled: true)
                try transaction.join(
                    code.partnership, name: preview.partnershipName, purpose: preview.purpose,
                    through: code.inviter, now: now)
            }
            try await refreshDirectory()
            let report = try await sync([code.inviter.description], progress: progress)
            guard let first = report.first else {
                throw SiteError(.network, "joined; now run 'kith sync' to take over the records")
            }
            return JoinReport(
                partnership: try await partnership(code.partnership.description), sync: first)
        }
    }

    func readCode(_ text: String) throws -> InvitationCode {
        let code: InvitationCode
        do {
            code = try InvitationCode(text: text)
        } catch {
            throw SiteError(.invalid, error.description)
        }
        guard code.inviter != keys.site else {
            throw SiteError(
                .invalid, "this site made that code; give it to the site that is to join")
        }
        guard code.expires > clock() else {
            throw SiteError(
                .invalid,
                "the code ended at \(code.expires.formatted(in: .current)); ask for a new one")
        }
        return code
    }

    func proof(_ code: InvitationCode) -> Data {
        InvitationCode.proof(
            secret: code.secret, inviter: code.inviter, joiner: keys.site,
            partnership: code.partnership)
    }

    private func dial<Result: Sendable>(
        _ code: InvitationCode,
        _ body: @escaping @Sendable (PeerConnection) async throws -> Result
    ) async throws -> Result {
        let client = PeerClient(identity: { [self] in tlsIdentity }, now: clock)
        var last: any Error = SiteError(
            .network,
            "the code names no address of its inviter; a join request can be left at its relay")
        for address in code.addresses {
            do {
                return try await client.withConnection(
                    to: try HostPort(text: address), expecting: code.inviter, root: nil, body)
            } catch let error as TransportError where error.code != .refused {
                last = error
            }
        }
        throw last
    }
}

extension LocalSite: PeerServiceHandler {
    package func preview(
        _ request: Kith_V1_PreviewRequest, from site: UnpairedSite
    ) async throws -> Kith_V1_PreviewResponse {
        let invitation = try await standing(
            request.invitation, proof: request.proof, joiner: site.siteID)
        let partnership = try await partnership(invitation.partnership.description)
        return .with {
            $0.inviterName = name
            $0.partnershipName = partnership.name
            $0.purpose = partnership.purpose
            $0.grant = Kith_V1_Grant(invitation.grant)
            $0.expiresS = invitation.expires.milliseconds / 1000
        }
    }

    package func join(
        _ request: Kith_V1_JoinRequest, from site: UnpairedSite
    ) async throws -> Kith_V1_JoinResponse {
        let invitation = try await standing(
            request.invitation, proof: request.proof, joiner: site.siteID)
        guard let profile = Self.profile(request.site, of: site) else {
            throw TransportError(.refused, "The joining site describes another site than itself.")
        }
        try await letIn(profile, by: invitation)
        let own = try await ownProfile()
        return .with {
            $0.partnership = Data(invitation.partnership.bytes)
            $0.inviter = Kith_V1_SiteProfile(own)
            $0.grant = Kith_V1_Grant(invitation.grant)
        }
    }

    /// Admits whoever holds the secret of an invitation; who was admitted by it is not again.
    func letIn(
        _ profile: SiteProfile, by invitation: StoredInvitation, leftAt relay: String? = nil
    ) async throws {
        let (now, own) = (clock(), keys.site)
        let isNew = try await store.write { transaction in
            // Looked at again inside the transaction: of two that come at once, one joins.
            guard let fresh = try transaction.invitation(invitation.id),
                [nil, profile.site].contains(fresh.usedBy)
            else { throw TransportError(.refused, Self.unusable) }
            // The answer may have been lost: whoever joined is told the same again.
            guard fresh.usedBy == nil else { return false }
            // Who is no steward any more admits nobody, whatever was promised before.
            guard try transaction.grant(of: own, in: invitation.partnership)?.role == .steward
            else { throw TransportError(.refused, Self.unusable) }
            try transaction.useInvitation(invitation.id, by: profile.site, now: now)
            try transaction.admit(
                profile, invitation.grant, invitation: invitation.id,
                to: invitation.partnership, now: now)
            return true
        }
        try await refreshDirectory()
        guard isNew else { return }
        try await note(
            AuditItem(
                time: now,
                actor: Author(
                    user: profile.site.description, name: profile.name, role: "partner site"),
                channel: .sync, action: .administer,
                what: "was admitted by the invitation \(invitation.id.hexadecimal)"
                    + (relay.map { ", by a request left at \($0)" } ?? "")))
    }

    static let unusable =
        "The invitation is not known here, was used, or has ended; ask for a new code."

    /// The invitation that a joiner holds the secret of, and that nobody else has used; every other
    /// case gets the same answer.
    func standing(
        _ id: Data, proof: Data, joiner: SiteID
    ) async throws -> StoredInvitation {
        let now = clock()
        let found = try await store.read { try $0.invitation(id) }
        guard let invitation = found, invitation.expires > now,
            invitation.failures < StoreTransaction.invitationFailures
        else { throw TransportError(.refused, Self.unusable) }
        guard
            InvitationCode.isProof(
                proof, secret: invitation.secret, inviter: keys.site, joiner: joiner,
                partnership: invitation.partnership)
        else {
            try await store.write { try $0.noteFailure(ofInvitation: id) }
            try await refreshDirectory()
            throw TransportError(.refused, Self.unusable)
        }
        if let user = invitation.usedBy {
            let isMember = try await store.read { transaction in
                try transaction.partnerships().first { $0.id == invitation.partnership }?
                    .members.contains { $0.profile.site == joiner } ?? false
            }
            guard user == joiner, isMember else {
                throw TransportError(.refused, Self.unusable)
            }
        }
        return invitation
    }
}
