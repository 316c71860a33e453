import Crypto
import Foundation
package import KithModel
import KithStore
import KithTrust

/// What the web page shows to browsers when the operator gives nothing else.
package struct WebIdentity: Sendable {
    /// The certificate, then those above it, in DER.
    package let chain: [[UInt8]]
    /// Its key, PKCS #8 in DER.
    package let privateKey: [UInt8]
    /// When a new one is to be made.
    package let renewal: Instant
}

extension LocalSite {
    /// Issues a certificate for the web page's names and addresses.
    package func webIdentity(names: [String], addresses: [[UInt8]]) throws -> WebIdentity {
        let now = clock()
        let issued = try LeafIssuer(key: keys.identity, root: root)
            .issueWeb(names: names, addresses: addresses, now: now)
        return WebIdentity(
            chain: [issued.der, root.der], privateKey: Array(issued.privateKey.derRepresentation),
            // A third of its life before the end, as with the leaves for partners.
            renewal: Instant(milliseconds: now.milliseconds + 60 * 86_400_000))
    }

    /// The login that a browser's certificate stands for; nil when it is none of ours, or over.
    package func login(ofBrowserCertificate der: [UInt8]) async -> String? {
        guard let certificate = try? ClientCertificate(der: der, issuedBy: root) else { return nil }
        let now = clock()
        let fingerprint = Data(SHA256.hash(data: der))
        guard now < certificate.notAfter,
            let login = try? await store.read({
                try $0.login(ofCertificate: fingerprint, at: now)
            })
        else { return nil }
        return login == certificate.account ? login : nil
    }
}
