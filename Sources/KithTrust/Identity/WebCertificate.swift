public import Crypto
import Foundation
public import KithModel
import SwiftASN1
import X509

/// What a site shows to browsers: a certificate for its own names, issued under its root.
///
/// A browser that was given the root trusts it. It is never stored: the daemon makes a new one when it
/// starts and when the old one nears its end.
public struct WebCertificate: Sendable {
    /// The certificate in DER.
    public let der: [UInt8]
    /// Its private key.
    public let privateKey: P256.Signing.PrivateKey
    /// The last moment of its validity.
    public let notAfter: Instant

    /// Whether it has less than thirty days left, or was issued while the clock was ahead.
    public func needsRenewal(at now: Instant) -> Bool {
        CertificateShape.moment(now, plusDays: LeafCertificate.renewalDays) > notAfter
            || CertificateShape.moment(now, plusDays: LeafCertificate.lifetimeDays + 1) < notAfter
    }
}

extension LeafIssuer {
    /// Makes a key and a certificate for host names and addresses, valid for ninety days.
    ///
    /// Errors: `TrustError` with `issuingFailed`.
    public func issueWeb(
        names: [String], addresses: [[UInt8]], now: Instant
    ) throws -> WebCertificate {
        let webKey = P256.Signing.PrivateKey()
        let ends = CertificateShape.moment(now, plusDays: LeafCertificate.lifetimeDays)
        do {
            let alternatives =
                names.map { GeneralName.dnsName($0) }
                + addresses.map { GeneralName.ipAddress(ASN1OctetString(contentBytes: $0[...])) }
            let certificate = try Certificate(
                version: .v3,
                serialNumber: Certificate.SerialNumber(),
                publicKey: Certificate.PublicKey(webKey.publicKey),
                notValidBefore: CertificateShape.moment(now, plusDays: -1).date,
                notValidAfter: ends.date,
                issuer: root.certificate.subject,
                subject: try DistinguishedName { CommonName("kith web page") },
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([.serverAuth])
                    SubjectAlternativeNames(alternatives)
                },
                issuerPrivateKey: Certificate.PrivateKey(key.privateKey))
            var serializer = DER.Serializer()
            try serializer.serialize(certificate)
            return WebCertificate(
                der: serializer.serializedBytes, privateKey: webKey, notAfter: ends)
        } catch {
            throw TrustError(
                .issuingFailed,
                "The web page's certificate could not be made. Run \"kith doctor\".",
                cause: error)
        }
    }
}
