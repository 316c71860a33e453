public import Crypto
import Foundation
public import KithModel
import SwiftASN1
import X509

/// A certificate with which a person's browser proves itself to the site's own web page.
///
/// It is signed with the site's identity key, and must never pass for the site itself: its issuer is
/// named `kith web SITE`, which no peer takes for a site id, so that ``LeafVerifier`` finds it
/// malformed. **Shape:** X.509 v3 in DER, P-256 and ECDSA-SHA-256, no CA, for clients only.
public struct ClientCertificate: Hashable, Sendable {
    /// How long it lives, in days.
    public static let lifetimeDays: Int64 = 365

    /// The certificate, byte for byte.
    public let der: [UInt8]
    /// The account that it names.
    public let account: String
    /// The last moment of its validity.
    public let notAfter: Instant
    private let certificate: Certificate

    /// Parses a certificate and checks that a site issued it for its own web page. That the other
    /// side holds its key is for TLS to prove, whether it has ended or was revoked for the caller.
    ///
    /// Errors: `TrustError` with `invalidClientCertificate`.
    public init(der: [UInt8], issuedBy root: RootCertificate) throws {
        let flaw: CertificateShape.Flaw
        do {
            let (certificate, _) = try CertificateShape.parse(der)
            guard CertificateShape.commonName(certificate.issuer) == Self.issuerName(root.siteID),
                root.certificate.publicKey.isValidSignature(
                    certificate.signature, for: certificate)
            else { throw CertificateShape.Flaw("this site did not issue it") }
            guard !CertificateShape.isAuthority(certificate),
                let account = CertificateShape.commonName(certificate.subject)
            else { throw CertificateShape.Flaw("it names no account") }
            self.der = der
            self.account = account
            notAfter = Instant(certificate.notValidAfter)
            self.certificate = certificate
            return
        } catch {
            flaw = error as? CertificateShape.Flaw ?? CertificateShape.Flaw("it is damaged")
        }
        throw TrustError(
            .invalidClientCertificate,
            "The browser's certificate cannot be used: \(flaw.reason). Issue a new one.",
            cause: flaw.cause)
    }

    static func issuerName(_ site: SiteID) -> String { "kith web \(site)" }

    /// Two certificates are equal when their bytes are.
    public static func == (left: Self, right: Self) -> Bool { left.der == right.der }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) { hasher.combine(der) }
}

extension LeafIssuer {
    /// Makes a key and a certificate for an account of the site's own web page, valid for a year from
    /// `now`.
    ///
    /// Errors: `TrustError` with `issuingFailed`.
    public func issueClient(
        account: String, now: Instant
    ) throws -> (certificate: ClientCertificate, privateKey: P256.Signing.PrivateKey) {
        let clientKey = P256.Signing.PrivateKey()
        do {
            let certificate = try Certificate(
                version: .v3,
                serialNumber: Certificate.SerialNumber(),
                publicKey: Certificate.PublicKey(clientKey.publicKey),
                notValidBefore: CertificateShape.moment(now, plusDays: -1).date,
                notValidAfter:
                    CertificateShape.moment(now, plusDays: ClientCertificate.lifetimeDays).date,
                issuer: try DistinguishedName {
                    CommonName(ClientCertificate.issuerName(root.siteID))
                },
                subject: try DistinguishedName { CommonName(account) },
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    Critical(try ExtendedKeyUsage([.clientAuth]))
                },
                issuerPrivateKey: Certificate.PrivateKey(key.privateKey))
            var serializer = DER.Serializer()
            try serializer.serialize(certificate)
            return (
                try ClientCertificate(der: serializer.serializedBytes, issuedBy: root), clientKey
            )
        } catch {
            throw TrustError(
                .issuingFailed,
                "The browser's certificate could not be made. Run \"kith doctor\".", cause: error)
        }
    }
}
