public import Crypto
public import Foundation
public import KithModel

/// Signs and checks entries.
///
/// The signature is ECDSA over P-256 and SHA-256, of a label, a zero byte, and the header's hash;
/// the label keeps a signature from being taken for one of a certificate or a statement.
public struct EntrySignature: Sendable {
    private static let label = Data("kith entry v1".utf8) + [0]

    /// Signs an entry's header.
    public static func sign(
        _ hash: EntryHash, with key: P256.Signing.PrivateKey, _ cryptography: any Cryptography
    ) throws -> Data {
        try cryptography.sign(label + hash.bytes, with: key)
    }

    /// Whether a signature is the author's, over this header.
    public static func isValid(
        _ signature: Data, of hash: EntryHash, by key: P256.Signing.PublicKey,
        _ cryptography: any Cryptography
    ) -> Bool {
        cryptography.isSignature(signature, of: label + hash.bytes, by: key)
    }
}

/// An entry that its author signed.
public struct VerifiedEntry: Sendable {
    /// Its parsed content.
    public let parsed: ParsedEntry

    /// Checks a parsed entry's signature with its author's key.
    public init(
        _ parsed: ParsedEntry, by key: P256.Signing.PublicKey, _ cryptography: any Cryptography
    ) throws(ProtocolFault) {
        guard
            EntrySignature.isValid(
                parsed.received.signature, of: parsed.hash, by: key, cryptography)
        else { throw ProtocolFault(.signature, "entry") }
        self.parsed = parsed
    }

    /// Signs an entry of this site's own.
    public init(
        authoring header: EntryHeader, parts: [Part], with key: P256.Signing.PrivateKey,
        _ cryptography: any Cryptography
    ) throws {
        let bytes = header.encoded()
        let signature = try EntrySignature.sign(EntryHash(header: bytes), with: key, cryptography)
        parsed = try ParsedEntry(ReceivedEntry(header: bytes, signature: signature, parts: parts))
    }
}
