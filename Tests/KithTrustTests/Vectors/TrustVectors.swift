import Crypto
import Foundation
import KithModel
import KithProtocol
import KithTestSupport
import KithTrust
import SwiftProtobuf

struct InvitationVector: GoldenVector {
    static let file = "invitation"

    var name: String
    var inviter: Hex
    var partnership: Hex
    var secret: Hex
    var expiresS: Int64
    var addresses: [String]
    var joiner: Hex
    var text = ""
    var id: Hex = []
    var proof: Hex = []

    static func samples() -> [InvitationVector] {
        (UInt64(1)...4).map { seed in
            var generator = SeededGenerator(seed: seed)
            return InvitationVector(
                name: "invitation \(seed)", inviter: Hex(generator.bytes(32)),
                partnership: Hex(generator.bytes(16)), secret: Hex(generator.bytes(16)),
                expiresS: 1_795_000_000 + Int64(seed),
                addresses: (0..<seed).map { "home\($0).example:7440" },
                joiner: Hex(generator.bytes(32)))
        }
    }

    func code() throws -> InvitationCode {
        InvitationCode(
            inviter: try inviter.id(), partnership: try partnership.id(), secret: secret.data,
            expires: Instant(milliseconds: expiresS * 1_000), addresses: addresses)
    }

    func computed() throws -> InvitationVector {
        let code = try code()
        var vector = self
        vector.text = code.text
        vector.id = Hex(code.id)
        vector.proof = Hex(
            InvitationCode.proof(
                secret: secret.data, inviter: code.inviter, joiner: try joiner.id(),
                partnership: code.partnership))
        return vector
    }
}

/// A signed statement or receipt: the bytes, and whether the signature is the site's.
struct StatementVector: GoldenVector {
    static let file = "statement"

    var name: String
    /// The label that the signature is made with.
    var kind: String
    /// X9.63, uncompressed.
    var publicKey: Hex
    var bytes: Hex
    var signature: Hex
    var isValid: Bool

    static func samples() throws -> [StatementVector] {
        let key = try P256.Signing.PrivateKey(rawRepresentation: Data(repeating: 7, count: 32))
        var generator = SeededGenerator(seed: 1)
        let (site, peer) = (generator.bytes(32), generator.bytes(32))
        let statement = Kith_V1_Statement.with {
            $0.site = site
            $0.counter = 7
            $0.partnership = generator.bytes(16)
            $0.compartment = .clinical
            $0.frontier = [
                .with {
                    $0.author = peer
                    $0.incarnation = 3
                    $0.sequence = 12
                    $0.hash = generator.bytes(32)
                }
            ]
            $0.timeMs = 1_795_000_000_000
        }
        let receipt = Kith_V1_Receipt.with {
            $0.site = site
            $0.peer = peer
            $0.fingerprint = generator.bytes(32)
            $0.timeMs = 1_795_000_000_000
        }
        let signed: [(StatementSignature.Kind, Data)] = [
            (.frontier, statement.bytes()), (.receipt, receipt.bytes()),
        ]
        return try signed.flatMap { kind, bytes in
            let signature = try StatementSignature.sign(
                bytes, kind, with: key, SystemCryptography())
            let other: StatementSignature.Kind = kind == .receipt ? .frontier : .receipt
            return [(kind, "signed"), (other, "taken for the other kind")].map {
                StatementVector(
                    name: "\(kind.rawValue), \($0.1)", kind: $0.0.rawValue,
                    publicKey: Hex(key.publicKey.x963Representation), bytes: Hex(bytes),
                    signature: Hex(signature), isValid: false)
            }
        }
    }

    func computed() throws -> StatementVector {
        var vector = self
        guard let kind = StatementSignature.Kind(rawValue: kind) else {
            throw ProtocolFault(.malformed, "kind")
        }
        vector.isValid = StatementSignature.isValid(
            signature.data, of: bytes.data, kind,
            by: try P256.Signing.PublicKey(x963Representation: publicKey.data),
            SystemCryptography())
        return vector
    }
}

/// A compartment key, sealed to a site. Sealing again gives other bytes; what is promised is that
/// these open.
struct CompartmentKeyVector: GoldenVector {
    static let file = "compartment-key"

    var name: String
    var key: Hex
    var commitment: Hex = []
    /// The recipient's private key, 32 bytes.
    var privateKey: Hex
    var site: Hex
    var partnership: Hex
    var compartment: Compartment
    var encapsulated: Hex = []
    var ciphertext: Hex = []

    static func samples() -> [CompartmentKeyVector] {
        Compartment.granted.map { compartment in
            var generator = SeededGenerator(seed: UInt64(compartment.rawValue))
            return CompartmentKeyVector(
                name: compartment.name, key: Hex(generator.bytes(32)),
                privateKey: Hex(Data(repeating: 9, count: 32)), site: Hex(generator.bytes(32)),
                partnership: Hex(generator.bytes(16)), compartment: compartment)
        }
    }

    /// Seals when there is nothing sealed yet; then opens.
    func computed() throws -> CompartmentKeyVector {
        guard let given = CompartmentKey(bytes: key.data) else {
            throw ProtocolFault(.malformed, "key")
        }
        let sealing = SealingKey(
            try P256.KeyAgreement.PrivateKey(rawRepresentation: privateKey.data))
        var vector = self
        if ciphertext.data.isEmpty {
            let sealed = try given.sealed(
                for: site.id(), sealingKey: Data(sealing.publicKey), in: partnership.id(),
                compartment, SystemCryptography())
            vector.encapsulated = Hex(sealed.encapsulated)
            vector.ciphertext = Hex(sealed.ciphertext)
        }
        let sealed = SealedKey(
            site: try site.id(), encapsulated: vector.encapsulated.data,
            ciphertext: vector.ciphertext.data)
        let opened = try CompartmentKey(
            opening: sealed, with: sealing, commitment: given.commitment, in: partnership.id(),
            compartment, SystemCryptography())
        vector.key = Hex(opened.bytes)
        vector.commitment = Hex(opened.commitment)
        return vector
    }
}
