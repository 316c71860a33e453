import Crypto
import Foundation
import KithModel
import KithProtocol
import KithTrust
import Testing

@testable import KithStore

/// Signs entries with a site's key but keeps to none of the rules that the site's store keeps to.
struct Forger: Sendable {
    /// The halves of one part before they are sealed.
    struct Plain: Sendable {
        var skeleton: Data
        var body: Data?
    }

    var key: SiteKey
    let partnership: PartnershipID
    let sealing: (id: EntryHash, key: CompartmentKey)
    var compartment = Compartment.clinical
    var incarnation: UInt64 = 7

    /// A forger with the key of a site, and the compartment key that the site writes with.
    init(
        _ site: TestSite, _ partnership: PartnershipID, compartment: Compartment = .clinical
    ) async throws {
        key = site.keys.identity
        self.partnership = partnership
        self.compartment = compartment
        sealing = try #require(
            try await site.store.read {
                try $0.writingKey(
                    compartment == .membership ? .clinical : compartment,
                    in: try $0.partnershipRow(partnership))
            })
    }

    var feed: FeedID {
        FeedID(author: key.siteID, incarnation: incarnation, compartment: compartment)
    }

    func header(
        after previous: ReceivedEntry? = nil, knows: [Position],
        class entryClass: EntryClass = .record
    ) throws -> EntryHeader {
        let before = try previous.map { try ParsedEntry($0) }
        return EntryHeader(
            partnership: partnership, feed: feed, sequence: (before?.header.sequence ?? 0) + 1,
            previous: before?.hash, knows: knows, recorded: TestSite.now,
            entryClass: compartment == .membership ? .membership : entryClass, parts: [])
    }

    /// An entry with these parts under this header.
    func sign(_ header: EntryHeader, _ plains: [Plain]) throws -> ReceivedEntry {
        let parts = try plains.enumerated().map { number, plain in
            Part(
                skeleton: try seal(plain.skeleton, header, number, .skeleton),
                body: try plain.body.map { try seal($0, header, number, .body) })
        }
        return try sign(header, sealed: parts)
    }

    /// An entry with parts that are sealed, or need not be.
    func sign(_ header: EntryHeader, sealed parts: [Part]) throws -> ReceivedEntry {
        var header = header
        header.parts = parts.map { part in
            PartDigest(
                key: compartment == .membership ? nil : sealing.id,
                skeleton: Data(SHA256.hash(data: part.skeleton)),
                skeletonBytes: part.skeleton.count,
                body: part.body.map { Data(SHA256.hash(data: $0)) } ?? Data(),
                bodyBytes: part.body?.count ?? 0)
        }
        let bytes = header.encoded()
        return ReceivedEntry(
            header: bytes,
            signature: try EntrySignature.sign(
                EntryHash(header: bytes), with: key.privateKey, SystemCryptography()),
            parts: parts)
    }

    /// An entry of ordinary edits.
    func entry(
        _ edits: [Edit], after previous: ReceivedEntry? = nil, knows: [Position],
        class entryClass: EntryClass = .record
    ) throws -> ReceivedEntry {
        try sign(
            header(after: previous, knows: knows, class: entryClass),
            edits.map {
                Plain(
                    skeleton: $0.skeleton.encoded(),
                    body: PartBody(values: [$0.value], reason: "").encoded())
            })
    }

    /// A membership act.
    func entry(
        _ act: MembershipAct, after previous: ReceivedEntry? = nil, knows: [Position]
    ) throws -> ReceivedEntry {
        try sign(
            header(after: previous, knows: knows),
            sealed: [Part(skeleton: act.encoded(), body: nil)])
    }

    private func seal(
        _ plain: Data, _ header: EntryHeader, _ part: Int, _ half: PartSeal.Half
    ) throws -> Data {
        try PartSeal(header, part: part, half: half).seal(
            plain, key: sealing.key.secret, SystemCryptography())
    }
}

extension ReceivedEntry {
    /// Its place, as others name it.
    var position: Position {
        get throws {
            let parsed = try ParsedEntry(self)
            return Position(
                feed: parsed.header.feed, sequence: parsed.header.sequence, hash: parsed.hash)
        }
    }

    /// The operation of one of its parts.
    func operation(_ part: Int = 0, _ number: Int = 0) -> OperationID {
        OperationID(entry: EntryHash(header: header), part: part, operation: number)
    }

    /// The same entry with other bytes in some place.
    func with(header: Data? = nil, signature: Data? = nil, parts: [Part]? = nil) -> ReceivedEntry {
        ReceivedEntry(
            header: header ?? self.header, signature: signature ?? self.signature,
            parts: parts ?? self.parts)
    }
}

extension Data {
    /// The same bytes but for one bit of one of them.
    func flipped(at offset: Int) -> Data {
        var bytes = self
        bytes[bytes.startIndex + offset] ^= 1
        return bytes
    }
}
