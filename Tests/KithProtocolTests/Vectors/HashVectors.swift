import Crypto
import Foundation
import KithModel
import KithProtocol
import KithTestSupport

struct FrontierDigestVector: GoldenVector {
    static let file = "frontier-digest"

    var name: String
    var leaves: [LeafVector]
    var digest: Hex = []

    static func samples() -> [FrontierDigestVector] {
        var generator = SeededGenerator(seed: 1)
        return [0, 1, 2, 9].map { count in
            let first = generator.position()
            // Two leaves of one feed: a fork.
            let fork = Position(feed: first.feed, sequence: 1, hash: generator.id())
            let leaves = [first, fork] + (0..<count).map { _ in generator.position() }
            return FrontierDigestVector(
                name: "\(count) leaves", leaves: leaves.prefix(count).map(LeafVector.init))
        }
    }

    func computed() throws -> FrontierDigestVector {
        var vector = self
        let positions = try leaves.map { try $0.position(in: .clinical) }
        vector.digest = Hex(FrontierDigest.digest(of: positions))
        return vector
    }
}

struct IdentifierVector: GoldenVector {
    static let file = "identifiers"

    var name: String
    var founder: Hex
    var nonce: Hex
    var siteText: String
    var partnership: Hex
    var kind: String
    var singleton: Hex
    var source: String
    var imported: Hex

    static func samples() -> [IdentifierVector] {
        (UInt64(1)...4).map { seed in
            var generator = SeededGenerator(seed: seed)
            return IdentifierVector(
                name: "identifiers \(seed)", founder: Hex(generator.bytes(32)),
                nonce: Hex(generator.bytes(16)), siteText: "", partnership: [],
                kind: "cpr-decision", singleton: [],
                source: "https://example.org/Patient/\(seed)", imported: [])
        }
    }

    func computed() throws -> IdentifierVector {
        var vector = self
        let founder: SiteID = try founder.id()
        let partnership = PartnershipID(founder: founder, nonce: Array(nonce.data))
        vector.siteText = founder.description
        vector.partnership = Hex(partnership.bytes)
        let imported = RecordID(kind: kind, source: source, in: partnership)
        vector.imported = Hex(imported.bytes)
        vector.singleton = Hex(RecordID(singleton: kind, of: imported).bytes)
        return vector
    }
}

/// A signature of an entry. Signing again gives another, so what is promised is the verdict.
struct EntrySignatureVector: GoldenVector {
    static let file = "entry-signature"

    var name: String
    /// X9.63, uncompressed.
    var publicKey: Hex
    var entry: Hex
    var signature: Hex
    var isValid: Bool

    static func samples() throws -> [EntrySignatureVector] {
        let key = try P256.Signing.PrivateKey(rawRepresentation: Data(repeating: 7, count: 32))
        let hash = EntryHash(header: Data("header".utf8))
        let low = try EntrySignature.sign(hash, with: key, SystemCryptography())
        let unlabelled = try SystemCryptography().sign(Data(hash.bytes), with: key)
        var flipped = low
        flipped[0] ^= 1
        let all = [
            ("s in the lower half", low), ("the same with s in the upper half", low.otherForm),
            ("one bit of r flipped", flipped), ("signed without the label", unlabelled),
            ("cut", low.dropLast()), ("empty", Data()),
        ]
        return all.map {
            EntrySignatureVector(
                name: $0.0, publicKey: Hex(key.publicKey.x963Representation),
                entry: Hex(hash.bytes), signature: Hex($0.1), isValid: false)
        }
    }

    func computed() throws -> EntrySignatureVector {
        var vector = self
        vector.isValid = EntrySignature.isValid(
            signature.data, of: try entry.id(),
            by: try P256.Signing.PublicKey(x963Representation: publicKey.data),
            SystemCryptography())
        return vector
    }
}
