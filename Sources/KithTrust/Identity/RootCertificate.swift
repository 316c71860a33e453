public import Crypto
import Foundation
public import KithModel
import SwiftASN1
import Synchronization
import X509

/// A site's self-signed root certificate, checked: what partners pin.
///
/// **Shape:** X.509 v3 in DER, at most 4096 bytes, P-256 and ECDSA-SHA-256; subject and issuer are
/// the site id as the only common name; basic constraints say CA. Its validity is not looked at:
/// the key is pinned, not the certificate's dates (D15).
public struct RootCertificate: Hashable, Sendable {
    /// The certificate, byte for byte as it came.
    public let der: [UInt8]
    /// The site whose root it is.
    public let siteID: SiteID
    let certificate: Certificate

    /// Checks a certificate that came from elsewhere.
    ///
    /// Errors: `TrustError` with `invalidRootCertificate`.
    public init(der: [UInt8]) throws {
        let bytes = Bytes(der: der)
        if let known = Self.checked.withLock({ $0[bytes] }) {
            self = known
            return
        }
        do {
            try self.init(checking: der)
            let root = self
            Self.checked.withLock {
                if $0.count >= Self.maximumRemembered { $0 = [:] }
                $0[bytes] = root
            }
        } catch let flaw as CertificateShape.Flaw {
            throw TrustError(
                .invalidRootCertificate,
                """
                The root certificate cannot be used: \(flaw.reason). \
                Ask the other site to send its certificate again, or to run "kith doctor".
                """, cause: flaw.cause)
        }
    }

    /// The certificates that were checked lately: the same few are read from a store again and again,
    /// and whether one is valid follows from its bytes alone.
    private static let checked = Mutex<[Bytes: RootCertificate]>([:])
    private static let maximumRemembered = 1024

    /// A certificate, found by its last bytes: they are of its signature, and differ by themselves.
    private struct Bytes: Hashable {
        let der: [UInt8]

        func hash(into hasher: inout Hasher) {
            der.withUnsafeBytes {
                hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: $0.suffix(16)))
            }
        }
    }

    private init(checking der: [UInt8]) throws {
        let (certificate, key) = try CertificateShape.parse(der)
        let siteID = SiteID(publicKeyDER: key.derRepresentation)
        guard certificate.issuer == certificate.subject else {
            throw CertificateShape.Flaw("it is not self-signed, another issued it")
        }
        guard CertificateShape.commonName(certificate.subject) == siteID.description else {
            throw CertificateShape.Flaw("its name is not the site id of its key")
        }
        guard CertificateShape.isAuthority(certificate) else {
            throw CertificateShape.Flaw("it may not issue certificates")
        }
        guard certificate.publicKey.isValidSignature(certificate.signature, for: certificate)
        else {
            throw CertificateShape.Flaw("its signature is not by its own key")
        }
        self.der = der
        self.siteID = siteID
        self.certificate = certificate
    }

    /// The site's public identity key.
    public var publicKey: P256.Signing.PublicKey {
        guard let key = P256.Signing.PublicKey(certificate.publicKey) else {
            preconditionFailure("a checked root has no P-256 key")
        }
        return key
    }

    /// Two roots are equal when their bytes are.
    public static func == (left: Self, right: Self) -> Bool { left.der == right.der }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) { hasher.combine(der) }
}

extension SiteKey {
    /// Makes the site's root certificate, valid for fifty years from a day before `now`.
    ///
    /// Every call gives other bytes, and all of them are good: partners compare the key.
    /// Errors: `TrustError` with `issuingFailed`.
    public func rootCertificate(now: Instant) throws -> RootCertificate {
        do {
            let name = try DistinguishedName { CommonName(siteID.description) }
            let certificate = try Certificate(
                version: .v3,
                serialNumber: Certificate.SerialNumber(),
                publicKey: Certificate.PublicKey(publicKey),
                notValidBefore: CertificateShape.moment(now, plusDays: -1).date,
                notValidAfter: CertificateShape.moment(now, plusDays: 50 * 365).date,
                issuer: name,
                subject: name,
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(digitalSignature: true, keyCertSign: true))
                },
                issuerPrivateKey: Certificate.PrivateKey(privateKey))
            var serializer = DER.Serializer()
            try serializer.serialize(certificate)
            return try RootCertificate(der: serializer.serializedBytes)
        } catch {
            throw TrustError(
                .issuingFailed, "The root certificate could not be made. Run \"kith doctor\".",
                cause: error)
        }
    }
}
