import Foundation
import KithModel
import KithProtocol
import KithSite
import KithTransport
import KithTrust
import SwiftProtobuf
import Testing

/// What the inviting site answers to callers that hold to no rule, over real TLS.
@Suite(.timeLimit(.minutes(10))) struct InvitationTests {
    @Test func `a join that was captured is worth nothing, to others or again`() async throws {
        let elm = try await OpenSite("Elm House")
        let (joiner, thief) = (try Stranger(), try Stranger())
        try await elm.serving { address in
            let code = try await elm.invitation(at: address)
            // All that went over the line, in a thief's hands.
            let captured = Kith_V1_JoinRequest.with {
                $0.invitation = code.id
                $0.proof = proof(code, for: joiner.id)
                $0.site = profile(of: joiner)
            }
            for site in [profile(of: joiner), profile(of: thief)] {
                var request = captured
                request.site = site
                await expectRefused {
                    try await thief.calling(code.inviter, at: address) { [request] in
                        try await $0.join(request)
                    }
                }
            }
            _ = try await joiner.calling(code.inviter, at: address) { try await $0.join(captured) }
            let entries = try await elm.site.status().entries
            // It was good for one join; another invitation keeps the door open for the attempts.
            _ = try await elm.invitation(at: address)
            await expectRefused {
                try await thief.calling(code.inviter, at: address) { try await $0.join(captured) }
            }
            // Whoever joined by it is told the same again, and nothing is written.
            let again = try await joiner.calling(code.inviter, at: address) {
                try await $0.join(captured)
            }
            #expect(again.partnership == Data(code.partnership.bytes))
            #expect(try await elm.site.status().entries == entries)
            let members = try await elm.site.partnership("Elm and Riverside").members
            #expect(Set(members.map(\.site)) == [code.inviter, joiner.id])
            // Once removed, it gets the answer of everyone else.
            _ = try await elm.site.changeMembership(
                MembershipChange(partnership: nil, member: "Riverside", act: .remove))
            await expectRefused {
                try await joiner.calling(code.inviter, at: address) { try await $0.join(captured) }
            }
        }
    }

    @Test func `a joiner that was killed before it heard the answer joins with the same code`()
        async throws
    {
        let (elm, riverside) = (try await OpenSite("Elm House"), try await OpenSite("Riverside"))
        try await elm.serving { address in
            let code = try await elm.invitation(at: address)
            // All that Riverside sent before it was killed.
            let identity = try riverside.leaf(at: Instant(Date()))
            let own = try await riverside.site.profile().site
            let sealing = try SealingKey(
                pem: String(contentsOfFile: riverside.home + "/sealing.pem", encoding: .utf8))
            _ = try await PeerClient(identity: { identity }).withConnection(
                to: HostPort(text: address), expecting: code.inviter, root: nil
            ) {
                try await $0.join(
                    .with {
                        $0.invitation = code.id
                        $0.proof = proof(code, for: own)
                        $0.site = Kith_V1_SiteProfile(
                            SiteProfile(
                                root: identity.root, sealingKey: Data(sealing.publicKey),
                                name: "Riverside", kind: "gpPractice", ods: "", addresses: []))
                    })
            }
            #expect(try await elm.site.partnership("Elm and Riverside").members.count == 2)
            let entries = try await elm.site.status().entries
            let joined = try await riverside.site.join(code.text, progress: { _ in })
            #expect(joined.sync.isEqual && joined.partnership.members.count == 2)
            #expect(try await elm.site.status().entries == entries, "admitted once")
        }
    }

    @Test func `five wrong proofs end an invitation, and no other`() async throws {
        let elm = try await OpenSite("Elm House")
        let stranger = try Stranger()
        try await elm.serving { address in
            let code = try await elm.invitation(at: address)
            let other = try await elm.invitation(at: address)
            for guess in UInt8(1)...5 {
                let standing = try await elm.site.partnership("Elm and Riverside").invitations
                #expect(standing.count == 2, "before guess \(guess)")
                await expectRefused {
                    try await stranger.calling(code.inviter, at: address) {
                        try await $0.preview(
                            .with {
                                $0.invitation = code.id
                                $0.proof = Data(repeating: guess, count: 32)
                            })
                    }
                }
            }
            let standing = try await elm.site.partnership("Elm and Riverside").invitations
            #expect(standing.count == 1)
            // Now even the right proof is refused, with the words of any other refusal.
            await expectRefused {
                try await stranger.calling(code.inviter, at: address) {
                    try await $0.preview(
                        .with {
                            $0.invitation = code.id
                            $0.proof = proof(code, for: stranger.id)
                        })
                }
            }
            let preview = try await stranger.calling(code.inviter, at: address) {
                try await $0.preview(
                    .with {
                        $0.invitation = other.id
                        $0.proof = proof(other, for: stranger.id)
                    })
            }
            #expect(preview.inviterName == "Elm House")
        }
    }

    @Test func `a joiner that describes another site, or another key, is refused`() async throws {
        let elm = try await OpenSite("Elm House")
        let (joiner, other) = (try Stranger(), try Stranger())
        try await elm.serving { address in
            let code = try await elm.invitation(at: address)
            for site in [profile(of: other), Kith_V1_SiteProfile()] {
                let error = await #expect(throws: TransportError.self) {
                    try await joiner.calling(code.inviter, at: address) {
                        try await $0.join(
                            .with {
                                $0.invitation = code.id
                                $0.proof = proof(code, for: joiner.id)
                                $0.site = site
                            })
                    }
                }
                #expect(error?.message.contains("describes another site than itself") == true)
            }
            #expect(try await elm.site.partnership("Elm and Riverside").members.count == 1)
        }
    }

    private func proof(_ code: InvitationCode, for joiner: SiteID) -> Data {
        InvitationCode.proof(
            secret: code.secret, inviter: code.inviter, joiner: joiner,
            partnership: code.partnership)
    }

    private func profile(of stranger: Stranger) -> Kith_V1_SiteProfile {
        Kith_V1_SiteProfile(
            SiteProfile(
                root: stranger.issuer.root, sealingKey: Data(SealingKey().publicKey),
                name: "Riverside Surgery", kind: "gpPractice", ods: "", addresses: []))
    }

    /// One answer for every wrong proof.
    private func expectRefused<Answer>(
        at location: SourceLocation = #_sourceLocation, _ call: () async throws -> Answer
    ) async {
        let error = await #expect(throws: TransportError.self, sourceLocation: location) {
            _ = try await call()
        }
        #expect(error?.code == .refused, sourceLocation: location)
        #expect(
            error?.message.contains("is not known here, was used, or has ended") == true,
            sourceLocation: location)
    }
}
