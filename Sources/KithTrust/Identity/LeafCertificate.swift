public import Crypto
import Foundation
public import KithModel
import SwiftASN1
import X509

/// A TLS certificate that parses and names a site; **not** yet checked against that site's root.
///
/// **Shape:** X.509 v3 in DER, at most 4096 bytes, P-256 and ECDSA-SHA-256, no CA; the issuer is
/// the site id as the only common name. ``LeafVerifier`` says whether that site made it.
public struct LeafCertificate: Hashable, Sendable {
    /// How long a leaf lives, in days.
    public static let lifetimeDays: Int64 = 90
    /// A leaf is renewed when it has fewer days left than this.
    public static let renewalDays: Int64 = 30

    /// The certificate, byte for byte as it came.
    public let der: [UInt8]
    /// The site that the issuer's name names.
    public let namedSite: SiteID
    /// The last moment of its validity.
    public let notAfter: Instant
    let certificate: Certificate

    /// Parses a certificate that came from elsewhere.
    ///
    /// Errors: `TrustError` with `invalidLeafCertificate`.
    public init(der: [UInt8]) throws {
        do {
            try self.init(checking: der)
        } catch let flaw as CertificateShape.Flaw {
            throw TrustError(
                .invalidLeafCertificate,
                """
                The TLS certificate cannot be used: \(flaw.reason). \
                A site's daemon makes a new one when it starts: restart the site it came from.
                """, cause: flaw.cause)
        }
    }

    private init(checking der: [UInt8]) throws {
        let (certificate, _) = try CertificateShape.parse(der)
        guard let site = CertificateShape.site(certificate.issuer) else {
            throw CertificateShape.Flaw("its issuer is not a site id")
        }
        guard !CertificateShape.isAuthority(certificate) else {
            throw CertificateShape.Flaw("it is a root, not a TLS certificate")
        }
        self.der = der
        namedSite = site
        notAfter = Instant(certificate.notValidAfter)
        self.certificate = certificate
    }

    /// The certificate's own public key.
    public var publicKey: P256.Signing.PublicKey {
        guard let key = P256.Signing.PublicKey(certificate.publicKey) else {
            preconditionFailure("a parsed leaf has no P-256 key")
        }
        return key
    }

    /// Whether its validity is over at a moment.
    public func isExpired(at now: Instant) -> Bool { now > notAfter }

    /// Whether it has less than thirty days left at a moment, or more than a whole life: then it was
    /// issued while the clock was ahead, and other software takes it for not yet valid.
    public func needsRenewal(at now: Instant) -> Bool {
        CertificateShape.moment(now, plusDays: Self.renewalDays) > notAfter
            || CertificateShape.moment(now, plusDays: Self.lifetimeDays + 1) < notAfter
    }

    /// Whether the key of a root signed this leaf.
    func isSigned(by root: RootCertificate) -> Bool {
        root.certificate.publicKey.isValidSignature(certificate.signature, for: certificate)
    }

    /// Two leaves are equal when their bytes are.
    public static func == (left: Self, right: Self) -> Bool { left.der == right.der }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) { hasher.combine(der) }
}
