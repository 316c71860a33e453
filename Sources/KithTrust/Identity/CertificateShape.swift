import Crypto
import Foundation
import KithModel
import SwiftASN1
import X509

/// What roots and leaves have in common: size, algorithms, names and times.
enum CertificateShape {
    /// The greatest size of a certificate, in bytes of DER. Ours have about 400.
    static let maximumBytes = 4096

    /// Parses DER that is not larger than the limit, all of it, with a P-256 key and ECDSA-SHA-256.
    ///
    /// Errors: a sentence about what is wrong, to be completed by the caller.
    static func parse(_ der: [UInt8]) throws(Flaw) -> (Certificate, P256.Signing.PublicKey) {
        guard !der.isEmpty, der.count <= maximumBytes else {
            throw Flaw(
                "it has \(der.count) bytes; at least 1 and at most \(maximumBytes) are allowed")
        }
        let certificate: Certificate
        do {
            certificate = try Certificate(derEncoded: der)
        } catch {
            throw Flaw("it is not an X.509 certificate in DER", cause: error)
        }
        guard let key = P256.Signing.PublicKey(certificate.publicKey) else {
            throw Flaw("its key is not a P-256 key")
        }
        guard certificate.signatureAlgorithm == .ecdsaWithSHA256 else {
            throw Flaw("it is not signed with ECDSA and SHA-256")
        }
        return (certificate, key)
    }

    /// The one common name of a distinguished name that consists of nothing else.
    static func commonName(_ name: DistinguishedName) -> String? {
        guard name.count == 1, let relative = name.first, relative.count == 1,
            let attribute = relative.first, attribute.type == .RDNAttributeType.commonName
        else { return nil }
        return String(attribute.value)
    }

    /// The site that a distinguished name names.
    static func site(_ name: DistinguishedName) -> SiteID? {
        commonName(name).flatMap { SiteID(text: $0) }
    }

    /// Whether the certificate says that its key may issue certificates.
    static func isAuthority(_ certificate: Certificate) -> Bool {
        guard let constraints = try? certificate.extensions.basicConstraints else { return false }
        switch constraints {
        case .isCertificateAuthority: return true
        case .notCertificateAuthority: return false
        }
    }

    /// A moment some days away, in whole seconds, kept within what a certificate can say.
    static func moment(_ now: Instant, plusDays days: Int64) -> Instant {
        // An instant's range is far from overflowing.
        let seconds = (now.milliseconds + days * 86_400_000) / 1000
        let last = Instant.range.upperBound / 1000
        return Instant(milliseconds: min(seconds, last) * 1000)
    }

    /// What is wrong with a certificate, as the second half of a sentence.
    struct Flaw: Error {
        let reason: String
        let cause: (any Error)?

        init(_ reason: String, cause: (any Error)? = nil) {
            self.reason = reason
            self.cause = cause
        }
    }
}
