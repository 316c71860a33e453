public import Foundation
public import KithModel
import SwiftProtobuf

/// The feed of one site in one compartment, in one incarnation.
public struct FeedID: Hashable, Sendable, Comparable {
    /// The site that signs it.
    public let author: SiteID
    /// Which of the site's lives.
    public let incarnation: UInt64
    /// The compartment.
    public let compartment: Compartment

    /// Names a feed.
    public init(author: SiteID, incarnation: UInt64, compartment: Compartment) {
        self.author = author
        self.incarnation = incarnation
        self.compartment = compartment
    }

    /// Orders by compartment, author, incarnation.
    public static func < (left: FeedID, right: FeedID) -> Bool {
        (left.compartment, left.author, left.incarnation)
            < (right.compartment, right.author, right.incarnation)
    }
}

/// One entry of a feed, by place and hash.
public struct Position: Hashable, Sendable {
    /// The feed.
    public let feed: FeedID
    /// From 1.
    public let sequence: UInt64
    /// The entry's hash.
    public let hash: EntryHash

    /// Names an entry of a feed.
    public init(feed: FeedID, sequence: UInt64, hash: EntryHash) {
        self.feed = feed
        self.sequence = sequence
        self.hash = hash
    }
}

extension Sequence<Position> {
    /// How many entries are up to these that come after what is held of their feeds, of a branch that is not
    /// held at least one.
    ///
    /// Others declare them, and may declare what they like: no more are counted than a site can ever
    /// have, so that sums of what many declare stay numbers.
    ///
    /// - Parameters:
    ///   - ends: the ends of what is held.
    ///   - isHeld: whether an entry is held.
    public func entries(
        beyond ends: [Position], isHeld: (EntryHash) throws -> Bool
    ) rethrows -> Int {
        let most: UInt64 = 1 << 24
        let held = Dictionary(ends.map { ($0.feed, $0.sequence) }, uniquingKeysWith: Swift.max)
        var count: UInt64 = 0
        for leaf in self where try !isHeld(leaf.hash) {
            let end = held[leaf.feed] ?? 0
            count = Swift.min(
                count + Swift.min(leaf.sequence > end ? leaf.sequence - end : 1, most), most)
        }
        return Int(count)
    }
}

/// What a header commits to of one part.
public struct PartDigest: Hashable, Sendable {
    /// The entry that minted the key the part is sealed with; nil: not sealed.
    public let key: EntryHash?
    /// SHA-256 of the skeleton's bytes as they travel.
    public let skeleton: Data
    /// How many bytes those are.
    public let skeletonBytes: Int
    /// SHA-256 of the body's bytes as they travel; empty: the part has no body.
    public let body: Data
    /// How many bytes those are.
    public let bodyBytes: Int

    /// Commits to a part.
    public init(
        key: EntryHash?, skeleton: Data, skeletonBytes: Int, body: Data, bodyBytes: Int
    ) {
        self.key = key
        self.skeleton = skeleton
        self.skeletonBytes = skeletonBytes
        self.body = body
        self.bodyBytes = bodyBytes
    }
}

/// The signed part of an entry.
public struct EntryHeader: Hashable, Sendable {
    /// The version that this program writes.
    public static let currentVersion: UInt32 = 1

    /// Format version.
    public var version: UInt32 = currentVersion
    /// The partnership.
    public var partnership: PartnershipID
    /// The feed: compartment, author and incarnation.
    public var feed: FeedID
    /// From 1.
    public var sequence: UInt64
    /// The entry before it in the feed; nil at sequence 1.
    public var previous: EntryHash?
    /// Entries of other feeds that the author held and had not named in this feed before.
    public var knows: [Position]
    /// The author's clock, in milliseconds since 1970. Information only.
    public var recorded: Instant
    /// What kind of act it is.
    public var entryClass: EntryClass
    /// Its parts.
    public var parts: [PartDigest]

    /// Describes an entry.
    public init(
        partnership: PartnershipID, feed: FeedID, sequence: UInt64, previous: EntryHash?,
        knows: [Position], recorded: Instant, entryClass: EntryClass, parts: [PartDigest]
    ) {
        self.partnership = partnership
        self.feed = feed
        self.sequence = sequence
        self.previous = previous
        self.knows = knows
        self.recorded = recorded
        self.entryClass = entryClass
        self.parts = parts
    }
}

extension EntryHeader {
    /// The bytes that are hashed and signed. Only an author calls this; what came is kept as it came.
    public func encoded() -> Data {
        var message = Kith_V1_Header()
        message.version = version
        message.partnership = Data(partnership.bytes)
        message.compartment = .init(feed.compartment)
        message.author = Data(feed.author.bytes)
        message.incarnation = feed.incarnation
        message.sequence = sequence
        message.previous = previous.map { Data($0.bytes) } ?? Data()
        message.knows = knows.map { position in
            var known = Kith_V1_Position()
            known.author = Data(position.feed.author.bytes)
            known.incarnation = position.feed.incarnation
            known.sequence = position.sequence
            known.hash = Data(position.hash.bytes)
            known.membership =
                position.feed.compartment == .membership && feed.compartment != .membership
            return known
        }
        message.recordedMs = recorded.milliseconds
        message.class = Kith_V1_EntryClass(rawValue: entryClass.rawValue) ?? .unspecified
        message.parts = parts.map { part in
            var digest = Kith_V1_PartDigest()
            digest.key = part.key.map { Data($0.bytes) } ?? Data()
            digest.skeletonDigest = part.skeleton
            digest.skeletonBytes = UInt32(part.skeletonBytes)
            digest.bodyDigest = part.body
            digest.bodyBytes = UInt32(part.bodyBytes)
            return digest
        }
        return message.bytes()
    }

    /// Reads a header within `Limits`; unknown fields are left in the bytes, which are what counts.
    public init(decoding bytes: Data) throws(ProtocolFault) {
        guard bytes.count <= Limits.headerBytes else { throw ProtocolFault(.limit, "header") }
        let message = try Kith_V1_Header(checked: bytes, "header")
        guard message.version == Self.currentVersion else {
            throw ProtocolFault(.version, "header of version \(message.version)")
        }
        guard let partnership = PartnershipID(bytes: message.partnership),
            let author = SiteID(bytes: message.author),
            let compartment = Compartment(rawValue: message.compartment.rawValue),
            let entryClass = EntryClass(rawValue: message.class.rawValue),
            message.incarnation > 0
        else { throw ProtocolFault(.malformed, "header") }
        guard message.sequence > 0, message.sequence <= Limits.sequence else {
            throw ProtocolFault(.malformed, "sequence")
        }
        guard message.knows.count <= Limits.knows, message.parts.count <= Limits.parts else {
            throw ProtocolFault(.limit, "header lists")
        }
        let feed = FeedID(
            author: author, incarnation: message.incarnation, compartment: compartment)
        self.init(
            partnership: partnership, feed: feed, sequence: message.sequence,
            previous: try Self.previous(message),
            knows: try Self.knows(message, of: feed),
            recorded: Instant(milliseconds: message.recordedMs), entryClass: entryClass,
            parts: try message.parts.map { digest throws(ProtocolFault) in try Self.part(digest) })
        guard (compartment == .membership) == (entryClass == .membership) else {
            throw ProtocolFault(.malformed, "class in this compartment")
        }
    }

    private static func previous(_ message: Kith_V1_Header) throws(ProtocolFault) -> EntryHash? {
        if message.sequence == 1 {
            guard message.previous.isEmpty else {
                throw ProtocolFault(.malformed, "previous at sequence 1")
            }
            return nil
        }
        guard let hash = EntryHash(bytes: message.previous) else {
            throw ProtocolFault(.malformed, "previous")
        }
        return hash
    }

    private static func knows(
        _ message: Kith_V1_Header, of feed: FeedID
    ) throws(ProtocolFault) -> [Position] {
        var seen: Set<EntryHash> = []
        var positions: [Position] = []
        for known in message.knows {
            guard let author = SiteID(bytes: known.author), let hash = EntryHash(bytes: known.hash),
                known.incarnation > 0, known.sequence > 0, known.sequence <= Limits.sequence
            else { throw ProtocolFault(.malformed, "knows") }
            let other = FeedID(
                author: author, incarnation: known.incarnation,
                compartment: known.membership ? .membership : feed.compartment)
            guard other != feed, seen.insert(hash).inserted else {
                throw ProtocolFault(.malformed, "knows names an entry twice or its own feed")
            }
            positions.append(Position(feed: other, sequence: known.sequence, hash: hash))
        }
        return positions
    }

    private static func part(_ digest: Kith_V1_PartDigest) throws(ProtocolFault) -> PartDigest {
        let key = digest.key.isEmpty ? nil : EntryHash(bytes: digest.key)
        guard digest.key.isEmpty == (key == nil), digest.skeletonDigest.count == 32,
            digest.bodyDigest.isEmpty || digest.bodyDigest.count == 32,
            !digest.bodyDigest.isEmpty || digest.bodyBytes == 0
        else { throw ProtocolFault(.malformed, "part digest") }
        guard digest.skeletonBytes <= Limits.skeletonBytes, digest.bodyBytes <= Limits.bodyBytes
        else { throw ProtocolFault(.limit, "part") }
        return PartDigest(
            key: key, skeleton: digest.skeletonDigest, skeletonBytes: Int(digest.skeletonBytes),
            body: digest.bodyDigest, bodyBytes: Int(digest.bodyBytes))
    }
}
