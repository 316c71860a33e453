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
                $0.hasOffers_p = hasOffers
                $0.isUrgent = isUrgent
            }
        }
    }

    /// The dialling side says at once where it stands: most nights nothing differs, and then the answer
    /// to this ends the session.
    mutating func greet() -> [Action] {
        fingerprint = self.fingerprint(salt: ownNonce)
        let message = Kith_V1_SessionMessage.with {
            $0.fingerprint = .with { $0.digest = fingerprint }
        }
        return [.send(hello), .send(message), .signReceipt(fingerprint: fingerprint)]
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
        hasPeerOffers = hello.hasOffers_p
        if side == .responder { fingerprint = self.fingerprint(salt: hello.nonce) }
        salt = side == .initiator ? ownNonce + hello.nonce : hello.nonce + ownNonce
        state = .comparing
        return []
    }

    mutating func receive(_ theirs: Kith_V1_Fingerprint) -> [Action] {
        guard side == .responder, !closing.isUnchanged else {
            return close(.protocolError, "a message came twice")
        }
        if theirs.digest == fingerprint {
            closing.isUnchanged = true
            return [.send(hello), .signReceipt(fingerprint: fingerprint)]
        }
        state = .listing
        blind()
        let count = Buckets.count(for: shared.count)
        let buckets = Kith_V1_SessionMessage.with {
            $0.buckets = .with { $0.digests = bucketDigests(count) }
        }
        return [.send(hello), .send(buckets)]
    }

    mutating func receive(_ buckets: Kith_V1_Buckets) -> [Action] {
        guard side == .initiator, !closing.isUnchanged,
            Buckets.isValid(count: buckets.digests.count),
            buckets.digests.allSatisfy({ $0.count == Buckets.digestBytes })
        else { return close(.protocolError, "the list of buckets is not valid") }
        blind()
        let ours = bucketDigests(buckets.digests.count)
        let differing = Set(ours.indices.filter { ours[$0] != buckets.digests[$0] })
        listed = Set(
            shared.indices.filter {
                differing.contains(Buckets.bucket(of: blindedIDs[$0], of: ours.count))
            })
        state = .declaring
        let holdings = Kith_V1_SessionMessage.with {
            $0.holdings = .with {
                $0.holdings = indicesByBlindedID.filter(listed.contains).map { index in
                    .with {
                        $0.id = blindedIDs[index]
                        $0.digest = shortDigest(index)
                    }
                }
            }
        }
        return [.send(holdings)]
    }

    mutating func receive(_ holdings: Kith_V1_Holdings) -> [Action] {
        guard side == .responder else {
            return close(.protocolError, "a message came out of order")
        }
        guard holdings.holdings.count <= Limits.holdings else {
            return close(.limitExceeded, "too many compartments")
        }
        let theirs = Dictionary(
            holdings.holdings.map { ($0.id, $0.digest) }, uniquingKeysWith: { first, _ in first })
        let differing = shared.indices.filter { index in
            theirs[blindedIDs[index]].map { $0 != shortDigest(index) } ?? false
        }
        self.differing = differing
        state = .declaring
        return [.loadFrontiers(differing)]
    }

    /// The leaves that were asked for are here, and which statements are.
    package mutating func frontiersLoaded(
        _ leaves: [Int: [Position]], stated: [Int: [StatementMark]] = [:]
    ) -> [Action] {
        guard state == .declaring else { return [] }
        declared.ours = leaves
        let frontiers = (differing ?? []).map { index in
            Kith_V1_CompartmentFrontier.with {
                $0.id = blindedIDs[index]
                $0.leaves = (leaves[index] ?? []).map(Kith_V1_Leaf.init)
                $0.wanted = shared[index].wanted.map { Data($0.bytes) }
                $0.stated = (stated[index] ?? []).map(\.message)
            }
        }
        let messages = Pieces.of(frontiers) { 32 + 90 * ($0.leaves.count + $0.stated.count) }
        forks.areOursLoaded = true
        return messages.enumerated().map { number, piece in
            .send(
                .with {
                    $0.frontiers = .with {
                        $0.frontiers = piece
                        $0.goesOn = number < messages.count - 1
                    }
                })
        } + beginForkSearch()
    }

    mutating func receive(_ frontiers: Kith_V1_Frontiers) -> [Action] {
        guard !forks.areTheirsKnown else {
            return close(.protocolError, "a message came twice")
        }
        guard !frontiers.goesOn || !frontiers.frontiers.isEmpty else {
            return close(.protocolError, "the declared feeds are not valid")
        }
        for frontier in frontiers.frontiers {
            declared.total += frontier.leaves.count + frontier.stated.count
            guard frontier.wanted.count <= Limits.wanted else {
                return close(.limitExceeded, "too many entries are wanted again")
            }
            guard declared.total <= Limits.feeds else {
                return close(.limitExceeded, "too many feeds")
            }
            guard let index = indices[frontier.id], isComparable(index),
                declared.theirs[index] == nil, let leaves = positions(frontier, in: index)
            else { return close(.protocolError, "the declared feeds are not valid") }
            declared.theirs[index] = leaves
            declared.wanted[index] = frontier.wanted.compactMap { EntryHash(bytes: $0) }
            declared.stated[index] = frontier.stated.compactMap(StatementMark.init)
        }
        guard !frontiers.goesOn else { return [] }
        forks.areTheirsKnown = true
        guard side == .initiator else { return beginForkSearch() }
        // The dialled side has compared: what it names is what differs.
        let differing = declared.theirs.keys.sorted()
        self.differing = differing
        return [.loadFrontiers(differing)]
    }

    private func isComparable(_ index: Int) -> Bool {
        switch side {
        case .initiator: listed.contains(index)
        case .responder: differing?.contains(index) == true
        }
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

// Ids and digests under the salt of a session: they tell a side nothing about what it does not hold.
extension SyncSession {
    /// SHA-256 over a salt and, in the order of ids blinded with it, every id and frontier digest.
    private func fingerprint(salt: Data) -> Data {
        let blinded = shared.map { (id: Self.blinded($0, salt: salt), digest: $0.frontierDigest) }
        var hash = SHA256()
        hash.update(data: salt)
        for one in blinded.sorted(by: { $0.id.lexicographicallyPrecedes($1.id) }) {
            hash.update(data: one.id)
            hash.update(data: one.digest)
        }
        return Data(hash.finalize())
    }

    private static func blinded(_ shared: Shared, salt: Data) -> Data {
        let name = Data(shared.partnership.bytes) + [UInt8(shared.compartment.rawValue)]
        let code = HMAC<SHA256>.authenticationCode(for: name, using: SymmetricKey(data: salt))
        return Data(code).prefix(16)
    }

    /// Finds every id in this session.
    mutating func blind() {
        blindedIDs = shared.map { Self.blinded($0, salt: salt) }
        indices = Dictionary(
            zip(blindedIDs, shared.indices), uniquingKeysWith: { first, _ in first })
    }

    private var indicesByBlindedID: [Int] {
        shared.indices.sorted { blindedIDs[$0].lexicographicallyPrecedes(blindedIDs[$1]) }
    }

    private func shortDigest(_ index: Int) -> Data {
        shared[index].frontierDigest.prefix(Buckets.digestBytes)
    }

    func bucketDigests(_ count: Int) -> [Data] {
        var buckets = Array(repeating: SHA256(), count: count)
        for index in indicesByBlindedID {
            let bucket = Buckets.bucket(of: blindedIDs[index], of: count)
            buckets[bucket].update(data: blindedIDs[index])
            buckets[bucket].update(data: shared[index].frontierDigest)
        }
        return buckets.map { Data($0.finalize()).prefix(Buckets.digestBytes) }
    }
}

/// Cuts what does not fit into one message.
enum Pieces {
    private static let bytes = 1_048_576

    /// Pieces of about a megabyte each, at least one.
    static func of<Element>(_ elements: [Element], size: (Element) -> Int) -> [[Element]] {
        var pieces: [[Element]] = [[]]
        var filled = 0
        for element in elements {
            let size = size(element)
            if filled + size > bytes, !pieces[pieces.count - 1].isEmpty {
                pieces.append([])
                filled = 0
            }
            pieces[pieces.count - 1].append(element)
            filled += size
        }
        return pieces
    }
}

/// The upper level of the digest: compartments by the first bits of their blinded ids, about as many
/// buckets as compartments in one.
enum Buckets {
    /// How much of a digest is told. Two that differ look alike once in 2^64 times, and then the next
    /// session, with another salt, sees it.
    static let digestBytes = 8

    /// A power of two near the root of the number of compartments.
    static func count(for compartments: Int) -> Int {
        var count = 1
        while count * count < compartments, count < Limits.buckets { count *= 2 }
        return count
    }

    static func isValid(count: Int) -> Bool {
        count > 0 && count <= Limits.buckets && count & (count - 1) == 0
    }

    /// Which bucket an id is in.
    static func bucket(of id: Data, of count: Int) -> Int {
        let first = id.prefix(2).reduce(0) { $0 << 8 | Int($1) }
        return (first * count) >> 16
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
