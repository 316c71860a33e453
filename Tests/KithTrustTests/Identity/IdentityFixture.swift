import Crypto
import Foundation
import KithModel
import KithTrust
import SwiftASN1
import X509

/// A site with its key, root and issuer, and certificates that a site would never make.
struct IdentityFixture {
    static let now = Instant(milliseconds: 1_795_000_000_000)
    static let day: Int64 = 86_400_000

    let key = SiteKey()
    let root: RootCertificate
    let issuer: LeafIssuer

    init() throws {
        root = try key.rootCertificate(now: Self.now)
        issuer = try LeafIssuer(key: key, root: root)
    }

    static func later(days: Int64) -> Instant {
        Instant(milliseconds: now.milliseconds + days * day)
    }

    /// Any certificate at all, in DER.
    static func certificate(
        issuer: String, subject: String, key: P256.Signing.PrivateKey,
        signedBy signer: P256.Signing.PrivateKey, authority: Bool
    ) throws -> [UInt8] {
        try certificate(
            issuer: issuer, subject: subject, publicKey: Certificate.PublicKey(key.publicKey),
            signedBy: Certificate.PrivateKey(signer), algorithm: .ecdsaWithSHA256,
            authority: authority)
    }

    static func certificate(
        issuer: String, subject: String, publicKey: Certificate.PublicKey,
        signedBy signer: Certificate.PrivateKey,
        algorithm: Certificate.SignatureAlgorithm, authority: Bool
    ) throws -> [UInt8] {
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
            notValidBefore: now.date, notValidAfter: later(days: 90).date,
            issuer: try DistinguishedName { CommonName(issuer) },
            subject: try DistinguishedName { CommonName(subject) },
            signatureAlgorithm: algorithm,
            extensions: try Certificate.Extensions {
                Critical(
                    authority
                        ? BasicConstraints.isCertificateAuthority(maxPathLength: 0)
                        : BasicConstraints.notCertificateAuthority)
            },
            issuerPrivateKey: signer)
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }
}
