import Crypto
import Foundation
import KithModel
import KithProtocol
import KithTestSupport
import KithTrust
import Testing

@Suite struct CompartmentKeyTests {
    private let cryptography = SystemCryptography()
    private let key: CompartmentKey
    private let site: SiteSample
    private let partnership: PartnershipID

    init() throws {
        var generator = SeededGenerator(seed: 1)
        key = try #require(CompartmentKey(bytes: generator.bytes(32)))
        site = try SiteSample(seed: 1)
        partnership = generator.id()
    }

    private func opened(
        _ sealed: SealedKey, with sealing: SealingKey? = nil, commitment: Data? = nil,
        in partnership: PartnershipID? = nil, _ compartment: Compartment = .clinical
    ) -> CompartmentKey? {
        try? CompartmentKey(
            opening: sealed, with: sealing ?? site.sealing,
            commitment: commitment ?? key.commitment, in: partnership ?? self.partnership,
            compartment, cryptography)
    }

    private func sealed() throws -> SealedKey {
        try key.sealed(
            for: site.id, sealingKey: Data(site.sealing.publicKey), in: partnership, .clinical,
            cryptography)
    }

    @Test func `a key opens for its site, partnership, compartment and commitment alone`() throws {
        var generator = SeededGenerator(seed: 2)
        let (sealed, other) = (try sealed(), try SiteSample(seed: 2))
        #expect(opened(sealed)?.bytes == key.bytes)
        #expect(opened(sealed, with: other.sealing) == nil)
        #expect(opened(sealed, in: generator.id()) == nil)
        for compartment in Compartment.allCases where compartment != .clinical {
            #expect(opened(sealed, compartment) == nil)
        }
        var moved = sealed
        moved.site = other.id
        #expect(opened(moved) == nil)
        #expect(opened(moved, with: other.sealing) == nil)
        #expect(opened(sealed, commitment: CompartmentKey(random: cryptography).commitment) == nil)
        #expect(opened(sealed, commitment: Data()) == nil)
    }

    @Test func `a damaged sealed key does not open`() throws {
        let sealed = try sealed()
        for bytes in Damage.variants(of: sealed.ciphertext) where bytes != sealed.ciphertext {
            var damaged = sealed
            damaged.ciphertext = bytes
            #expect(opened(damaged) == nil)
        }
        for count in [0, 1, 33, 64, 66] {
            var damaged = sealed
            damaged.encapsulated = Data(repeating: 4, count: count)
            #expect(opened(damaged) == nil)
        }
    }

    @Test func `a key of another length is not the one, though it opens`() throws {
        for count in [0, 16, 31, 33] {
            let place: [UInt8] = partnership.bytes + [4] + site.id.bytes
            let context = Data("kith sealed key v1\u{0}".utf8) + Data(place)
            let (encapsulated, ciphertext) = try cryptography.encapsulate(
                Data(count: count), to: site.sealing.privateKey.publicKey, binding: context)
            let short = SealedKey(
                site: site.id, encapsulated: encapsulated, ciphertext: ciphertext)
            #expect(opened(short) == nil)
            #expect(CompartmentKey(bytes: Data(count: count)) == nil)
        }
    }

    @Test(arguments: [0, 33, 64, 65, 66])
    func `what is no public key is not sealed to`(count: Int) {
        #expect(throws: (any Error).self) {
            try key.sealed(
                for: site.id, sealingKey: Data(repeating: 4, count: count), in: partnership,
                .clinical, cryptography)
        }
    }

    @Test func `a commitment gives no two keys the same, and no key away`() {
        let keys = (0..<50).map { _ in CompartmentKey(random: cryptography) }
        #expect(Set(keys.map(\.commitment)).count == 50)
        for key in keys { #expect(key.commitment.range(of: key.bytes.prefix(8)) == nil) }
    }
}
