public import Crypto
public import KithModel

/// The site's P-256 identity key: it signs entries and statements and issues TLS certificates.
///
/// A site is its key (D15): whoever holds it is the site, and a new key is a new site.
/// Its description never shows the private part.
public struct SiteKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The key for signing. Not for logs, messages or anything that leaves the site.
    public let privateKey: P256.Signing.PrivateKey
    /// The site's id: SHA-256 of the public key.
    public let siteID: SiteID

    /// Makes a new key, which is a new site, from the system's randomness.
    public init() {
        self.init(P256.Signing.PrivateKey())
    }

    /// Takes an existing key; the simulator and the tests make theirs from a seed.
    public init(_ privateKey: P256.Signing.PrivateKey) {
        self.privateKey = privateKey
        siteID = SiteID(publicKeyDER: privateKey.publicKey.derRepresentation)
    }

    /// Loads a key from the PEM text that `pem` gives.
    ///
    /// Errors: `TrustError` with `invalidKey`.
    public init(pem: String) throws {
        do {
            self.init(try P256.Signing.PrivateKey(pemRepresentation: pem))
        } catch {
            throw TrustError(
                .invalidKey,
                """
                The site's identity key cannot be read: it is not a P-256 private key in PEM. \
                Restore the key file from a backup or from the recovery kit.
                """, cause: error)
        }
    }

    /// The private key in PEM (PKCS #8). Store it in a file that only the site's user can read.
    public var pem: String { privateKey.pemRepresentation }

    /// The public key.
    public var publicKey: P256.Signing.PublicKey { privateKey.publicKey }

    /// The public key as SubjectPublicKeyInfo in DER: what the site id is the hash of.
    public var publicKeyDER: [UInt8] { Array(privateKey.publicKey.derRepresentation) }

    /// The site's short id; nothing of the key.
    public var description: String { "SiteKey(\(siteID.short))" }

    /// The same as `description`.
    public var debugDescription: String { description }
}
