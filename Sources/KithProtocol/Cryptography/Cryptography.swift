public import Crypto
public import Foundation
public import KithModel

/// The one seam for what needs keys or chance: signing, sealing and random bytes.
///
/// The programs use `SystemCryptography`; a simulator puts a deterministic one in its place.
public protocol Cryptography: Sendable {
    /// Sixty-four bytes, r and s, with s in the lower half of the group's order.
    func sign(_ message: Data, with key: P256.Signing.PrivateKey) throws -> Data
    /// Whether a signature is the key's; one with s in the upper half is not.
    func isSignature(_ signature: Data, of message: Data, by key: P256.Signing.PublicKey) -> Bool
    /// AES-256-GCM: nonce, ciphertext and tag in one.
    func seal(_ plain: Data, key: SymmetricKey, binding context: Data) throws -> Data
    /// Opens what `seal` made, if key and context are the same.
    func open(
        _ sealed: Data, key: SymmetricKey, binding context: Data
    ) throws(ProtocolFault) -> Data
    /// HPKE (P-256, HKDF-SHA256, AES-GCM-256) to a public key.
    func encapsulate(
        _ plain: Data, to key: P256.KeyAgreement.PublicKey, binding context: Data
    ) throws -> (encapsulated: Data, ciphertext: Data)
    /// Opens what `encapsulate` made.
    func decapsulate(
        encapsulated: Data, ciphertext: Data, with key: P256.KeyAgreement.PrivateKey,
        binding context: Data
    ) throws(ProtocolFault) -> Data
    /// Unpredictable bytes.
    func randomBytes(_ count: Int) -> Data
}

extension Cryptography {
    /// A new random record id.
    public func newRecordID() -> RecordID {
        guard let id = RecordID(bytes: randomBytes(RecordID.byteCount)) else {
            preconditionFailure("randomBytes gave another count than asked")
        }
        return id
    }

    /// A new random number, for incarnations and the like; never zero.
    public func randomNumber() -> UInt64 {
        let number = randomBytes(8).reduce(0) { $0 << 8 | UInt64($1) }
        return max(number, 1)
    }
}

/// What the programs use.
package struct SystemCryptography: Cryptography {
    /// Needs nothing.
    package init() {}

    package func sign(_ message: Data, with key: P256.Signing.PrivateKey) throws -> Data {
        LowS.normalised(try key.signature(for: message).rawRepresentation)
    }

    package func isSignature(
        _ signature: Data, of message: Data, by key: P256.Signing.PublicKey
    ) -> Bool {
        guard LowS.isLow(signature),
            let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
        else { return false }
        return key.isValidSignature(parsed, for: message)
    }

    package func seal(_ plain: Data, key: SymmetricKey, binding context: Data) throws -> Data {
        let box = try AES.GCM.seal(plain, using: key, authenticating: context)
        guard let combined = box.combined else {
            preconditionFailure("AES-GCM with a standard nonce always combines")
        }
        return combined
    }

    package func open(
        _ sealed: Data, key: SymmetricKey, binding context: Data
    ) throws(ProtocolFault) -> Data {
        do {
            return try AES.GCM.open(
                AES.GCM.SealedBox(combined: sealed), using: key, authenticating: context)
        } catch {
            throw ProtocolFault(.sealed, "the sealed bytes do not open with this key here")
        }
    }

    private static let suite = HPKE.Ciphersuite.P256_SHA256_AES_GCM_256

    package func encapsulate(
        _ plain: Data, to key: P256.KeyAgreement.PublicKey, binding context: Data
    ) throws -> (encapsulated: Data, ciphertext: Data) {
        var sender = try HPKE.Sender(recipientKey: key, ciphersuite: Self.suite, info: context)
        return (sender.encapsulatedKey, try sender.seal(plain))
    }

    package func decapsulate(
        encapsulated: Data, ciphertext: Data, with key: P256.KeyAgreement.PrivateKey,
        binding context: Data
    ) throws(ProtocolFault) -> Data {
        do {
            var recipient = try HPKE.Recipient(
                privateKey: key, ciphersuite: Self.suite, info: context,
                encapsulatedKey: encapsulated)
            return try recipient.open(ciphertext)
        } catch {
            throw ProtocolFault(.sealed, "a key sealed for this site does not open")
        }
    }

    package func randomBytes(_ count: Int) -> Data {
        SymmetricKey(size: SymmetricKeySize(bitCount: count * 8)).withUnsafeBytes { Data($0) }
    }
}
