public import Crypto

/// The site's P-256 key for HPKE: partners seal compartment keys to it (D20).
///
/// It is a key of its own, so that signing and sealing can never be played against each other.
/// Its description never shows the private part.
public struct SealingKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The key for opening what was sealed. Not for logs, messages or anything that leaves the site.
    public let privateKey: P256.KeyAgreement.PrivateKey

    /// Makes a new key from the system's randomness.
    public init() {
        self.init(P256.KeyAgreement.PrivateKey())
    }

    /// Takes an existing key; the simulator and the tests make theirs from a seed.
    public init(_ privateKey: P256.KeyAgreement.PrivateKey) {
        self.privateKey = privateKey
    }

    /// Loads a key from the PEM text that `pem` gives.
    ///
    /// Errors: `TrustError` with `invalidKey`.
    public init(pem: String) throws {
        do {
            self.init(try P256.KeyAgreement.PrivateKey(pemRepresentation: pem))
        } catch {
            throw TrustError(
                .invalidKey,
                """
                The site's sealing key cannot be read: it is not a P-256 private key in PEM. \
                Restore the key file from a backup or from the recovery kit.
                """, cause: error)
        }
    }

    /// The private key in PEM (PKCS #8). Store it in a file that only the site's user can read.
    public var pem: String { privateKey.pemRepresentation }

    /// The public key in X9.63 form, uncompressed: 65 bytes, beginning with 4.
    public var publicKey: [UInt8] { Array(privateKey.publicKey.x963Representation) }

    /// A fixed word; nothing of the key.
    public var description: String { "SealingKey" }

    /// The same as `description`.
    public var debugDescription: String { description }
}
