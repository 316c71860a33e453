import Crypto
import Foundation
import KithModel
import KithTrust
import Testing

@Suite struct LeafVerifierTests {
    let site: IdentityFixture
    let other: IdentityFixture
    let pins: [SiteID: RootCertificate]

    init() throws {
        site = try IdentityFixture()
        other = try IdentityFixture()
        pins = [site.key.siteID: site.root]
    }

    private func verdict(
        _ der: [UInt8], at now: Instant = IdentityFixture.now
    ) -> LeafVerdict {
        LeafVerifier.verdict(onLeaf: der, at: now) { pins[$0] }
    }

    @Test func `a leaf of a pinned root is a peer's`() throws {
        let leaf = try site.issuer.issue(now: IdentityFixture.now).leaf
        #expect(verdict(leaf.der) == .peer(site.key.siteID, expired: false))
    }

    @Test func `another root certificate of the pinned key vouches for its leaves too`() throws {
        let renewed = try site.key.rootCertificate(now: IdentityFixture.later(days: 300))
        let leaf = try LeafIssuer(key: site.key, root: renewed).issue(now: IdentityFixture.now).leaf
        #expect(verdict(leaf.der) == .peer(site.key.siteID, expired: false))
    }

    @Test func `an expired leaf is accepted and flagged`() throws {
        let leaf = try site.issuer.issue(now: IdentityFixture.now).leaf
        let at = IdentityFixture.later(days: 91)
        #expect(leaf.isExpired(at: at))
        #expect(verdict(leaf.der, at: at) == .peer(site.key.siteID, expired: true))
    }

    @Test func `a leaf from the future is accepted: no clock decides`() throws {
        let leaf = try site.issuer.issue(now: IdentityFixture.later(days: 4000)).leaf
        #expect(verdict(leaf.der) == .peer(site.key.siteID, expired: false))
    }

    @Test func `a leaf of a site that is not pinned is unknown`() throws {
        let leaf = try other.issuer.issue(now: IdentityFixture.now).leaf
        #expect(verdict(leaf.der) == .unknown(other.key.siteID))
    }

    @Test func `a leaf that names a pinned site, signed by another key, is forged`() throws {
        let key = P256.Signing.PrivateKey()
        let der = try IdentityFixture.certificate(
            issuer: site.key.siteID.description, subject: "leaf", key: key,
            signedBy: other.key.privateKey, authority: false)
        #expect(verdict(der) == .forged(site.key.siteID))
    }

    @Test func `a leaf with its signature changed is forged`() throws {
        var der = try site.issuer.issue(now: IdentityFixture.now).leaf.der
        der[der.count - 1] ^= 1
        #expect(verdict(der) == .forged(site.key.siteID))
    }

    @Test func `a lookup that answers with another site's root proves nothing`() throws {
        let leaf = try site.issuer.issue(now: IdentityFixture.now).leaf
        let verdict = LeafVerifier.verdict(onLeaf: leaf.der, at: IdentityFixture.now) { _ in
            other.root
        }
        #expect(verdict == .forged(site.key.siteID))
    }

    @Test func `a pinned site's root, presented as a leaf, is malformed`() {
        #expect(verdict(site.root.der) == .malformed)
    }

    @Test(arguments: ["", "Acme", "CN=x"])
    func `a leaf whose issuer is no site is malformed`(issuer: String) throws {
        let der = try IdentityFixture.certificate(
            issuer: issuer, subject: "leaf", key: P256.Signing.PrivateKey(),
            signedBy: site.key.privateKey, authority: false)
        #expect(verdict(der) == .malformed)
    }

    @Test func `a leaf cut off at any length is malformed`() throws {
        let der = try site.issuer.issue(now: IdentityFixture.now).leaf.der
        for length in der.indices { #expect(verdict(Array(der[..<length])) == .malformed) }
    }

    @Test func `a leaf with any bit of what is signed changed is nobody's`() throws {
        let der = try site.issuer.issue(now: IdentityFixture.now).leaf.der
        // The last bytes are the signature, which can be written in more than one way.
        for index in der.indices.dropLast(76) {
            for bit in 0..<8 {
                var changed = der
                changed[index] ^= 1 << bit
                if case .peer = verdict(changed) {
                    Issue.record("bit \(bit) of byte \(index) of \(der.count) does not matter")
                }
            }
        }
    }

    @Test func `a chain proves its root only when that root signed the leaf`() throws {
        let leaf = try site.issuer.issue(now: IdentityFixture.now).leaf.der
        let alien = try other.issuer.issue(now: IdentityFixture.now).leaf.der
        #expect(LeafVerifier.selfProvenRoot(ofChain: [leaf, site.root.der]) == site.root)
        #expect(LeafVerifier.selfProvenRoot(ofChain: [alien, site.root.der]) == nil)
        #expect(LeafVerifier.selfProvenRoot(ofChain: [site.root.der, site.root.der]) == nil)
        #expect(LeafVerifier.selfProvenRoot(ofChain: [leaf]) == nil)
        #expect(LeafVerifier.selfProvenRoot(ofChain: [leaf, leaf]) == nil)
        #expect(LeafVerifier.selfProvenRoot(ofChain: []) == nil)
    }
}
