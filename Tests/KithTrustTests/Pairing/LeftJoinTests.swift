import Foundation
import KithModel
import KithProtocol
import KithTestSupport
import KithTrust
import Testing

@Suite struct LeftJoinTests {
    private let joiner = SiteKey()
    private let sealing = SealingKey()
    private let cryptography = SystemCryptography()
    private let place = LeftJoin.Place(
        relay: SiteKey().siteID, inviter: SiteKey().siteID,
        letterbox: Data(repeating: 5, count: 16))

    private func request() throws -> LeftJoin {
        LeftJoin(
            invitation: Data(repeating: 1, count: 8), proof: Data(repeating: 2, count: 32),
            joiner: SiteProfile(
                root: try joiner.rootCertificate(now: Instant(milliseconds: 1_795_000_000_000)),
                sealingKey: Data(SealingKey().publicKey), name: "Oak Lodge", kind: "careHome",
                ods: "A1234", addresses: ["oak.example:7440"]))
    }

    private func sealed(by key: SiteKey? = nil) throws -> LeftJoin.Sealed {
        try request().sealed(
            at: place, to: Data(sealing.publicKey), by: key ?? joiner, cryptography)
    }

    @Test func `the inviter opens what was sealed to it, and nobody reads it on the way`() throws {
        let request = try request()
        let sealed = try request.sealed(
            at: place, to: Data(sealing.publicKey), by: joiner, cryptography)
        #expect(sealed.ciphertext.range(of: Data("Oak Lodge".utf8)) == nil)
        #expect(sealed.byteCount <= Limits.sealedJoinBytes)
        #expect(
            try LeftJoin(opening: sealed, at: place, with: sealing, cryptography) == request)
        #expect(throws: ProtocolFault.self) {
            try LeftJoin(opening: sealed, at: place, with: SealingKey(), cryptography)
        }
    }

    @Test func `it opens at its relay, for its inviter and from its letterbox only`() throws {
        let sealed = try sealed()
        let other = SiteKey().siteID
        for wrong in [
            LeftJoin.Place(relay: other, inviter: place.inviter, letterbox: place.letterbox),
            LeftJoin.Place(relay: place.relay, inviter: other, letterbox: place.letterbox),
            LeftJoin.Place(
                relay: place.relay, inviter: place.inviter,
                letterbox: Data(repeating: 6, count: 16)),
        ] {
            #expect(throws: ProtocolFault.self) {
                try LeftJoin(opening: sealed, at: wrong, with: sealing, cryptography)
            }
        }
    }

    @Test func `nobody asks in another site's name`() throws {
        let forged = try sealed(by: SiteKey())
        let fault = #expect(throws: ProtocolFault.self) {
            try LeftJoin(opening: forged, at: place, with: sealing, cryptography)
        }
        #expect(fault?.code == .signature)
    }

    @Test func `a damaged request never traps and never opens`() throws {
        let sealed = try sealed()
        for half in [\LeftJoin.Sealed.encapsulated, \.ciphertext] {
            let valid = sealed[keyPath: half]
            for damaged in Damage.variants(of: valid) where damaged != valid {
                let request =
                    half == \.ciphertext
                    ? LeftJoin.Sealed(encapsulated: sealed.encapsulated, ciphertext: damaged)
                    : LeftJoin.Sealed(encapsulated: damaged, ciphertext: sealed.ciphertext)
                #expect(throws: ProtocolFault.self) {
                    try LeftJoin(opening: request, at: place, with: sealing, cryptography)
                }
            }
        }
    }
}
