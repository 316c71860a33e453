import Crypto
import Foundation
import KithModel
package import KithProtocol
import SwiftProtobuf

// Greeting, comparing, listing: what differs between the two sides (D27).
extension SyncSession {
    static let version: UInt32 = 1

    var hello: Kith_V1_SessionMessage {
        .with {
            $0.hello = .with {
                $0.minimumVersion = Self.version
                $0.maximumVersion = Self.version
                $0.nonce = ownNonce
                $0.software = software
            }
        }
    }

    mutating func receive(_ hello: Kith_V1_Hello) -> [Action] {
        guard hello.nonce.count == 16, hello.minimumVersion <= hello.maximumVersion else {
            return close(.protocolError, "the greeting is not valid")
        }
        guard (hello.minimumVersion...hello.maximumVersion).contains(Self.version) else {
            return close(.versionNotSupported, "no version of the protocol in common")
        }
        guard hello.nonce != ownNonce else {
            return close(.protocolError, "the greeting is our own")
        }
        salt = side == .initiator ? ownNonce + hello.nonce : hello.nonce + ownNonce
        blindedIDs = shared.map(blinded)
        indices = Dictionary(
            zip(blindedIDs, shared.indices), uniquingKeysWith: { first, _ in first })
        state = .comparing
        guard side == .responder else { return [] }
        return [
            .send(self.hello), .send(fingerprintMessage), .signReceipt(fingerprint: fingerprint),
        ]
    }

    /// A compartment's id in this session: tells a side nothing about what it does not hold.
    private func blinded(_ shared: Shared) -> Data {
        let name = Data(shared.partnership.bytes) + [UInt8(shared.compartment.rawValue)]
        let code = HMAC<SHA256>.authenticationCode(for: name, using: SymmetricKey(data: salt))
        return Data(code).prefix(16)
    }

    /// SHA-256 over the salt and, in the order of blinded ids, every id and frontier digest.
    var fingerprint: Data {
        var hash = SHA256()
        hash.update(data: salt)
        for index in indicesByBlindedID {
            hash.update(data: blindedIDs[index])
            hash.update(data: shared[index].frontierDigest)
        }
        return Data(hash.finalize())
    }

    private var indicesByBlindedID: [Int] {
        shared.indices.sorted { blindedIDs[$0].lexicographicallyPrecedes(blindedIDs[$1]) }
    }

    private var fingerprintMessage: Kith_V1_SessionMessage {
        .with { $0.fingerprint = .with { $0.digest = fingerprint } }
    }

    mutating func receive(_ theirs: Kith_V1_Fingerprint) -> [Action] {
        guard !closing.isUnchanged else {
            return close(.protocolError, "a message came twice")
        }
        var actions: [Action] = side == .initiator ? [.send(fingerprintMessage)] : []
        if theirs.digest == fingerprint {
            closing.isUnchanged = true
            if side == .initiator { actions.append(.signReceipt(fingerprint: fingerprint)) }
            return actions
        }
        state = .listing
        let holdings = Kith_V1_Holdings.with {
            $0.holdings = indicesByBlindedID.map { index in
                .with {
                    $0.id = blindedIDs[index]
                    $0.digest = shared[index].frontierDigest
                }
            }
        }
        return actions + [.send(.with { $0.holdings = holdings })]
    }

    mutating func receive(_ holdings: Kith_V1_Holdings) -> [Action] {
        guard holdings.holdings.count <= Limits.holdings else {
            return close(.limitExceeded, "too many compartments")
        }
        let theirs = Dictionary(
            holdings.holdings.map { ($0.id, $0.digest) }, uniquingKeysWith: { first, _ in first })
        let differing = shared.indices.filter { index in
            theirs[blindedIDs[index]].map { $0 != shared[index].frontierDigest } ?? false
        }
        self.differing = differing
        state = .declaring
        return [.loadFrontiers(differing)]
    }

    /// The leaves that were asked for are here.
    package mutating func frontiersLoaded(_ leaves: [Int: [Position]]) -> [Action] {
        guard state == .declaring else { return [] }
        declared.ours = leaves
        let message = Kith_V1_SessionMessage.with {
            $0.frontiers = .with {
                $0.frontiers = (differing ?? []).map { index in
                    .with {
                        $0.id = blindedIDs[index]
                        $0.leaves = (leaves[index] ?? []).map(Kith_V1_Leaf.init)
                    }
                }
            }
        }
        forks.areOursLoaded = true
        return [.send(message)] + beginForkSearch()
    }

    mutating func receive(_ frontiers: Kith_V1_Frontiers) -> [Action] {
        guard !forks.areTheirsKnown else {
            return close(.protocolError, "a message came twice")
        }
        var total = 0
        for frontier in frontiers.frontiers {
            total += frontier.leaves.count
            guard total <= Limits.feeds else { return close(.limitExceeded, "too many feeds") }
            guard let index = indices[frontier.id], differing?.contains(index) == true,
                declared.theirs[index] == nil,
                let leaves = positions(frontier, in: index)
            else { return close(.protocolError, "the declared feeds are not valid") }
            declared.theirs[index] = leaves
        }
        forks.areTheirsKnown = true
        return beginForkSearch()
    }

    func positions(_ frontier: Kith_V1_CompartmentFrontier, in index: Int) -> [Position]? {
        var leaves: [Position] = []
        for leaf in frontier.leaves {
            guard let author = SiteID(bytes: leaf.author), let hash = EntryHash(bytes: leaf.hash),
                leaf.sequence > 0, leaf.sequence <= Limits.sequence, leaf.incarnation > 0
            else { return nil }
            let feed = FeedID(
                author: author, incarnation: leaf.incarnation,
                compartment: shared[index].compartment)
            leaves.append(Position(feed: feed, sequence: leaf.sequence, hash: hash))
        }
        return leaves
    }
}

extension Kith_V1_Leaf {
    package init(_ position: Position) {
        self.init()
        author = Data(position.feed.author.bytes)
        incarnation = position.feed.incarnation
        sequence = position.sequence
        hash = Data(position.hash.bytes)
    }
}
