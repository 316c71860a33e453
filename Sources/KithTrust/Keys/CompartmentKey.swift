public import Crypto
public import Foundation
public import KithModel
public import KithProtocol

/// Seals and opens the keys of compartments.
///
/// A key is 32 random bytes for AES-256-GCM. Its commitment, in the minting act, is the SHA-256 of a
/// label, a zero byte and the key, so that whoever is handed a key can check that it is the one.
public struct CompartmentKey: Sendable {
    /// The key.
    public let secret: SymmetricKey

    /// Takes a key's bytes; nil unless there are 32.
    public init?(bytes: Data) {
        guard bytes.count == 32 else { return nil }
        secret = SymmetricKey(data: bytes)
    }

    /// A new key.
    public init(random cryptography: any Cryptography) {
        secret = SymmetricKey(data: cryptography.randomBytes(32))
    }

    /// The key's bytes, for the site's own database.
    public var bytes: Data { secret.withUnsafeBytes { Data($0) } }

    /// What the minting act says of the key.
    public var commitment: Data {
        Data(SHA256.hash(data: Data("kith key v1".utf8) + [0] + bytes))
    }

    /// Seals the key to a site.
    public func sealed(
        for site: SiteID, sealingKey: Data, in partnership: PartnershipID,
        _ compartment: Compartment, _ cryptography: any Cryptography
    ) throws -> SealedKey {
        let recipient = try P256.KeyAgreement.PublicKey(x963Representation: sealingKey)
        let (encapsulated, ciphertext) = try cryptography.encapsulate(
            bytes, to: recipient, binding: Self.context(partnership, compartment, site))
        return SealedKey(site: site, encapsulated: encapsulated, ciphertext: ciphertext)
    }

    /// Opens a key that was sealed to this site, and checks it against the minting act.
    public init(
        opening sealed: SealedKey, with key: SealingKey, commitment: Data,
        in partnership: PartnershipID, _ compartment: Compartment,
        _ cryptography: any Cryptography
    ) throws(ProtocolFault) {
        let bytes = try cryptography.decapsulate(
            encapsulated: sealed.encapsulated, ciphertext: sealed.ciphertext,
            with: key.privateKey, binding: Self.context(partnership, compartment, sealed.site))
        guard let opened = CompartmentKey(bytes: bytes), opened.commitment == commitment else {
            throw ProtocolFault(.sealed, "the key is not the one that was minted")
        }
        self = opened
    }

    private static func context(
        _ partnership: PartnershipID, _ compartment: Compartment, _ site: SiteID
    ) -> Data {
        Data("kith sealed key v1".utf8) + [0] + partnership.bytes
            + [UInt8(compartment.rawValue)] + site.bytes
    }
}
