import Crypto
public import Foundation
public import KithModel
public import KithProtocol
import SwiftProtobuf

/// A join request that is left at a relay: sealed to the inviter, signed by the joiner.
///
/// The relay sees who leaves it and how long it is. Source: `Protocol/pairing.md`, "Through a relay".
public struct LeftJoin: Hashable, Sendable {
    /// The invitation's id; eight bytes.
    public let invitation: Data
    /// Shows that the joiner holds the secret.
    public let proof: Data
    /// Who joins.
    public let joiner: SiteProfile

    /// Describes a join request.
    public init(invitation: Data, proof: Data, joiner: SiteProfile) {
        self.invitation = invitation
        self.proof = proof
        self.joiner = joiner
    }

    /// Where a request is left, and for whom: what seal and signature are bound to.
    public struct Place: Hashable, Sendable {
        /// The relay.
        public let relay: SiteID
        /// Who invites.
        public let inviter: SiteID
        /// Sixteen bytes.
        public let letterbox: Data

        /// Names a place.
        public init(relay: SiteID, inviter: SiteID, letterbox: Data) {
            self.relay = relay
            self.inviter = inviter
            self.letterbox = letterbox
        }

        func bound(to label: String) -> Data {
            Data(label.utf8) + [0] + relay.bytes + inviter.bytes + letterbox
        }
    }

    /// A request as the relay keeps it.
    public struct Sealed: Hashable, Sendable {
        /// HPKE's encapsulated key.
        public let encapsulated: Data
        /// The sealed request.
        public let ciphertext: Data

        /// Holds a sealed request.
        public init(encapsulated: Data, ciphertext: Data) {
            self.encapsulated = encapsulated
            self.ciphertext = ciphertext
        }

        /// What names it between relay and inviter; thirty-two bytes.
        public var hash: Data { Data(SHA256.hash(data: ciphertext)) }

        /// How long it is.
        public var byteCount: Int { encapsulated.count + ciphertext.count }
    }

    /// Signs the request and seals it to the inviter's sealing key.
    public func sealed(
        at place: Place, to sealingKey: Data, by key: SiteKey, _ cryptography: any Cryptography
    ) throws -> Sealed {
        let request = Kith_V1_JoinRequest.with {
            $0.invitation = invitation
            $0.proof = proof
            $0.site = Kith_V1_SiteProfile(joiner)
        }.bytes()
        let signature = try cryptography.sign(
            place.bound(to: Self.signatureLabel) + request, with: key.privateKey)
        let message = Kith_V1_SignedJoin.with {
            $0.request = request
            $0.signature = signature
        }
        let (encapsulated, ciphertext) = try cryptography.encapsulate(
            message.bytes(), to: P256.KeyAgreement.PublicKey(x963Representation: sealingKey),
            binding: place.bound(to: Self.sealLabel))
        return Sealed(encapsulated: encapsulated, ciphertext: ciphertext)
    }

    /// Opens a request that was sealed to this site, and checks that whom it describes signed it.
    ///
    /// Errors: `ProtocolFault`. The proof is not checked here.
    public init(
        opening sealed: Sealed, at place: Place, with key: SealingKey,
        _ cryptography: any Cryptography
    ) throws(ProtocolFault) {
        let plain = try cryptography.decapsulate(
            encapsulated: sealed.encapsulated, ciphertext: sealed.ciphertext,
            with: key.privateKey, binding: place.bound(to: Self.sealLabel))
        let message = try Kith_V1_SignedJoin(checked: plain, "signed join request")
        let request = try Kith_V1_JoinRequest(checked: message.request, "join request")
        let joiner = try SiteProfile(request.site)
        guard
            cryptography.isSignature(
                message.signature, of: place.bound(to: Self.signatureLabel) + message.request,
                by: joiner.root.publicKey)
        else { throw ProtocolFault(.signature, "the join request is not signed by its site") }
        self.init(invitation: request.invitation, proof: request.proof, joiner: joiner)
    }

    private static let sealLabel = "kith left join v1"
    private static let signatureLabel = "kith left join signature v1"
}
