import Foundation
import KithModel
package import KithProtocol
import KithStore
package import KithTransport
import KithTrust
import SwiftProtobuf
import Synchronization

/// Pairing by phone as far as it has come, in memory: whoever stops in the middle begins anew.
struct PhoneState {
    /// What two people are comparing.
    struct Comparison: Sendable {
        let id: String
        let words: ComparedWords
        let profile: SiteProfile
        /// Where it was dialled; nil when it dialled us.
        let address: String?
    }

    /// This site's person waits for a partner.
    struct Wait {
        var rules: PairingWait
        let arrivals: AsyncStream<Comparison>
        let arrived: AsyncStream<Comparison>.Continuation
        /// Whether a command waits for the next arrival at this moment.
        var isWatched = false
    }

    var wait: Wait?
    var comparisons: [String: Comparison] = [:]
}

// Pairing by phone (D18): the dialling side, the waiting side, and what the waiting side answers.
extension LocalSite {
    package func pair(_ request: PairingRequest) async throws -> ComparisonView {
        try await translating {
            let comparison =
                if let address = request.address {
                    try await dialToPair(address)
                } else {
                    try await waitToPair(isAnotherTry: request.isAnotherTry)
                }
            return ComparisonView(
                id: comparison.id, words: comparison.words.words, site: comparison.profile.site,
                name: comparison.profile.name, kind: comparison.profile.kind)
        }
    }

    package func decidePairing(_ decision: PairingDecision) async throws -> PairingOutcome {
        try await translating {
            let found = phone.withLock { $0.comparisons.removeValue(forKey: decision.id) }
            guard let comparison = found else {
                throw SiteError(
                    .notFound, "that comparison is over; begin anew with 'kith peer pair'")
            }
            guard decision.isSame else {
                let isOver = phone.withLock { state in
                    if comparison.address == nil { state.wait?.rules.differed() }
                    return state.wait?.rules.isOver(at: clock()) ?? true
                }
                let left = phone.withLock { $0.wait?.rules.triesLeft ?? 0 }
                if isOver { stopWaiting() }
                return PairingOutcome(peer: nil, triesLeft: isOver ? 0 : left)
            }
            let (profile, now) = (comparison.profile, clock())
            try await store.write { transaction in
                try transaction.addPairing(profile, now: now)
                try transaction.setPeer(
                    profile.site, name: profile.name, root: profile.root,
                    addresses: comparison.address.map { [$0] }, isEnabled: true)
            }
            try await refreshDirectory()
            if comparison.address == nil { stopWaiting() }
            guard let peer = try await peers().first(where: { $0.site == profile.site }) else {
                throw SiteError(.store, "the pairing was not kept; begin anew")
            }
            return PairingOutcome(peer: peer, triesLeft: 0)
        }
    }

    package func removePeer(_ reference: String) async throws -> PeerView {
        try await translating {
            let site = try await storedPeer(reference).site
            guard let peer = try await peers().first(where: { $0.site == site }) else {
                throw SiteError(.notFound, "the peer is gone; see 'kith peer list'")
            }
            guard peer.partnerships.isEmpty,
                try await store.write({ try $0.removePairing(with: site) })
            else {
                throw SiteError(
                    .refused,
                    "\(peer.name) shares a partnership with this site; 'kith partnership remove' ends that"
                )
            }
            try await refreshDirectory()
            return peer
        }
    }

    // MARK: The dialling side

    private func dialToPair(_ text: String) async throws -> PhoneState.Comparison {
        let address = try HostPort(text: text)
        let own = try await ownProfile()
        let nonce = cryptography.randomBytes(32)
        let (site, cryptography) = (keys.site, cryptography)
        let client = PeerClient(identity: { [self] in tlsIdentity }, now: clock)
        do {
            let comparison = try await client.withConnection(
                to: address, expecting: nil, root: nil
            ) { connection in
                guard connection.site != site else {
                    throw SiteError(
                        .invalid, "\(address) is this site itself; give the partner's address")
                }
                try await checkUnacquainted(connection.site)
                let answer = try await connection.commit(
                    .with {
                        $0.commitment = ComparedWords.commitment(
                            dialler: site, waiter: connection.site, nonce: nonce)
                    })
                guard answer.nonce.count == 32 else { throw Self.malformedPairing }
                let revealed = try await connection.reveal(
                    .with {
                        $0.nonce = nonce
                        $0.site = Kith_V1_SiteProfile(own)
                    })
                guard
                    let profile = Self.profile(
                        revealed.site, of: UnpairedSite(root: connection.root))
                else { throw Self.malformedPairing }
                return PhoneState.Comparison(
                    id: cryptography.randomBytes(8).hexadecimal,
                    words: ComparedWords(
                        dialler: site, waiter: connection.site, diallerNonce: nonce,
                        waiterNonce: answer.nonce),
                    profile: profile, address: address.description)
            }
            phone.withLock { $0.comparisons[comparison.id] = comparison }
            return comparison
        } catch let error as TransportError where error.code == .notAPeer {
            throw SiteError(
                .network,
                "nobody waits for a partner at \(address); ask its person to run 'kith peer pair' first, and try again"
            )
        }
    }

    private static let malformedPairing = SiteError(
        .network, "the other site does not pair as it must; update both sites, and begin anew")

    /// What a site says of itself, if that is the site that TLS proved. A recovered site has made its
    /// root anew: the key counts.
    static func profile(
        _ message: Kith_V1_SiteProfile, of site: UnpairedSite
    ) -> SiteProfile? {
        guard let profile = try? SiteProfile(message), profile.site == site.siteID else {
            return nil
        }
        return profile
    }

    private func checkUnacquainted(_ site: SiteID) async throws {
        let own = keys.site
        let shared = try await store.read { transaction in
            try transaction.partnerships().first { partnership in
                [site, own].allSatisfy { someone in
                    partnership.members.contains { $0.profile.site == someone }
                }
            }
        }
        if let shared {
            throw SiteError(
                .invalid,
                "that site shares '\(ShownText(line: shared.name).text)' with this one: nothing has to be paired; 'kith partnership admit' takes it into another partnership"
            )
        }
    }

    // MARK: The waiting side

    private func waitToPair(isAnotherTry: Bool) async throws -> PhoneState.Comparison {
        guard listening.withLock({ $0 }) != nil else {
            throw SiteError(
                .refused, "to wait for a partner, kithd has to run; start it, or dial the partner")
        }
        let now = clock()
        let wait = try phone.withLock { state throws(SiteError) in
            if let wait = state.wait, wait.isWatched {
                throw SiteError(
                    .refused, "somebody waits for a partner at another terminal already")
            }
            if !isAnotherTry {
                let (arrivals, arrived) = AsyncStream.makeStream(of: PhoneState.Comparison.self)
                state.comparisons = [:]
                state.wait = PhoneState.Wait(
                    rules: PairingWait(waiter: keys.site, now: now), arrivals: arrivals,
                    arrived: arrived)
            }
            guard let wait = state.wait, !wait.rules.isOver(at: now) else { throw Self.waitIsOver }
            state.wait?.isWatched = true
            return wait
        }
        directory.setWaiting(until: wait.rules.ends)
        let arrived = await nextArrival(of: wait.arrivals)
        phone.withLock { $0.wait?.isWatched = false }
        guard let arrived else {
            stopWaiting()
            try Task.checkCancellation()
            throw Self.waitIsOver
        }
        return arrived
    }

    private static let waitIsOver = SiteError(
        .network,
        "no partner was found: ten minutes have passed, or three tries were used up; begin anew with 'kith peer pair'"
    )

    /// The next comparison; nil when the wait is over, or the command that waits is given up.
    private func nextArrival(
        of arrivals: AsyncStream<PhoneState.Comparison>
    ) async -> PhoneState.Comparison? {
        await withTaskGroup(of: PhoneState.Comparison?.self) { group in
            group.addTask {
                for await arrival in arrivals { return arrival }
                return nil
            }
            group.addTask { [self] in
                while phone.withLock({ state in
                    state.wait.map { !$0.rules.isOver(at: clock()) } ?? false
                }) {
                    do { try await Task.sleep(for: .milliseconds(500)) } catch { return nil }
                }
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    private func stopWaiting() {
        phone.withLock { $0.wait = nil }
        directory.setWaiting(until: nil)
        server.withLock { $0 }?.pinsChanged()
    }

    package func commit(
        _ request: Kith_V1_CommitRequest, from site: UnpairedSite
    ) async throws -> Kith_V1_CommitResponse {
        // A site that has lost its log may pair with those who still know it.
        let nonce = cryptography.randomBytes(32)
        try refusing { state throws(PairingWait.Refusal) in
            guard state.wait != nil else { throw .over }
            try state.wait?.rules.commit(
                request.commitment, from: site.siteID, nonce: nonce, now: clock())
        }
        return .with { $0.nonce = nonce }
    }

    package func reveal(
        _ request: Kith_V1_RevealRequest, from site: UnpairedSite
    ) async throws -> Kith_V1_RevealResponse {
        let own = try await ownProfile()
        let id = cryptography.randomBytes(8).hexadecimal
        try refusing { state throws(PairingWait.Refusal) in
            guard
                let words = try state.wait?.rules.reveal(
                    request.nonce, from: site.siteID, now: clock())
            else { throw .over }
            guard let profile = Self.profile(request.site, of: site) else {
                state.wait?.rules.differed()
                throw .malformed
            }
            let comparison = PhoneState.Comparison(
                id: id, words: words, profile: profile, address: nil)
            state.comparisons[id] = comparison
            state.wait?.arrived.yield(comparison)
        }
        return .with { $0.site = Kith_V1_SiteProfile(own) }
    }

    private func refusing(
        _ body: (inout PhoneState) throws(PairingWait.Refusal) -> Void
    ) throws {
        do {
            try phone.withLock { state in try body(&state) }
        } catch let refusal as PairingWait.Refusal {
            throw TransportError(.refused, refusal.description)
        }
    }
}
