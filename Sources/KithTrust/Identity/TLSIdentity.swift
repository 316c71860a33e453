public import Crypto
import Foundation
public import KithModel
import SwiftASN1
import X509

/// What a site shows in a TLS handshake: a leaf certificate with its key, and the root that made it.
public struct TLSIdentity: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The leaf certificate.
    public let leaf: LeafCertificate
    /// The leaf's private key. Not the site's identity key.
    public let privateKey: P256.Signing.PrivateKey
    /// The root that issued the leaf; it is sent along, for sites that do not know it yet.
    public let root: RootCertificate

    /// Puts stored parts together again.
    ///
    /// Errors: `TrustError` with `mismatchedIdentity` when they do not belong together.
    public init(
        leaf: LeafCertificate, privateKey: P256.Signing.PrivateKey, root: RootCertificate
    ) throws {
        guard leaf.namedSite == root.siteID, leaf.isSigned(by: root),
            leaf.publicKey.x963Representation == privateKey.publicKey.x963Representation
        else {
            throw TrustError(
                .mismatchedIdentity,
                """
                The TLS certificate, its key and the root certificate do not belong together. \
                Delete the TLS certificate and its key: a new one is made at the next start.
                """)
        }
        self.leaf = leaf
        self.privateKey = privateKey
        self.root = root
    }

    /// The site that shows it.
    public var siteID: SiteID { root.siteID }

    /// The site's short id; nothing of the key.
    public var description: String { "TLSIdentity(\(siteID.short))" }

    /// The same as `description`.
    public var debugDescription: String { description }
}

/// Issues a site's TLS certificates from its identity key, as often as they are wanted (D15).
public struct LeafIssuer: Sendable {
    let key: SiteKey
    /// The root that the leaves are issued under.
    public let root: RootCertificate

    /// Takes the identity key and its root.
    ///
    /// Errors: `TrustError` with `mismatchedIdentity` when the root is another site's.
    public init(key: SiteKey, root: RootCertificate) throws {
        guard root.siteID == key.siteID else {
            throw TrustError(
                .mismatchedIdentity,
                """
                The identity key and the root certificate are of different sites. \
                Restore both from the same backup.
                """)
        }
        self.key = key
        self.root = root
    }

    /// Makes a new TLS key and a leaf for it that is valid for ninety days from `now`.
    ///
    /// It is valid from a day before `now`, for the sake of other software with a slow clock.
    /// Errors: `TrustError` with `issuingFailed`.
    public func issue(now: Instant) throws -> TLSIdentity {
        let leafKey = P256.Signing.PrivateKey()
        do {
            let certificate = try Certificate(
                version: .v3,
                serialNumber: Certificate.SerialNumber(),
                publicKey: Certificate.PublicKey(leafKey.publicKey),
                notValidBefore: CertificateShape.moment(now, plusDays: -1).date,
                notValidAfter:
                    CertificateShape.moment(now, plusDays: LeafCertificate.lifetimeDays).date,
                issuer: root.certificate.subject,
                subject: try DistinguishedName { CommonName("kith TLS \(root.siteID.short)") },
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([.serverAuth, .clientAuth])
                },
                issuerPrivateKey: Certificate.PrivateKey(key.privateKey))
            var serializer = DER.Serializer()
            try serializer.serialize(certificate)
            let leaf = try LeafCertificate(der: serializer.serializedBytes)
            return try TLSIdentity(leaf: leaf, privateKey: leafKey, root: root)
        } catch {
            throw TrustError(
                .issuingFailed, "The TLS certificate could not be made. Run \"kith doctor\".",
                cause: error)
        }
    }
}
