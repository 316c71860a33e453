import Crypto
import CryptoExtras
import Foundation
public import KithModel
public import KithProtocol
import SwiftProtobuf

/// What makes a site again on a new machine: its keys, what it is called, and where its partners are.
///
/// Source: `Protocol/recovery.md`. It holds private keys: only ``sealed(under:_:log2N:)`` is for
/// paper and files.
public struct RecoveryKit: Sendable {
    /// A site that can be asked for everything back.
    public struct Partner: Hashable, Sendable {
        /// Which site.
        public let site: SiteID
        /// Where it was reached, as HOST:PORT; may be empty.
        public let addresses: [String]

        /// Describes a partner.
        public init(site: SiteID, addresses: [String]) {
            self.site = site
            self.addresses = addresses
        }
    }

    /// The shortest passphrase, in characters. It guards against whoever finds the page.
    public static let passphraseCharacters = 12
    /// What writers use: about half a second and 128 MiB.
    public static let standardLog2N: UInt8 = 17
    private static let log2NRange: ClosedRange<UInt8> = 14...20

    /// The identity key.
    public let identity: SiteKey
    /// The key for what is sealed to the site.
    public let sealing: SealingKey
    /// What people call the site.
    public let name: String
    /// The code of its kind of organisation.
    public let kind: String
    /// Its ODS code; empty when it has none.
    public let ods: String
    /// When the kit was made.
    public let made: Instant
    /// The partners that it had then.
    public let partners: [Partner]

    /// Gathers what a kit holds.
    public init(
        identity: SiteKey, sealing: SealingKey, name: String, kind: String, ods: String,
        made: Instant, partners: [Partner]
    ) {
        self.identity = identity
        self.sealing = sealing
        self.name = name
        self.kind = kind
        self.ods = ods
        self.made = made
        self.partners = partners
    }

    /// The kit under a passphrase, as checked groups with hyphens between them.
    ///
    /// - Parameter log2N: scrypt's cost; tests take a low one.
    public func sealed(
        under passphrase: String, _ cryptography: any Cryptography,
        log2N: UInt8 = Self.standardLog2N
    ) throws -> String {
        let head = Data([1, log2N]) + cryptography.randomBytes(16)
        let key = try Self.key(passphrase, head: head)
        let box = try cryptography.seal(message.bytes(), key: key, binding: Self.context(head))
        return CheckedGroups.recoveryKit.encode(Array(head + box))
    }

    private var message: Kith_V1_RecoveryKit {
        .with {
            $0.identityKey = identity.privateKey.rawRepresentation
            $0.sealingKey = sealing.privateKey.rawRepresentation
            $0.name = name
            $0.kind = kind
            $0.ods = ods
            $0.madeS = made.milliseconds / 1000
            $0.partners = partners.map { partner in
                .with {
                    $0.site = Data(partner.site.bytes)
                    $0.addresses = partner.addresses
                }
            }
        }
    }

    private static func context(_ head: Data) -> Data {
        Data("kith recovery kit v1".utf8) + [0] + head
    }

    private static func key(_ passphrase: String, head: Data) throws -> SymmetricKey {
        try KDF.Scrypt.deriveKey(
            // Keyboards differ in how they compose letters; the text decides, not its bytes.
            from: Data(passphrase.precomposedStringWithCanonicalMapping.utf8),
            salt: head.suffix(16), outputByteCount: 32, rounds: 1 << Int(head[head.startIndex + 1]),
            blockSize: 8, parallelism: 1)
    }
}

extension RecoveryKit {
    /// Why a text and a passphrase give no kit; each says what to do.
    public enum Problem: Error, Equatable, Sendable, CustomStringConvertible {
        /// A character that no kit has.
        case character
        /// A typing error in a group, counted from 1.
        case group(Int)
        /// Too short, too long, or cut.
        case length
        /// Well typed, but not a kit that this version reads.
        case content
        /// Well typed, and the passphrase does not open it.
        case passphrase

        /// How many groups a printed line has.
        public static let groupsPerLine = 8

        /// One line that says what to do.
        public var description: String {
            switch self {
            case .character:
                "the recovery kit holds a character that kits do not have; type it as printed"
            case .group(let number):
                "line \((number - 1) / Self.groupsPerLine + 1) of the recovery kit is mistyped in its group \((number - 1) % Self.groupsPerLine + 1); compare it with the printed page"
            case .length:
                "the recovery kit is not complete; type every line, from the first to the last"
            case .content:
                "the text is not a recovery kit that this version of Kith reads; use a newer version, or another kit"
            case .passphrase:
                "the passphrase does not open this recovery kit; type it exactly as it was chosen"
            }
        }
    }

    /// Opens a kit as a person types it: any case, O for 0, I and l for 1, spaces and hyphens.
    public init(
        text: String, passphrase: String, _ cryptography: any Cryptography
    ) throws(Problem) {
        let bytes: Data
        switch CheckedGroups.recoveryKit.decode(text) {
        case .success(let decoded): bytes = Data(decoded)
        case .failure(.character): throw .character
        case .failure(.run(let number)): throw .group(number)
        case .failure(.length): throw .length
        }
        let head = bytes.prefix(18)
        guard bytes.count > 18 + 28, head[0] == 1, Self.log2NRange.contains(head[1]),
            let key = try? Self.key(passphrase, head: head)
        else { throw .content }
        let plain: Data
        do {
            plain = try cryptography.open(
                Data(bytes.dropFirst(18)), key: key, binding: Self.context(head))
        } catch {
            throw .passphrase
        }
        guard let message = try? Kith_V1_RecoveryKit(serializedBytes: plain),
            let kit = Self(message)
        else { throw .content }
        self = kit
    }

    private init?(_ message: Kith_V1_RecoveryKit) {
        var partners: [Partner] = []
        for partner in message.partners {
            guard let site = SiteID(bytes: partner.site) else { return nil }
            partners.append(Partner(site: site, addresses: partner.addresses))
        }
        guard
            let identity = try? P256.Signing.PrivateKey(
                rawRepresentation: message.identityKey),
            let sealing = try? P256.KeyAgreement.PrivateKey(
                rawRepresentation: message.sealingKey),
            (0...Instant.range.upperBound / 1000).contains(message.madeS)
        else { return nil }
        self.init(
            identity: SiteKey(identity), sealing: SealingKey(sealing), name: message.name,
            kind: message.kind, ods: message.ods,
            made: Instant(milliseconds: message.madeS * 1000), partners: partners)
    }
}
