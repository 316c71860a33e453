import Crypto
public import Foundation
public import KithProtocol

/// Keeps the secrets of accounts unreadable without the site's identity key: a backup, which does not
/// hold the key, gives nobody the second factor.
public struct AccountSeal: Sendable {
    private let key: SymmetricKey

    /// Derives the key from a site's own.
    public init(_ site: SiteKey) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: site.privateKey.rawRepresentation),
            info: Data("kith account secrets v1".utf8), outputByteCount: 32)
    }

    /// Seals a secret for an account, so that it cannot be put under another.
    public func seal(
        _ secret: Data, of login: String, _ cryptography: any Cryptography
    ) throws -> Data {
        try cryptography.seal(secret, key: key, binding: Data(login.utf8))
    }

    /// Opens what `seal` made.
    public func open(
        _ box: Data, of login: String, _ cryptography: any Cryptography
    ) throws -> Data {
        try cryptography.open(box, key: key, binding: Data(login.utf8))
    }
}
