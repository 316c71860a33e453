import Crypto
import Foundation
import KithModel
import KithProtocol
import KithTestSupport
import KithTrust

/// A join through a relay: the code, the notice that waits there, and the request that is left.
/// Signing and sealing again gives other bytes; what is promised is that these open.
struct LeftJoinVector: GoldenVector {
    static let file = "left-join"

    var name: String
    /// P-256 scalars, 32 bytes: identity keys, and the inviter's key for sealing.
    var inviterKey: Hex
    var inviterSealingKey: Hex
    var joinerKey: Hex
    var relay: Hex
    var relayAddresses: [String]
    var partnership: Hex
    var secret: Hex
    var expiresS: Int64
    var addresses: [String]
    var text = ""
    var letterbox: Hex = []
    var notice: Hex = []
    var partnershipName: String
    var purpose: String
    var role: Role
    var compartments: [Compartment]
    var relayName: String
    var encapsulated: Hex = []
    var ciphertext: Hex = []
    var hash: Hex = []
    var joinerName: String
    var proof: Hex = []

    static func samples() -> [LeftJoinVector] {
        [("with an address of the inviter", 1), ("through the relay alone", 0)].enumerated().map {
            number, sample in
            var generator = SeededGenerator(seed: UInt64(51 + number))
            return LeftJoinVector(
                name: sample.0, inviterKey: Hex(Data(repeating: 7, count: 32)),
                inviterSealingKey: Hex(Data(repeating: 9, count: 32)),
                joinerKey: Hex(Data(repeating: 11, count: 32)), relay: Hex(generator.bytes(32)),
                relayAddresses: ["relay.example:7440"], partnership: Hex(generator.bytes(16)),
                secret: Hex(generator.bytes(16)), expiresS: 1_795_000_000,
                addresses: (0..<sample.1).map { "home\($0).example:7440" },
                partnershipName: "Elm and Riverside", purpose: "Joint care plans",
                role: .contributor, compartments: [.relations, .clinical], relayName: "Relay",
                joinerName: "Oak Lodge")
        }
    }

    private func siteKey(_ scalar: Hex) throws -> SiteKey {
        SiteKey(try P256.Signing.PrivateKey(rawRepresentation: scalar.data))
    }

    private func profile(_ key: SiteKey, sealing: Data, name: String) throws -> SiteProfile {
        SiteProfile(
            root: try key.rootCertificate(now: Instant(milliseconds: expiresS * 1_000)),
            sealingKey: sealing, name: name, kind: "careHome", ods: "", addresses: [])
    }

    func code() throws -> InvitationCode {
        InvitationCode(
            inviter: try siteKey(inviterKey).siteID, partnership: try partnership.id(),
            secret: secret.data, expires: Instant(milliseconds: expiresS * 1_000),
            addresses: addresses, relay: .init(site: try relay.id(), addresses: relayAddresses))
    }

    /// Seals when there is nothing sealed yet; then opens.
    func computed() throws -> LeftJoinVector {
        var vector = self
        let (code, cryptography) = (try code(), SystemCryptography())
        let (inviter, joiner) = (try siteKey(inviterKey), try siteKey(joinerKey))
        let sealing = SealingKey(
            try P256.KeyAgreement.PrivateKey(rawRepresentation: inviterSealingKey.data))
        let relay: SiteID = try self.relay.id()
        let box = InvitationCode.letterbox(secret: code.secret, relay: relay)
        let place = LeftJoin.Place(relay: relay, inviter: code.inviter, letterbox: box)
        if notice.data.isEmpty {
            vector.notice = Hex(
                try JoinNotice(
                    inviter: profile(
                        inviter, sealing: Data(sealing.publicKey), name: "Elm House"),
                    partnershipName: partnershipName, purpose: purpose,
                    grant: Grant(
                        role: role, compartments: Set(compartments), mayAttest: false),
                    relayName: relayName
                ).sealed(for: code, relay: relay, by: inviter, cryptography))
            let request = try LeftJoin(
                invitation: code.id,
                proof: InvitationCode.proof(
                    secret: code.secret, inviter: code.inviter, joiner: joiner.siteID,
                    partnership: code.partnership),
                joiner: profile(
                    joiner, sealing: Data(SealingKey().publicKey), name: joinerName)
            ).sealed(at: place, to: Data(sealing.publicKey), by: joiner, cryptography)
            vector.encapsulated = Hex(request.encapsulated)
            vector.ciphertext = Hex(request.ciphertext)
        }
        vector.text = code.text
        vector.letterbox = Hex(box)
        let notice = try JoinNotice(
            opening: vector.notice.data, for: code, relay: relay, cryptography)
        vector.partnershipName = notice.partnershipName
        vector.purpose = notice.purpose
        vector.role = notice.grant.role
        vector.compartments = notice.grant.compartments.sorted()
        vector.relayName = notice.relayName
        let sealed = LeftJoin.Sealed(
            encapsulated: vector.encapsulated.data, ciphertext: vector.ciphertext.data)
        vector.hash = Hex(sealed.hash)
        let request = try LeftJoin(opening: sealed, at: place, with: sealing, cryptography)
        vector.joinerName = request.joiner.name
        vector.joinerKey = request.joiner.site == joiner.siteID ? joinerKey : []
        vector.proof = Hex(request.proof)
        return vector
    }
}
