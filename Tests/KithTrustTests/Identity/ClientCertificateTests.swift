import Crypto
import Foundation
import KithModel
import KithTestSupport
import KithTrust
import Testing

@Suite struct ClientCertificateTests {
    private let fixture: IdentityFixture
    private let issued: (certificate: ClientCertificate, privateKey: P256.Signing.PrivateKey)

    init() throws {
        fixture = try IdentityFixture()
        issued = try fixture.issuer.issueClient(account: "jdoe", now: IdentityFixture.now)
    }

    @Test func `it names its account, and the site that issued it knows it again`() throws {
        let read = try ClientCertificate(der: issued.certificate.der, issuedBy: fixture.root)
        #expect(read == issued.certificate && read.account == "jdoe")
        #expect(read.notAfter == IdentityFixture.later(days: 365))
    }

    @Test func `whoever holds it is not the site, to any peer`() throws {
        let (fixture, der) = (fixture, issued.certificate.der)
        #expect(
            LeafVerifier.verdict(onLeaf: der, at: IdentityFixture.now) { _ in fixture.root }
                == .malformed)
        #expect(LeafVerifier.selfProvenRoot(ofChain: [der, fixture.root.der]) == nil)
        #expect(throws: TrustError.self) { try LeafCertificate(der: der) }
        // Nor does the site's own leaf open its web page, which is for people.
        let leaf = try fixture.issuer.issue(now: IdentityFixture.now).leaf
        #expect(throws: TrustError.self) {
            try ClientCertificate(der: leaf.der, issuedBy: fixture.root)
        }
    }

    @Test func `another site's, or a changed one, is refused`() throws {
        let other = try IdentityFixture()
        #expect(throws: TrustError.self) {
            try ClientCertificate(der: issued.certificate.der, issuedBy: other.root)
        }
        let forged = try IdentityFixture.certificate(
            issuer: "kith web \(fixture.root.siteID)", subject: "jdoe",
            key: issued.privateKey, signedBy: other.key.privateKey, authority: false)
        #expect(throws: TrustError.self) {
            try ClientCertificate(der: forged, issuedBy: fixture.root)
        }
        let authority = try IdentityFixture.certificate(
            issuer: "kith web \(fixture.root.siteID)", subject: "jdoe",
            key: issued.privateKey, signedBy: fixture.key.privateKey, authority: true)
        #expect(throws: TrustError.self) {
            try ClientCertificate(der: authority, issuedBy: fixture.root)
        }
        for bytes in Damage.variants(of: Data(issued.certificate.der))
        where Array(bytes) != issued.certificate.der {
            let read = try? ClientCertificate(der: Array(bytes), issuedBy: fixture.root)
            // Of ECDSA's two signatures of one message either is good; nothing else is.
            #expect(read == nil || read?.account == "jdoe")
        }
    }
}
