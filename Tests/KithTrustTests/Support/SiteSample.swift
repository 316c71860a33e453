import Crypto
import Foundation
import KithModel
import KithTestSupport
import KithTrust

/// A site whose keys come from a seed.
struct SiteSample {
    let key: SiteKey
    let sealing: SealingKey
    let profile: SiteProfile

    var id: SiteID { key.siteID }

    init(seed: UInt8) throws {
        let raw = Data(repeating: seed, count: 32)
        key = SiteKey(try P256.Signing.PrivateKey(rawRepresentation: raw))
        sealing = SealingKey(try P256.KeyAgreement.PrivateKey(rawRepresentation: raw))
        profile = SiteProfile(
            root: try key.rootCertificate(now: IdentityFixture.now),
            sealingKey: Data(sealing.publicKey), name: "Site \(seed)", kind: "care-home", ods: "",
            addresses: ["site.example:7440"])
    }
}
