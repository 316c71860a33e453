import Foundation
package import KithModel
package import KithProtocol
import KithStore
package import KithTransport
import KithTrust
import Logging
import SwiftProtobuf

// Letterboxes at relays (D18, D31): the inviter's side, and what the relay answers. The rules:
// `Protocol/pairing.md`, "Through a relay".
extension LocalSite {
    /// The relay that an invitation is to name.
    func relay(_ reference: String, of partnership: PartnershipView) async throws -> StoredPeer {
        let member = try member(reference, of: partnership)
        let relays = partnership.members.filter { !$0.isSelf && $0.role == Role.relay.name }
        guard member.role == Role.relay.name, !member.isSelf else {
            throw SiteError(
                .refused,
                "\(member.name) is not a relay of \(shown(partnership.name)); "
                    + (relays.isEmpty
                        ? "invite one first, with --role relay"
                        : "name \(relays.map(\.name).joined(separator: " or "))"))
        }
        let peer = try await storedPeer(member.site.description)
        guard !peer.addresses.isEmpty else {
            throw SiteError(
                .invalid,
                "no address is known for \(peer.name); give one with 'kith peer set \(peer.site.short) --address HOST:PORT'"
            )
        }
        return peer
    }

    /// Invitations that their relay does not know of yet, and join requests that came to nothing.
    func letterboxFindings(_ status: StatusView) -> [Finding] {
        let untold = status.partnerships.flatMap(\.invitations).filter { !$0.isAtRelay }
        return untold.compactMap { invitation in
            invitation.relay.map { relay in
                Finding(
                    .warning, check: "invitation",
                    message: "\(relay) does not know of the invitation \(invitation.id) yet",
                    remedy: "run 'kith sync' when \(relay) can be reached")
            }
        }
            + status.waitingJoins.compactMap { join in
                join.problem.map {
                    Finding(
                        .warning, check: "join request", message: $0,
                        remedy:
                            "'kith partnership withdraw \(join.id)' takes the request back")
                }
            }
    }

    // MARK: The inviter

    /// Says at a relay which letterboxes this site keeps there, and admits whose requests were left.
    ///
    /// What was dealt with is reported, so that the relay forgets it; rounds end when nothing is new.
    func visitLetterboxes(on connection: PeerConnection, at relay: StoredPeer) async throws {
        var taken: Set<Data> = []
        for _ in 0...Limits.letterboxes * Limits.joinsInLetterbox / Limits.joinsCollected + 1 {
            let now = clock()
            let kept = try await store.read { try $0.invitations(through: relay.site, at: now) }
            guard !kept.isEmpty else { return }
            let standing = kept.filter { $0.stands(at: now) }.prefix(Limits.letterboxes)
            let answer: Kith_V1_CollectResponse
            do {
                let boxes = try await letterboxes(of: standing, at: relay)
                answer = try await connection.collect(
                    .with {
                        $0.letterboxes = boxes
                        $0.taken = Array(taken)
                    })
            } catch let error as TransportError where error.code == .protocolError {
                // Software that does not know of letterboxes syncs all the same.
                return
            }
            let refused = Set(answer.refusals.map(\.letterbox))
            for refusal in answer.refusals.prefix(Limits.letterboxes) {
                logger.warning(
                    "a relay does not keep a letterbox",
                    metadata: [
                        "peer.site": "\(relay.site.short)",
                        "why": "\(ShownText(line: String(refusal.reason.prefix(200))).text)",
                    ])
            }
            let told = standing.filter { !refused.contains(letterbox(of: $0, at: relay.site)) }
            try await store.write {
                try $0.noteLetterboxes(of: told.map(\.id), at: relay.site, now: now)
            }
            let fresh = answer.requests.prefix(Limits.joinsCollected).map { message in
                (
                    message.letterbox,
                    LeftJoin.Sealed(
                        encapsulated: message.encapsulated, ciphertext: message.ciphertext)
                )
            }.filter { !taken.contains($0.1.hash) }
            guard !fresh.isEmpty else { return }
            for (letterbox, request) in fresh {
                try await take(request, from: letterbox, among: kept, at: relay)
                taken.insert(request.hash)
            }
        }
    }

    private func letterbox(of invitation: StoredInvitation, at relay: SiteID) -> Data {
        InvitationCode.letterbox(secret: invitation.secret, relay: relay)
    }

    private func letterboxes(
        of invitations: ArraySlice<StoredInvitation>, at relay: StoredPeer
    ) async throws -> [Kith_V1_Letterbox] {
        let own = try await ownProfile()
        let partnerships = try await store.read { try $0.partnerships() }
        return try invitations.compactMap { invitation in
            guard let partnership = partnerships.first(where: { $0.id == invitation.partnership })
            else { return nil }
            let code = InvitationCode(
                inviter: keys.site, partnership: invitation.partnership,
                secret: invitation.secret, expires: invitation.expires,
                addresses: invitation.addresses)
            let notice = JoinNotice(
                inviter: own, partnershipName: partnership.name, purpose: partnership.purpose,
                grant: invitation.grant, relayName: relay.name)
            let sealed = try notice.sealed(
                for: code, relay: relay.site, by: keys.identity, cryptography)
            return .with {
                $0.id = letterbox(of: invitation, at: relay.site)
                $0.partnership = Data(invitation.partnership.bytes)
                $0.expiresS = invitation.expires.milliseconds / 1000
                $0.notice = sealed
            }
        }
    }

    /// Admits by a request that was left, if it is good. One that is not is dropped, and the rules of
    /// invitations hold: five wrong proofs end one.
    private func take(
        _ request: LeftJoin.Sealed, from letterbox: Data, among kept: [StoredInvitation],
        at relay: StoredPeer
    ) async throws {
        let invitation = kept.first { self.letterbox(of: $0, at: relay.site) == letterbox }
        do {
            guard let invitation else { throw TransportError(.refused, Self.unusable) }
            let left = try LeftJoin(
                opening: request,
                at: LeftJoin.Place(relay: relay.site, inviter: keys.site, letterbox: letterbox),
                with: keys.sealing, cryptography)
            guard left.invitation == invitation.id, left.joiner.site != keys.site else {
                throw TransportError(.refused, Self.unusable)
            }
            let standing = try await standing(
                left.invitation, proof: left.proof, joiner: left.joiner.site)
            try await letIn(left.joiner, by: standing, leftAt: relay.name)
        } catch let fault as ProtocolFault {
            note(dropped: fault.description, at: relay)
        } catch let error as TransportError where error.code == .refused {
            note(dropped: error.message, at: relay)
        }
    }

    private func note(dropped why: String, at relay: StoredPeer) {
        logger.warning(
            "a join request that was left at a relay is not good",
            metadata: ["peer.site": "\(relay.site.short)", "why": "\(why)"])
    }

    // MARK: The relay

    package func collect(
        _ request: Kith_V1_CollectRequest, from peer: SiteID
    ) async throws -> Kith_V1_CollectResponse {
        guard request.letterboxes.count <= Limits.letterboxes,
            request.taken.count <= Limits.letterboxes * Limits.joinsInLetterbox
        else { throw TransportError(.refused, "Those are more letterboxes than a relay keeps.") }
        let now = clock()
        let latest = Instant(milliseconds: now.milliseconds + 366 * 86_400_000)
        let boxes = try request.letterboxes.map { message in
            guard let partnership = PartnershipID(bytes: message.partnership),
                (0...Instant.range.upperBound / 1000).contains(message.expiresS)
            else { throw TransportError(.refused, "That letterbox cannot be read.") }
            return StoredLetterbox(
                id: message.id, partnership: partnership, keeper: peer, notice: message.notice,
                expires: min(Instant(milliseconds: message.expiresS * 1000), latest))
        }
        let (refused, left) = try await store.write { transaction in
            let refused = try transaction.keepLetterboxes(boxes, of: peer, now: now)
            try transaction.dropLeftJoins(request.taken, of: peer)
            return (refused, try transaction.leftJoins(for: peer))
        }
        try await refreshDirectory()
        return .with {
            $0.refusals = refused.map { id, refusal in
                .with {
                    $0.letterbox = id
                    $0.reason = refusal.reason
                }
            }
            $0.requests = left.map { letterbox, request in
                .with {
                    $0.letterbox = letterbox
                    $0.encapsulated = request.encapsulated
                    $0.ciphertext = request.ciphertext
                }
            }
        }
    }

    package func notice(
        _ request: Kith_V1_NoticeRequest, from site: UnpairedSite
    ) async throws -> Kith_V1_NoticeResponse {
        let box = try await openLetterbox(request.letterbox)
        return .with { $0.notice = box.notice }
    }

    package func leave(
        _ request: Kith_V1_SealedJoin, from site: UnpairedSite
    ) async throws -> Kith_V1_LeaveResponse {
        let now = clock()
        let sealed = LeftJoin.Sealed(
            encapsulated: request.encapsulated, ciphertext: request.ciphertext)
        try await store.write { transaction in
            guard let box = try transaction.letterbox(request.letterbox, at: now) else {
                throw TransportError(.refused, Self.unusable)
            }
            do {
                if sealed.byteCount == 0 {
                    try transaction.takeBack(from: box, by: site.siteID)
                } else {
                    try transaction.leave(sealed, in: box, by: site.siteID, now: now)
                }
            } catch let refusal as LetterboxRefusal {
                throw TransportError(.refused, "The request was not kept: \(refusal.reason).")
            }
        }
        return Kith_V1_LeaveResponse()
    }

    private func openLetterbox(_ id: Data) async throws -> StoredLetterbox {
        let now = clock()
        guard let box = try await store.read({ try $0.letterbox(id, at: now) }) else {
            throw TransportError(.refused, Self.unusable)
        }
        return box
    }
}
