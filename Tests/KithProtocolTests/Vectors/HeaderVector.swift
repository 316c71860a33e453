import Foundation
import KithModel
import KithProtocol
import KithTestSupport

struct HeaderVector: GoldenVector {
    static let file = "header"

    struct Known: Codable, Equatable {
        var leaf: LeafVector
        var membership: Bool
    }

    struct Digest: Codable, Equatable {
        var key: Hex
        var skeletonDigest: Hex
        var skeletonBytes: Int
        var bodyDigest: Hex
        var bodyBytes: Int
    }

    var name: String
    var partnership: Hex
    var compartment: Compartment
    var author: Hex
    var incarnation: String
    var sequence: String
    var previous: Hex
    var knows: [Known]
    var recordedMs: Int64
    var entryClass: EntryClass
    var parts: [Digest]
    var bytes: Hex = []
    var hash: Hex = []

    init(_ name: String, _ header: EntryHeader) {
        self.name = name
        partnership = Hex(header.partnership.bytes)
        compartment = header.feed.compartment
        author = Hex(header.feed.author.bytes)
        incarnation = String(header.feed.incarnation)
        sequence = String(header.sequence)
        previous = Hex(header.previous?.bytes ?? [])
        knows = header.knows.map {
            Known(
                leaf: LeafVector($0),
                membership: $0.feed.compartment == .membership
                    && header.feed.compartment != .membership)
        }
        recordedMs = header.recorded.milliseconds
        entryClass = header.entryClass
        parts = header.parts.map {
            Digest(
                key: Hex($0.key?.bytes ?? []), skeletonDigest: Hex($0.skeleton),
                skeletonBytes: $0.skeletonBytes, bodyDigest: Hex($0.body), bodyBytes: $0.bodyBytes)
        }
    }

    static func samples() -> [HeaderVector] {
        (UInt64(1)...8).map { seed in
            var generator = SeededGenerator(seed: seed)
            return HeaderVector("header \(seed)", generator.header())
        }
    }

    func header() throws -> EntryHeader {
        guard let incarnation = UInt64(incarnation), let sequence = UInt64(sequence) else {
            throw ProtocolFault(.malformed, "number")
        }
        return EntryHeader(
            partnership: try partnership.id(),
            feed: FeedID(
                author: try author.id(), incarnation: incarnation, compartment: compartment),
            sequence: sequence, previous: previous.data.isEmpty ? nil : try previous.id(),
            knows: try knows.map {
                try $0.leaf.position(in: $0.membership ? .membership : compartment)
            },
            recorded: Instant(milliseconds: recordedMs), entryClass: entryClass,
            parts: try parts.map {
                PartDigest(
                    key: $0.key.data.isEmpty ? nil : try $0.key.id(),
                    skeleton: $0.skeletonDigest.data, skeletonBytes: $0.skeletonBytes,
                    body: $0.bodyDigest.data, bodyBytes: $0.bodyBytes)
            })
    }

    func computed() throws -> HeaderVector {
        var vector = self
        let bytes = try header().encoded()
        vector.bytes = Hex(bytes)
        vector.hash = Hex(EntryHash(header: bytes).bytes)
        return vector
    }
}
