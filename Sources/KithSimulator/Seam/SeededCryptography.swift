package import Crypto
package import Foundation
package import KithProtocol
import Synchronization

/// The cryptography of one simulated installation: its chance comes from a seed, and it signs and
/// seals either fast and without chance, or for real.
///
/// The fast form is no cryptography at all: whoever knows a public key can sign with it. It exists
/// in this module alone, which no program but the simulator may import (`DependencyTests`), so no
/// other program can be built with it. Same seed, same bytes; under `.real` the bytes differ from
/// run to run, and only outcomes can be compared.
package final class SeededCryptography: Cryptography {
    /// What signatures and seals are.
    package enum Strength: Sendable {
        /// Hashes in the form of signatures and seals.
        case fast
        /// What the programs use.
        case real
    }

    /// What a broken build leaves out.
    package enum Weakness: Sendable {
        case sealsNothing
        case acceptsAnySignature
    }

    private let strength: Strength
    private let weakness: Weakness?
    private let random: Mutex<RandomSource>
    private let book: SignatureBook
    private let system = SystemCryptography()
    private let names = KeyNames()

    /// Makes an installation's cryptography; all installations of a run share one book.
    package init(
        _ strength: Strength, random: RandomSource, book: SignatureBook, weakness: Weakness? = nil
    ) {
        self.strength = strength
        self.weakness = weakness
        self.random = Mutex(random)
        self.book = book
    }

    package func randomBytes(_ count: Int) -> Data { random.withLock { $0.bytes(count) } }

    // MARK: Signatures

    package func sign(_ message: Data, with key: P256.Signing.PrivateKey) throws -> Data {
        let publicKey = names.name(of: key)
        let signature =
            switch strength {
            case .real: try system.sign(message, with: key)
            case .fast: Self.signature(of: message, by: publicKey)
            }
        book.note(signature, of: message, by: publicKey)
        return signature
    }

    package func isSignature(
        _ signature: Data, of message: Data, by key: P256.Signing.PublicKey
    ) -> Bool {
        if weakness == .acceptsAnySignature { return signature.count == 64 }
        return switch strength {
        case .real: isRealSignature(signature, of: message, by: key)
        case .fast: isQuickSignature(signature, of: message, by: names.name(of: key))
        }
    }

    /// The same bytes are looked at by one site after another, and again by each scrub: what was found to
    /// be a signature once, is one.
    private func isRealSignature(
        _ signature: Data, of message: Data, by key: P256.Signing.PublicKey
    ) -> Bool {
        let name = message + signature + names.name(of: key)
        if book.isChecked(name) { return true }
        guard system.isSignature(signature, of: message, by: key) else { return false }
        book.noteChecked(name)
        return true
    }

    /// What was signed once is found in the book; what nobody signed is worked out.
    private func isQuickSignature(
        _ signature: Data, of message: Data, by publicKey: Data
    ) -> Bool {
        signature
            == book.signature(of: message, by: publicKey)
            ?? Self.signature(of: message, by: publicKey)
    }

    private static func signature(of message: Data, by publicKey: Data) -> Data {
        let half = digest("signature", publicKey, message)
        return half + digest("signature, second half", half)
    }

    // MARK: Seals

    package func seal(_ plain: Data, key: SymmetricKey, binding context: Data) throws -> Data {
        if weakness == .sealsNothing { return plain }
        switch strength {
        case .real: return try system.seal(plain, key: key, binding: context)
        case .fast:
            // The nonce follows from what is sealed: without chance, and never one for two texts.
            let nonce = try AES.GCM.Nonce(
                data: Self.digest("nonce", key.withUnsafeBytes { Data($0) }, context, plain)
                    .prefix(12))
            let box = try AES.GCM.seal(plain, using: key, nonce: nonce, authenticating: context)
            guard let combined = box.combined else {
                preconditionFailure("AES-GCM with a standard nonce always combines")
            }
            return combined
        }
    }

    package func open(
        _ sealed: Data, key: SymmetricKey, binding context: Data
    ) throws(ProtocolFault) -> Data {
        if weakness == .sealsNothing { return sealed }
        return try system.open(sealed, key: key, binding: context)
    }

    package func encapsulate(
        _ plain: Data, to key: P256.KeyAgreement.PublicKey, binding context: Data
    ) throws -> (encapsulated: Data, ciphertext: Data) {
        switch strength {
        case .real: return try system.encapsulate(plain, to: key, binding: context)
        case .fast:
            let half = Self.digest("encapsulated", key.rawRepresentation, context, plain)
            // As long as a point of the curve, so that entries are as long as they are for real.
            let encapsulated = Data([4]) + half + Self.digest("encapsulated, second half", half)
            let shared = Self.sharedKey(encapsulated, key)
            return (encapsulated, try seal(plain, key: shared, binding: context))
        }
    }

    package func decapsulate(
        encapsulated: Data, ciphertext: Data, with key: P256.KeyAgreement.PrivateKey,
        binding context: Data
    ) throws(ProtocolFault) -> Data {
        switch strength {
        case .real:
            return try system.decapsulate(
                encapsulated: encapsulated, ciphertext: ciphertext, with: key, binding: context)
        case .fast:
            let shared = Self.sharedKey(encapsulated, key.publicKey)
            return try open(ciphertext, key: shared, binding: context)
        }
    }

    private static func sharedKey(
        _ encapsulated: Data, _ key: P256.KeyAgreement.PublicKey
    ) -> SymmetricKey {
        SymmetricKey(data: digest("shared key", key.rawRepresentation, encapsulated))
    }

    private static let label = Data("kith simulation, ".utf8)

    /// SHA-256 over a label and some bytes, each with its length before it.
    private static func digest(_ label: StaticString, _ pieces: Data...) -> Data {
        var hash = SHA256()
        func add(count: Int) {
            withUnsafeBytes(of: UInt64(count).bigEndian) { hash.update(bufferPointer: $0) }
        }
        add(count: Self.label.count + label.utf8CodeUnitCount)
        hash.update(data: Self.label)
        hash.update(
            bufferPointer: UnsafeRawBufferPointer(
                start: label.utf8Start, count: label.utf8CodeUnitCount))
        for piece in pieces {
            add(count: piece.count)
            hash.update(data: piece)
        }
        return hash.finalize().withUnsafeBytes { Data($0) }
    }
}

/// The bytes of public keys. To derive them is arithmetic on a curve, which cost more than all else that a
/// quick signature does; the same few keys come again and again.
private final class KeyNames: Sendable {
    private let known = Mutex<[Data: Data]>([:])
    /// By where a key lies in memory: a key that is kept here stays there, and no other comes to it.
    private let kept = Mutex<[Data: (key: P256.Signing.PublicKey, name: Data)]>([:])

    func name(of key: P256.Signing.PublicKey) -> Data {
        let place = withUnsafeBytes(of: key) { Data($0) }
        return kept.withLock { kept in
            if let known = kept[place] { return known.name }
            let name = key.rawRepresentation
            kept[place] = (key, name)
            return name
        }
    }

    func name(of key: P256.Signing.PrivateKey) -> Data {
        let secret = key.rawRepresentation
        return known.withLock { known in
            if let name = known[secret] { return name }
            let name = key.publicKey.rawRepresentation
            known[secret] = name
            return name
        }
    }
}

/// Every message that was signed in a run and by whose key: what really was, for the checkers.
package final class SignatureBook: Sendable {
    private let signatures = Mutex<[Data: Data]>([:])
    private let checked = Mutex<Set<Data>>([])

    /// An empty book.
    package init() {}

    fileprivate func note(_ signature: Data, of message: Data, by publicKey: Data) {
        // The beginning of data decides how it is found: the message, not the key.
        signatures.withLock { $0[message + publicKey] = signature }
    }

    fileprivate func noteChecked(_ name: Data) { checked.withLock { _ = $0.insert(name) } }
    fileprivate func isChecked(_ name: Data) -> Bool { checked.withLock { $0.contains(name) } }

    /// The last signature that the key's owner made of a message; nil where it made none.
    fileprivate func signature(of message: Data, by publicKey: Data) -> Data? {
        signatures.withLock { $0[message + publicKey] }
    }

    /// Whether the key's owner ever signed an entry.
    func holds(entry hash: some Sequence<UInt8>, by publicKey: Data) -> Bool {
        let name = Data("kith entry v1".utf8) + [0] + Data(hash) + publicKey
        return signatures.withLock { $0[name] != nil }
    }
}
