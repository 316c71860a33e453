public import Crypto
public import Foundation
public import KithProtocol

/// Signs and checks what sites state to each other outside the log.
///
/// ECDSA over P-256 and SHA-256 of a label that names the kind of statement, a zero byte, and the
/// statement's bytes, so that one kind is never taken for another or for an entry.
public struct StatementSignature: Sendable {
    /// The kinds of statement.
    public enum Kind: String, Sendable {
        /// A site's frontier of one compartment.
        case frontier = "kith statement v1"
        /// Both sides held the same.
        case receipt = "kith receipt v1"
    }

    /// Signs a statement's bytes.
    public static func sign(
        _ statement: Data, _ kind: Kind, with key: P256.Signing.PrivateKey,
        _ cryptography: any Cryptography
    ) throws -> Data {
        try cryptography.sign(Data(kind.rawValue.utf8) + [0] + statement, with: key)
    }

    /// Whether a signature over a statement is the key's.
    public static func isValid(
        _ signature: Data, of statement: Data, _ kind: Kind, by key: P256.Signing.PublicKey,
        _ cryptography: any Cryptography
    ) -> Bool {
        cryptography.isSignature(
            signature, of: Data(kind.rawValue.utf8) + [0] + statement, by: key)
    }
}
