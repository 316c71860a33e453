import Foundation
import KithModel
import KithProtocol
import KithTrust
import Testing

@Suite struct JoinNoticeTests {
    private let inviter = SiteKey()
    private let relay = SiteKey().siteID
    private let cryptography = SystemCryptography()

    private func code(secret: UInt8 = 1, inviter: SiteID? = nil) throws -> InvitationCode {
        InvitationCode(
            inviter: inviter ?? self.inviter.siteID,
            partnership: try #require(PartnershipID(bytes: Data(repeating: 7, count: 16))),
            secret: Data(repeating: secret, count: 16),
            expires: Instant(milliseconds: 1_795_000_000_000), addresses: ["elm.example:7440"],
            relay: .init(site: relay, addresses: ["relay.example:7440"]))
    }

    private func notice(_ name: String = "Plans") throws -> JoinNotice {
        JoinNotice(
            inviter: SiteProfile(
                root: try inviter.rootCertificate(now: Instant(milliseconds: 1_795_000_000_000)),
                sealingKey: Data(SealingKey().publicKey), name: "Elm House", kind: "careHome",
                ods: "", addresses: []),
            partnershipName: name, purpose: "Joint care plans",
            grant: Grant(role: .contributor, compartments: [.clinical], mayAttest: true),
            relayName: "Relay")
    }

    @Test func `a notice opens with the code that it is for, and says what was said`() throws {
        let (code, notice) = (try code(), try notice())
        let sealed = try notice.sealed(for: code, relay: relay, by: inviter, cryptography)
        #expect(sealed.range(of: Data("Plans".utf8)) == nil)
        #expect(sealed.count <= Limits.sealedJoinBytes)
        #expect(
            try JoinNotice(opening: sealed, for: code, relay: relay, cryptography) == notice)
    }

    @Test func `another code, another relay or a flipped bit opens nothing`() throws {
        let code = try code()
        let sealed = try notice().sealed(for: code, relay: relay, by: inviter, cryptography)
        let other = SiteKey().siteID
        #expect(throws: ProtocolFault.self) {
            try JoinNotice(opening: sealed, for: self.code(secret: 2), relay: relay, cryptography)
        }
        #expect(throws: ProtocolFault.self) {
            try JoinNotice(opening: sealed, for: code, relay: other, cryptography)
        }
        #expect(throws: ProtocolFault.self) {
            try JoinNotice(
                opening: sealed, for: self.code(inviter: other), relay: relay, cryptography)
        }
        for index in [0, 12, sealed.count - 1] {
            var spoiled = sealed
            spoiled[index] ^= 1
            #expect(throws: ProtocolFault.self) {
                try JoinNotice(opening: spoiled, for: code, relay: relay, cryptography)
            }
        }
        #expect(throws: ProtocolFault.self) {
            try JoinNotice(opening: Data(), for: code, relay: relay, cryptography)
        }
    }

    @Test func `whoever knows the secret but is not the inviter signs no notice`() throws {
        let code = try code()
        let sealed = try notice().sealed(for: code, relay: relay, by: SiteKey(), cryptography)
        let fault = #expect(throws: ProtocolFault.self) {
            try JoinNotice(opening: sealed, for: code, relay: relay, cryptography)
        }
        #expect(fault?.code == .signature)
    }

    @Test func `texts without end are refused`() throws {
        let code = try code()
        for name in ["", String(repeating: "x", count: Limits.personBytes + 1)] {
            let sealed = try notice(name).sealed(
                for: code, relay: relay, by: inviter, cryptography)
            #expect(throws: ProtocolFault.self) {
                try JoinNotice(opening: sealed, for: code, relay: relay, cryptography)
            }
        }
    }

    @Test func `a code with a relay is read as it was written`() throws {
        let code = try code()
        #expect(try InvitationCode(text: code.text) == code)
        let alone = InvitationCode(
            inviter: code.inviter, partnership: code.partnership, secret: code.secret,
            expires: code.expires, addresses: [], relay: code.relay)
        #expect(try InvitationCode(text: alone.text) == alone)
        // Neither an address nor a relay leads anywhere, and a relay has an address.
        for relay in [nil, InvitationCode.Relay(site: self.relay, addresses: [])] {
            let nowhere = InvitationCode(
                inviter: code.inviter, partnership: code.partnership, secret: code.secret,
                expires: code.expires, addresses: [], relay: relay)
            #expect(throws: InvitationCode.Problem.content) {
                try InvitationCode(text: nowhere.text)
            }
        }
    }
}
