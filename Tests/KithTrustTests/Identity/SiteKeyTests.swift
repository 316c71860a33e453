import Crypto
import Foundation
import KithModel
import KithTrust
import Testing

@Suite struct SiteKeyTests {
    @Test func `a site key comes back from its PEM with the same site id`() throws {
        let key = SiteKey()
        let loaded = try SiteKey(pem: key.pem)
        #expect(loaded.siteID == key.siteID)
        #expect(loaded.publicKeyDER == key.publicKeyDER)
        #expect(loaded.privateKey.rawRepresentation == key.privateKey.rawRepresentation)
    }

    @Test func `the site id of a known key stays what it is`() throws {
        let raw = Array(repeating: UInt8(7), count: 32)
        let key = SiteKey(try P256.Signing.PrivateKey(rawRepresentation: raw))
        #expect(key.siteID == SiteID(publicKeyDER: key.publicKeyDER))
        #expect(key.publicKeyDER.count == 91)
        #expect(Array(SHA256.hash(data: key.publicKeyDER)) == key.siteID.bytes)
    }

    @Test func `a sealing key comes back from its PEM, and its public key has 65 bytes`() throws {
        let key = SealingKey()
        let loaded = try SealingKey(pem: key.pem)
        #expect(loaded.publicKey == key.publicKey)
        #expect(key.publicKey.count == 65)
        #expect(key.publicKey.first == 4)
    }

    @Test(arguments: [
        "", "nothing", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
    ])
    func `a PEM that is no key is refused with what to do`(pem: String) {
        for load in [{ _ = try SiteKey(pem: pem) }, { _ = try SealingKey(pem: pem) }] {
            let error = #expect(throws: TrustError.self) { try load() }
            #expect(error?.code == .invalidKey)
            #expect(error?.message.contains("Restore") == true)
        }
    }

    @Test func `a P-384 key is not taken for a site key`() {
        let other = P384.Signing.PrivateKey().pemRepresentation
        let error = #expect(throws: TrustError.self) { try SiteKey(pem: other) }
        #expect(error?.code == .invalidKey)
    }

    @Test func `nothing of a private key gets into a description`() throws {
        let site = try IdentityFixture()
        let identity = try site.issuer.issue(now: IdentityFixture.now)
        #expect("\(site.key)" == "SiteKey(\(site.key.siteID.short))")
        #expect(String(reflecting: SealingKey()) == "SealingKey")
        #expect("\(identity)" == "TLSIdentity(\(site.key.siteID.short))")
    }
}
