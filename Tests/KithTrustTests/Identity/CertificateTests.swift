import Crypto
import Foundation
import KithModel
import KithTrust
import SwiftASN1
import Testing
import X509

@Suite struct RootCertificateTests {
    @Test func `a root names its site and comes back from its bytes`() throws {
        let site = try IdentityFixture()
        let parsed = try RootCertificate(der: site.root.der)
        #expect(parsed == site.root)
        #expect(parsed.siteID == site.key.siteID)
        #expect(Array(parsed.publicKey.derRepresentation) == site.key.publicKeyDER)
        #expect(parsed.der.count < 600)
    }

    @Test func `two roots of one key are of one site`() throws {
        let key = SiteKey()
        let first = try key.rootCertificate(now: IdentityFixture.now)
        let second = try key.rootCertificate(now: IdentityFixture.later(days: 4000))
        #expect(first != second)
        #expect(first.siteID == second.siteID)
    }

    @Test func `a clock at 1970 or at the end of time makes a root and a leaf`() throws {
        for milliseconds in [0, Instant.range.upperBound] {
            let now = Instant(milliseconds: milliseconds)
            let key = SiteKey()
            do {
                let root = try key.rootCertificate(now: now)
                _ = try LeafIssuer(key: key, root: root).issue(now: now)
            } catch let error as TrustError {
                Issue.record("\(milliseconds): \(String(describing: error.cause))")
            }
        }
    }

    @Test func `a certificate that another key signed is no root`() throws {
        let key = SiteKey()
        let id = key.siteID.description
        let der = try IdentityFixture.certificate(
            issuer: id, subject: id, key: key.privateKey, signedBy: P256.Signing.PrivateKey(),
            authority: true)
        expectRefused(der, because: "own key")
    }

    @Test func `a certificate that another issued is no root`() throws {
        let (key, other) = (SiteKey(), SiteKey())
        let der = try IdentityFixture.certificate(
            issuer: other.siteID.description, subject: key.siteID.description,
            key: key.privateKey, signedBy: other.privateKey, authority: true)
        expectRefused(der, because: "not self-signed")
    }

    @Test func `a root with another site's name is no root`() throws {
        let (key, other) = (SiteKey(), SiteKey())
        let der = try IdentityFixture.certificate(
            issuer: other.siteID.description, subject: other.siteID.description,
            key: key.privateKey, signedBy: key.privateKey, authority: true)
        expectRefused(der, because: "site id of its key")
    }

    @Test func `a self-signed certificate that is no authority is no root`() throws {
        let key = SiteKey()
        let id = key.siteID.description
        let der = try IdentityFixture.certificate(
            issuer: id, subject: id, key: key.privateKey, signedBy: key.privateKey,
            authority: false)
        expectRefused(der, because: "may not issue")
    }

    @Test func `a root with a P-384 key is no root`() throws {
        let key = P384.Signing.PrivateKey()
        let der = try IdentityFixture.certificate(
            issuer: "x", subject: "x", publicKey: Certificate.PublicKey(key.publicKey),
            signedBy: Certificate.PrivateKey(key), algorithm: .ecdsaWithSHA384, authority: true)
        expectRefused(der, because: "not a P-256 key")
    }

    @Test func `a leaf is no root, and a root is no leaf`() throws {
        let site = try IdentityFixture()
        let leaf = try site.issuer.issue(now: IdentityFixture.now).leaf
        expectRefused(leaf.der, because: "not self-signed")
        let error = #expect(throws: TrustError.self) { try LeafCertificate(der: site.root.der) }
        #expect(error?.code == .invalidLeafCertificate)
    }

    @Test func `a root cut off at any length is refused, and so is one with more behind it`() throws
    {
        let der = try IdentityFixture().root.der
        for length in der.indices {
            #expect(throws: TrustError.self) { try RootCertificate(der: Array(der[..<length])) }
        }
        #expect(throws: TrustError.self) { try RootCertificate(der: der + [0]) }
        expectRefused(Array(repeating: 0x30, count: 5000), because: "4096")
    }

    @Test func `a root with any one byte changed is refused or of the same site`() throws {
        let root = try IdentityFixture().root
        for index in root.der.indices {
            var der = root.der
            der[index] ^= 0x41
            if let parsed = try? RootCertificate(der: der) {
                #expect(parsed.siteID == root.siteID)
            }
        }
    }

    private func expectRefused(
        _ der: [UInt8], because reason: String, at location: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: TrustError.self, sourceLocation: location) {
            try RootCertificate(der: der)
        }
        #expect(error?.code == .invalidRootCertificate, sourceLocation: location)
        #expect(error?.message.contains(reason) == true, sourceLocation: location)
    }
}

@Suite struct LeafIssuerTests {
    @Test func `a leaf lives ninety days and wants renewal in its last thirty`() throws {
        let site = try IdentityFixture()
        let leaf = try site.issuer.issue(now: IdentityFixture.now).leaf
        let wholeSeconds = IdentityFixture.later(days: 90).milliseconds / 1000 * 1000
        #expect(leaf.notAfter.milliseconds == wholeSeconds)
        #expect(leaf.namedSite == site.key.siteID)
        #expect(!leaf.needsRenewal(at: IdentityFixture.now))
        #expect(!leaf.needsRenewal(at: IdentityFixture.later(days: 59)))
        #expect(leaf.needsRenewal(at: IdentityFixture.later(days: 61)))
        #expect(leaf.needsRenewal(at: IdentityFixture.later(days: 400)))
    }

    @Test func `every leaf has a key of its own, never the site's`() throws {
        let site = try IdentityFixture()
        let first = try site.issuer.issue(now: IdentityFixture.now)
        let second = try site.issuer.issue(now: IdentityFixture.now)
        let keys = Set(
            [first.privateKey, second.privateKey, site.key.privateKey].map(\.rawRepresentation))
        #expect(keys.count == 3)
    }

    @Test func `a leaf may be used by a server and by a client, and by no authority`() throws {
        let leaf = try IdentityFixture().issuer.issue(now: IdentityFixture.now).leaf
        let certificate = try Certificate(derEncoded: leaf.der)
        let usage = try #require(try certificate.extensions.extendedKeyUsage)
        #expect(usage.contains(.serverAuth) && usage.contains(.clientAuth))
        #expect(try certificate.extensions.basicConstraints == .notCertificateAuthority)
    }

    @Test func `a root of another site makes no issuer`() throws {
        let (site, other) = (try IdentityFixture(), try IdentityFixture())
        let error = #expect(throws: TrustError.self) {
            try LeafIssuer(key: site.key, root: other.root)
        }
        #expect(error?.code == .mismatchedIdentity)
    }

    @Test func `a leaf with another's key or root makes no identity`() throws {
        let (site, other) = (try IdentityFixture(), try IdentityFixture())
        let one = try site.issuer.issue(now: IdentityFixture.now)
        let two = try other.issuer.issue(now: IdentityFixture.now)
        #expect(throws: TrustError.self) {
            try TLSIdentity(leaf: one.leaf, privateKey: two.privateKey, root: one.root)
        }
        #expect(throws: TrustError.self) {
            try TLSIdentity(leaf: one.leaf, privateKey: one.privateKey, root: two.root)
        }
        let again = try TLSIdentity(leaf: one.leaf, privateKey: one.privateKey, root: one.root)
        #expect(again.siteID == site.key.siteID)
    }
}
