import Crypto
package import Foundation
import KithModel
package import KithStore
package import KithTrust

/// The keys of one simulated site, made once and kept in a data file: a root certificate holds a
/// real signature, which is different each time it is made.
///
/// The keys are public and protect nothing.
package struct SiteCard: Sendable {
    /// The site's keys.
    package let keys: SiteKeys
    /// The site's root certificate.
    package let root: RootCertificate
    /// The identity's public key, as the book of signatures names it.
    let publicKey: Data

    private struct Stored: Codable {
        let identity: Data
        let sealing: Data
        let root: Data
    }

    /// Every card of the data file, in its order.
    package static let all: [SiteCard] = {
        do {
            return try JSONDecoder().decode(
                [Stored].self, from: Data(PackageResources.sites_json)
            ).map { stored in
                let identity = SiteKey(
                    try P256.Signing.PrivateKey(rawRepresentation: stored.identity))
                return SiteCard(
                    keys: SiteKeys(
                        identity: identity,
                        sealing: SealingKey(
                            try P256.KeyAgreement.PrivateKey(rawRepresentation: stored.sealing))),
                    root: try RootCertificate(der: Array(stored.root)),
                    publicKey: identity.publicKey.rawRepresentation)
            }
        } catch {
            preconditionFailure("the simulated sites built into the program do not load: \(error)")
        }
    }()

    /// The data file with so many new cards.
    package static func fresh(_ count: Int) throws -> Data {
        let cards = try (0..<count).map { _ in
            let key = SiteKey()
            return Stored(
                identity: key.privateKey.rawRepresentation,
                sealing: SealingKey().privateKey.rawRepresentation,
                root: Data(try key.rootCertificate(now: SimulatedClock.beginning).der))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(cards) + Data("\n".utf8)
    }
}
