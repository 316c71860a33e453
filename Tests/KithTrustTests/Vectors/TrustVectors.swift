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

/// What two people compare when they pair by phone.
struct ComparedWordsVector: GoldenVector {
    static let file = "compared-words"

    var name: String
    var dialler: Hex
    var waiter: Hex
    var diallerNonce: Hex
    var waiterNonce: Hex
    var commitment: Hex = []
    var words: [String] = []

    static func samples() -> [ComparedWordsVector] {
        (UInt64(21)...24).map { seed in
            var generator = SeededGenerator(seed: seed)
            return ComparedWordsVector(
                name: "comparison \(seed)", dialler: Hex(generator.bytes(32)),
                waiter: Hex(generator.bytes(32)), diallerNonce: Hex(generator.bytes(32)),
                waiterNonce: Hex(generator.bytes(32)))
        }
    }

    func computed() throws -> ComparedWordsVector {
        var vector = self
        vector.commitment = Hex(
            ComparedWords.commitment(
                dialler: try dialler.id(), waiter: try waiter.id(), nonce: diallerNonce.data))
        vector.words =
            ComparedWords(
                dialler: try dialler.id(), waiter: try waiter.id(),
                diallerNonce: diallerNonce.data, waiterNonce: waiterNonce.data
            ).words
        return vector
    }
}

/// A recovery kit under a passphrase. Making one again gives other bytes; what is promised is that
/// this one opens.
struct RecoveryKitVector: GoldenVector {
    static let file = "recovery-kit"

    struct Partner: Codable, Equatable, Sendable {
        var site: Hex
        var addresses: [String]
    }

    var name: String
    var passphrase: String
    var text = ""
    var bytes: Hex = []
    /// Thirty-two bytes: P-256 scalars.
    var identityKey: Hex
    var sealingKey: Hex
    var siteName: String
    var siteKind: String
    var ods: String
    var madeS: Int64
    var partners: [Partner]

    static func samples() -> [RecoveryKitVector] {
        [("without a partner", "correct horse battery"), ("with two", "Höhe über vier Wörter")]
            .enumerated().map { number, sample in
                var generator = SeededGenerator(seed: UInt64(31 + number))
                return RecoveryKitVector(
                    name: sample.0, passphrase: sample.1,
                    identityKey: Hex(Data(repeating: 7, count: 32)),
                    sealingKey: Hex(Data(repeating: 9, count: 32)), siteName: "Elm House",
                    siteKind: "careHome", ods: "", madeS: 1_795_000_000,
                    partners: (0..<(number * 2)).map { partner in
                        Partner(
                            site: Hex(generator.bytes(32)),
                            addresses: (0..<partner).map { "home\($0).example:7440" })
                    })
            }
    }

    /// Seals when there is nothing sealed yet; then opens.
    func computed() throws -> RecoveryKitVector {
        var vector = self
        if text.isEmpty {
            let kit = RecoveryKit(
                identity: SiteKey(try P256.Signing.PrivateKey(rawRepresentation: identityKey.data)),
                sealing: SealingKey(
                    try P256.KeyAgreement.PrivateKey(rawRepresentation: sealingKey.data)),
                name: siteName, kind: siteKind, ods: ods,
                made: Instant(milliseconds: madeS * 1_000),
                partners: try partners.map {
                    .init(site: try $0.site.id(), addresses: $0.addresses)
                })
            vector.text = try kit.sealed(under: passphrase, SystemCryptography())
        }
        let kit = try RecoveryKit(
            text: vector.text, passphrase: passphrase, SystemCryptography())
        vector.bytes = Hex(try CheckedGroups.recoveryKit.decode(vector.text).get())
        vector.identityKey = Hex(kit.identity.privateKey.rawRepresentation)
        vector.sealingKey = Hex(kit.sealing.privateKey.rawRepresentation)
        vector.siteName = kit.name
        vector.siteKind = kit.kind
        vector.ods = kit.ods
        vector.madeS = kit.made.milliseconds / 1_000
        vector.partners = kit.partners.map {
            Partner(site: Hex($0.site.bytes), addresses: $0.addresses)
        }
        return vector
    }
}
