import Foundation
import KithModel
import KithProtocol
import KithStore
import KithTransport
import KithTrust
import SwiftProtobuf

// A joiner's side of a join through a relay (D18, D31): what the invitation is to, leaving the
// request, and getting in once the inviter has picked it up.
extension LocalSite {
    /// What a code that names a relay is to, as its inviter left it there; nil when the inviter itself
    /// is reached, or the code names no relay.
    func noticeIfUnreachable(_ code: InvitationCode) async throws -> InvitationPreview? {
        guard let relay = code.relay, try await !isReached(code) else { return nil }
        let notice: JoinNotice = try await atRelay(relay) { [self] connection in
            try await self.notice(of: code, relay: relay.site, on: connection)
        }
        return InvitationPreview(
            inviter: code.inviter, inviterName: notice.inviter.name,
            partnership: notice.partnershipName, purpose: notice.purpose,
            role: notice.grant.role.name, compartments: notice.grant.compartments.sorted(),
            mayAttest: notice.grant.mayAttest, sharingEnds: notice.grant.ends,
            expires: code.expires, relay: notice.relayName)
    }

    /// Whether the inviter answers, whatever it says.
    private func isReached(_ code: InvitationCode) async throws -> Bool {
        let client = PeerClient(identity: { [self] in tlsIdentity }, now: clock)
        for address in code.addresses {
            do {
                try await client.withConnection(
                    to: try HostPort(text: address), expecting: code.inviter, root: nil
                ) { _ in }
                return true
            } catch let error as TransportError
                where [.couldNotConnect, .timedOut, .wrongSite, .tlsFailed].contains(error.code)
            {
                continue
            } catch is TransportError {
                return true
            }
        }
        return false
    }

    package func leaveJoinRequest(_ text: String) async throws -> WaitingJoinView {
        try await translating {
            let code = try readCode(text)
            guard let relay = code.relay else {
                throw SiteError(
                    .invalid,
                    "the code names no relay to leave a join request at; ask for one made with --through, or try again when the inviter can be reached"
                )
            }
            let own = try await ownProfile()
            let now = clock()
            let letterbox = InvitationCode.letterbox(secret: code.secret, relay: relay.site)
            let waiting = try await atRelay(relay) { [self] connection in
                let notice = try await self.notice(of: code, relay: relay.site, on: connection)
                let request = try LeftJoin(
                    invitation: code.id, proof: proof(code), joiner: own
                ).sealed(
                    at: .init(relay: relay.site, inviter: code.inviter, letterbox: letterbox),
                    to: notice.inviter.sealingKey, by: keys.identity, cryptography)
                try await leave(request, in: letterbox, on: connection)
                return StoredWaitingJoin(
                    invitation: code.id, letterbox: letterbox, partnership: code.partnership,
                    notice: .init(
                        inviter: code.inviter, inviterName: notice.inviter.name,
                        name: notice.partnershipName, purpose: notice.purpose,
                        grant: notice.grant, relayName: notice.relayName),
                    relay: relay, request: request, expires: code.expires, left: now)
            }
            try await store.write { try $0.addWaitingJoin(waiting) }
            return WaitingJoinView(waiting)
        }
    }

    package func waitingJoins() async throws -> [WaitingJoinView] {
        try await translating {
            try await store.read { try $0.waitingJoins() }.map(WaitingJoinView.init)
        }
    }

    package func withdrawJoinRequest(_ id: String) async throws -> WaitingJoinView {
        try await translating {
            let wanted = id.lowercased()
            let matches = try await store.read { try $0.waitingJoins() }.filter {
                wanted.count >= 4 && $0.invitation.hexadecimal.hasPrefix(wanted)
            }
            guard let match = matches.first, matches.count == 1 else {
                throw SiteError(
                    .notFound,
                    "no join request that waits has an id that begins with \(shown(id)); see 'kith status'"
                )
            }
            // Where the relay is not reached, the request may still be granted there; it is not
            // asked for any more.
            try? await atRelay(match.relay) { [self] connection in
                try await leave(
                    LeftJoin.Sealed(encapsulated: Data(), ciphertext: Data()),
                    in: match.letterbox, on: connection)
            }
            try Task.checkCancellation()
            try await store.write { try $0.removeWaitingJoin(match.invitation) }
            return WaitingJoinView(match)
        }
    }

    // MARK: Getting in

    /// Asks the relays where join requests of this site wait. Where the inviter has let it in, it
    /// takes part; else the request is left again, in case the relay has lost it.
    func askRelays() async throws {
        let now = clock()
        for join in try await store.read({ try $0.waitingJoins() })
        where now.milliseconds < join.expires.milliseconds + Self.patience {
            let problem: String?
            do {
                problem = try await ask(join, now: now)
            } catch let error as TransportError where error.code == .refused {
                problem = ended(join)
            } catch let error as TransportError where error.code == .notAPeer {
                problem = ended(join)
            } catch let error as TransportError {
                problem = "\(join.notice.relayName) was not reached: \(error.description)"
            }
            try await store.write {
                try $0.noteWaitingJoin(join.invitation, problem: problem)
            }
        }
    }

    /// For how long after the code has ended it is asked still, in milliseconds: it may have been let
    /// in at the last moment.
    private static let patience: Int64 = 30 * 86_400_000

    private func ended(_ join: StoredWaitingJoin) -> String {
        "\(join.notice.relayName) does not know the invitation to \(shown(join.notice.name)): it was used by another site, revoked or has ended; ask \(join.notice.inviterName) for a new code"
    }

    private func ask(_ join: StoredWaitingJoin, now: Instant) async throws -> String? {
        let (offered, root) = try await atRelay(join.relay) { [self] connection in
            let offers: Kith_V1_Offers
            do {
                offers = try await connection.offer(.with { $0.wantsAll = true })
            } catch let error as TransportError where error.code == .notAPeer {
                // Not let in yet; while the letterbox stands, the door is open for this.
                try await leave(join.request, in: join.letterbox, on: connection)
                return (StoredOffer?.none, connection.root)
            }
            let offer = storedOffers(offers, from: join.relay.site, now: now)
                .first { $0.partnership == join.partnership }
            if offer == nil { try await leave(join.request, in: join.letterbox, on: connection) }
            return (offer, connection.root)
        }
        guard let offered else { return nil }
        guard offered.grant == join.notice.grant else {
            return
                "\(shown(join.notice.name)) grants this site something else than the invitation showed; ask \(join.notice.inviterName), and take the request back with 'kith partnership withdraw \(join.invitation.hexadecimal)'"
        }
        try await takePart(in: join, root: root, now: now)
        return nil
    }

    private func takePart(
        in join: StoredWaitingJoin, root: RootCertificate, now: Instant
    ) async throws {
        let notice = join.notice
        try await store.write { transaction in
            let isKnown = try transaction.peers().contains { $0.site == join.relay.site }
            try transaction.setPeer(
                join.relay.site, name: notice.relayName, root: root,
                addresses: isKnown ? nil : join.relay.addresses, isEnabled: true)
            try transaction.join(
                join.partnership, name: notice.name, purpose: notice.purpose,
                through: join.relay.site, now: now)
            try transaction.removeWaitingJoins(to: join.partnership)
        }
        try await refreshDirectory()
        try await note(
            AuditItem(
                time: now,
                actor: Author(
                    user: notice.inviter.description, name: notice.inviterName,
                    role: "partner site"),
                channel: .sync, action: .administer,
                what:
                    "let this site into \(notice.name), by the request left at \(notice.relayName)"
            ))
    }

    // MARK: At the relay

    private func notice(
        of code: InvitationCode, relay: SiteID, on connection: PeerConnection
    ) async throws -> JoinNotice {
        let answer = try await connection.notice(
            .with {
                $0.letterbox = InvitationCode.letterbox(secret: code.secret, relay: relay)
            })
        do {
            return try JoinNotice(opening: answer.notice, for: code, relay: relay, cryptography)
        } catch {
            throw SiteError(
                .network,
                "the relay answered with something that the inviter did not write; ask for a new code"
            )
        }
    }

    private func leave(
        _ request: LeftJoin.Sealed, in letterbox: Data, on connection: PeerConnection
    ) async throws {
        try await connection.leave(
            .with {
                $0.letterbox = letterbox
                $0.encapsulated = request.encapsulated
                $0.ciphertext = request.ciphertext
            })
    }

    private func atRelay<Result: Sendable>(
        _ relay: InvitationCode.Relay,
        _ body: @escaping @Sendable (PeerConnection) async throws -> Result
    ) async throws -> Result {
        let client = PeerClient(identity: { [self] in tlsIdentity }, now: clock)
        var last: any Error = SiteError(.network, "the code names no address of its relay")
        for address in relay.addresses {
            do {
                return try await client.withConnection(
                    to: try HostPort(text: address), expecting: relay.site, root: nil, body)
            } catch let error as TransportError
                where [.couldNotConnect, .timedOut, .wrongSite].contains(error.code)
            {
                last = error
            }
        }
        throw last
    }
}

extension WaitingJoinView {
    init(_ join: StoredWaitingJoin) {
        self.init(
            id: join.invitation.hexadecimal, partnership: join.partnership,
            name: join.notice.name, purpose: join.notice.purpose, inviter: join.notice.inviter,
            inviterName: join.notice.inviterName, relay: join.notice.relayName,
            role: join.notice.grant.role.name,
            compartments: join.notice.grant.compartments.sorted(),
            mayAttest: join.notice.grant.mayAttest, sharingEnds: join.notice.grant.ends,
            left: join.left, expires: join.expires, problem: join.problem)
    }
}
