import Foundation
import KithModel
import KithProtocol
import KithTestSupport
import KithTrust
import SwiftProtobuf
import Testing

@Suite struct MembershipActTests {
    /// One act of every kind.
    private func acts() throws -> [MembershipAct] {
        let (site, cryptography) = (try SiteSample(seed: 1), SystemCryptography())
        var generator = SeededGenerator(seed: 1)
        let key = CompartmentKey(random: cryptography)
        let sealed = try key.sealed(
            for: site.id, sealingKey: Data(site.sealing.publicKey), in: generator.id(), .clinical,
            cryptography)
        let grant = Grant(
            role: .contributor, compartments: [.clinical, .personal], mayAttest: true,
            ends: Instant(milliseconds: 1_800_000_000_000))
        let feed = FeedID(author: site.id, incarnation: 7, compartment: .clinical)
        let cut = Cut(
            covers: [.membership, .clinical],
            ends: [Position(feed: feed, sequence: 3, hash: generator.id())])
        return [
            .found(
                nonce: generator.bytes(16), name: "Name", purpose: "Purpose",
                founder: site.profile),
            .admit(site.profile, grant, invitation: generator.bytes(8)),
            .mint(.clinical, commitment: key.commitment, sealed: [sealed]),
            .handOver([(generator.id(), sealed)]), .describe(site.profile),
            .change(site.id, grant, cut), .remove(site.id, cut), .elect(site.id),
        ]
    }

    @Test func `an act comes back as it was written`() throws {
        for act in try acts() {
            let bytes = act.encoded()
            #expect(try MembershipAct(decoding: bytes).encoded() == bytes)
        }
    }

    @Test func `damage to an act never traps`() throws {
        for act in try acts() {
            let problems = Damage.problems(
                of: MembershipAct.init(decoding:), act.encoded(), throwing: ProtocolFault.self)
            #expect(problems.isEmpty)
        }
    }

    @Test func `an act that a newer version added is of another version`() {
        // Field 99, empty.
        #expect(fault(Data([0x9A, 0x06, 0])) == .version)
        #expect(fault(Data()) == .version)
        let grant = Kith_V1_Grant.with { $0.role = .UNRECOGNIZED(9) }
        #expect(fault(grant) == .version)
        #expect(fault(.with { $0.role = .unspecified }) == .version)
        #expect(
            fault(
                .with {
                    $0.role = .steward
                    $0.compartments = [.UNRECOGNIZED(6)]
                }) == .version)
    }

    @Test func `a profile has limits`() throws {
        let site = try SiteSample(seed: 3)
        func fault(_ change: (inout Kith_V1_SiteProfile) -> Void) -> ProtocolFault.Code? {
            var message = Kith_V1_SiteProfile(site.profile)
            change(&message)
            return self.fault(Kith_V1_MembershipAct.with { $0.describe.site = message }.bytes())
        }
        #expect(fault { _ in } == nil)
        for over in [0, 1] {
            let expected: ProtocolFault.Code? = over == 0 ? nil : .limit
            let text = String(repeating: "x", count: 1_024 + over)
            #expect(fault { $0.name = text } == expected)
            #expect(fault { $0.kind = text } == expected)
            #expect(fault { $0.ods = text } == expected)
            #expect(fault { $0.addresses = [text] } == expected)
            #expect(fault { $0.addresses = Array(repeating: "a", count: 16 + over) } == expected)
        }
        for count in [0, 33, 64, 66] {
            #expect(fault { $0.sealingKey = Data(count: count) } == .malformed)
        }
        #expect(fault { $0.rootCertificate = Data([1, 2, 3]) } == .malformed)
    }

    @Test func `a key is minted for a sealed compartment, with a whole commitment`() {
        func fault(_ compartment: Kith_V1_Compartment, _ count: Int) -> ProtocolFault.Code? {
            self.fault(
                Kith_V1_MembershipAct.with {
                    $0.mint.compartment = compartment
                    $0.mint.commitment = Data(count: count)
                }.bytes())
        }
        #expect(fault(.clinical, 32) == nil)
        #expect(fault(.membership, 32) == .malformed)
        #expect(fault(.unspecified, 32) == .malformed)
        #expect(fault(.clinical, 31) == .malformed)
    }

    private func fault(_ bytes: Data) -> ProtocolFault.Code? {
        do throws(ProtocolFault) {
            _ = try MembershipAct(decoding: bytes)
            return nil
        } catch {
            return error.code
        }
    }

    private func fault(_ grant: Kith_V1_Grant) -> ProtocolFault.Code? {
        do throws(ProtocolFault) {
            _ = try Grant(grant)
            return nil
        } catch {
            return error.code
        }
    }
}
