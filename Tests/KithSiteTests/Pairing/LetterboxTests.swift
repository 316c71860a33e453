import Foundation
import KithModel
import KithProtocol
import KithSite
import KithTransport
import KithTrust
import SwiftProtobuf
import Testing

/// Joining through a relay, over real TLS: two homes that are never up at the same time.
@Suite(.timeLimit(.minutes(10))) struct LetterboxTests {
    private let village: Village
    private let plans = "Plans"
    private let marker = "Penicillin-\(UUID().uuidString.prefix(8))"

    init() throws { village = try Village() }

    /// A home and its relay, with a code that names an address at which nobody is.
    private func inviting() async throws -> (elm: Neighbour, relay: Neighbour, code: String) {
        let elm = try await village.site("Elm")
        let relay = try await village.site("Relay", kind: "other")
        try await elm.found(plans)
        try await elm.admit(relay, to: plans, role: "relay")
        // Something clinical lies at the relay in every test here, and stays unread there.
        let resident = try await elm.add("resident", to: plans, "familyName=Marked")
        try await elm.add("allergy", to: plans, under: resident, "agent=\(marker)")
        #expect(try await elm.sync(with: relay).isEqual)
        let made = try await invite(from: elm)
        #expect(made.relay == "Relay")
        try await expectAtRelay(made, of: elm, at: relay)
        return (elm, relay, try #require(made.code))
    }

    /// Expects the relay to know of an invitation, and so to take calls of strangers. One that is too busy
    /// to be told within a few seconds is told when the two next meet.
    private func expectAtRelay(
        _ made: InvitationView, of elm: Neighbour, at relay: Neighbour
    ) async throws {
        if !made.isAtRelay { #expect(try await elm.sync(with: relay).isEqual) }
        let kept = try await elm.site.partnership(plans).invitations
        #expect(kept.first { $0.id == made.id }?.isAtRelay == true)
    }

    /// Closes the sites, after a search of the relay's files, of what was logged and of all that it
    /// was ever told, with its keys in hand, for what the home can read there.
    private func finish(_ elm: Neighbour, _ relay: Neighbour, _ others: Neighbour...) async throws {
        let heard = try await village.expectSecret(marker, from: relay, knownTo: elm)
        #expect(heard.sealed > 0 && heard.opened == 0)
        for site in [elm, relay] + others { await site.close() }
    }

    private func invite(from site: Neighbour) async throws -> InvitationView {
        try await site.site.invite(
            InvitationDraft(
                partnership: plans, role: "contributor", addresses: ["127.0.0.1:1"],
                relay: "Relay"))
    }

    private func code(from site: Neighbour) async throws -> String {
        try #require(try await invite(from: site).code)
    }

    private func open(_ site: Neighbour) async throws -> Neighbour {
        try await Neighbour.open(site.name, home: site.home, wiretap: village.wiretap)
    }

    @Test func `two homes that are never up together get together through a relay`()
        async throws
    {
        let (elm, relay, code) = try await inviting()
        let resident = try await elm.add("resident", to: plans, "familyName=Whitfield")
        let allergy = try await elm.add(
            "allergy", to: plans, under: resident, "agent=\(marker)", "severity=mild")
        #expect(try await elm.sync(with: relay).isEqual)
        await elm.close()

        // The joiner sees all that it would see of the inviter itself, and leaves its request.
        let oak = try await village.site("Oak Lodge")
        let preview = try await oak.site.previewInvitation(code)
        #expect(preview.relay == "Relay" && preview.inviterName == "Elm")
        #expect(preview.partnership == plans && preview.purpose == "Joint care plans")
        #expect(preview.role == "contributor" && preview.compartments.contains(.clinical))
        let left = try await oak.site.leaveJoinRequest(code)
        #expect(left.problem == nil)
        await expectRefusal("waits at Relay for Elm") { try await oak.syncAll() }
        #expect(try await oak.site.status().waitingJoins.map(\.id) == [left.id])
        #expect(try await oak.site.partnerships().allSatisfy(\.isPrivate))

        // The relay sees that somebody asked, and how much; nothing of what.
        let boxes = try await relay.site.partnership(plans).letterboxes
        #expect(boxes.map(\.requests) == [1] && boxes.map(\.keeper) == ["Elm"])
        #expect(try await relay.members(of: plans) == ["Elm", "Relay"])
        let secret = try InvitationCode(text: code).secret
        for needle in [Data("Oak Lodge".utf8), secret] {
            #expect(try !relay.hasInFiles(needle))
            #expect(try await !relay.hear(needle).isInClear)
        }
        #expect(try elm.hasInFiles(secret), "the search can see")
        await oak.close()

        // At its next session the inviter picks the request up: the code is the admission.
        let elmAgain = try await open(elm)
        #expect(try await elmAgain.sync(with: relay).isEqual)
        #expect(try await elmAgain.members(of: plans) == ["Elm", "Oak Lodge", "Relay"])
        #expect(try await relay.members(of: plans) == ["Elm", "Oak Lodge", "Relay"])
        #expect(try await relay.site.partnership(plans).letterboxes.isEmpty)
        #expect(try await elmAgain.site.partnership(plans).invitations.isEmpty)
        let noted = try await elmAgain.site.audit(AuditQuery(user: "Oak"))
        #expect(noted.first?.what.contains("by a request left at Relay") == true)
        // So the search can see: who is in is in the clear at the relay, and now it is there.
        #expect(try relay.hasInFiles("Oak Lodge"))
        await elmAgain.close()

        // And the joiner takes part, through the relay alone.
        let oakAgain = try await open(oak)
        #expect(try await oakAgain.sync(with: relay).isEqual)
        #expect(try await oakAgain.site.waitingJoins().isEmpty)
        #expect(try await oakAgain.words(allergy, "agent") == [marker])
        try await oakAgain.edit(allergy, "severity=severe")
        #expect(try await oakAgain.sync(with: relay).isEqual)
        await oakAgain.close()
        let elmAtLast = try await open(elm)
        #expect(try await elmAtLast.sync(with: relay).isEqual)
        #expect(try await elmAtLast.words(allergy, "severity") == ["Severe"])
        try await finish(elmAtLast, relay)
    }

    @Test func `of two that leave a request for one code the first gets in, the other is told`()
        async throws
    {
        let (elm, relay, code) = try await inviting()
        let oak = try await village.site("Oak")
        let ash = try await village.site("Ash")
        for site in [oak, ash] { _ = try await site.site.leaveJoinRequest(code) }
        #expect(try await relay.site.partnership(plans).letterboxes.map(\.requests) == [2])
        #expect(try await elm.sync(with: relay).isEqual)
        #expect(try await elm.members(of: plans) == ["Elm", "Oak", "Relay"])
        try await oak.syncAll()
        await expectRefusal("was used by another site, revoked or has ended") {
            try await ash.syncAll()
        }
        #expect(try await ash.site.doctor().contains { $0.check == "join request" })
        // Nor is the code of use to anybody else now.
        let beech = try await village.site("Beech")
        let closed = "does not accept this one"
        await expectRefusal(closed) { _ = try await beech.site.previewInvitation(code) }
        await expectRefusal(closed) { _ = try await beech.site.leaveJoinRequest(code) }
        #expect(try await beech.site.waitingJoins().isEmpty)
        try await finish(elm, relay, oak, ash, beech)
    }

    @Test func `a request is of no use in another letterbox, by another site, or a second time`()
        async throws
    {
        let (elm, relay, text) = try await inviting()
        let code = try InvitationCode(text: text)
        let made = try await invite(from: elm)
        let other = try InvitationCode(text: try #require(made.code))
        let relayID = try await relay.site.profile().site
        let box = InvitationCode.letterbox(secret: code.secret, relay: relayID)
        let oak = try await village.site("Oak")
        _ = try await oak.site.leaveJoinRequest(text)
        // A relay that would let others in by what it was left: the bytes, in a thief's hands.
        let thief = try Stranger()
        let captured = try #require(try leftJoins(at: relay).first)
        await relay.close()
        let open = try await self.open(relay)
        for letterbox in [box, InvitationCode.letterbox(secret: other.secret, relay: relayID)] {
            try await thief.calling(relayID, at: open.address) {
                try await $0.leave(captured.message(in: letterbox))
            }
        }
        #expect(try await elm.sync(with: open).isEqual)
        // Oak came in once, by its own signature; the thief by nothing.
        #expect(try await elm.members(of: plans) == ["Elm", "Oak", "Relay"])
        let standing = try await elm.site.partnership(plans).invitations
        #expect(standing.map(\.id) == [made.id])
        // Once removed, it is not let in again by what it left.
        try await elm.remove(oak, from: plans)
        try await expectAtRelay(try await invite(from: elm), of: elm, at: open)
        await #expect(throws: TransportError.self) {
            try await thief.calling(relayID, at: open.address) {
                try await $0.leave(captured.message(in: box))
            }
        }
        #expect(try await elm.sync(with: open).isEqual)
        #expect(try await elm.members(of: plans) == ["Elm", "Relay"])
        try await finish(elm, open, oak)
    }

    @Test func `whoever has not the secret leaves nothing that lets it in, and five tries end it`()
        async throws
    {
        let (elm, relay, text) = try await inviting()
        let code = try InvitationCode(text: text)
        let relayID = try await relay.site.profile().site
        let place = LeftJoin.Place(
            relay: relayID, inviter: code.inviter,
            letterbox: InvitationCode.letterbox(secret: code.secret, relay: relayID))
        let key = try SealingKey(
            pem: String(contentsOfFile: elm.home + "/sealing.pem", encoding: .utf8))
        let entries = try await elm.site.status().entries
        func leave(proof: Data, sealedBy signer: Stranger? = nil) async throws {
            let stranger = try Stranger()
            let request = try LeftJoin(
                invitation: code.id, proof: proof,
                joiner: SiteProfile(
                    root: stranger.issuer.root, sealingKey: Data(SealingKey().publicKey),
                    name: "Stranger", kind: "other", ods: "", addresses: [])
            ).sealed(
                at: place, to: Data(key.publicKey), by: (signer ?? stranger).key,
                SystemCryptography())
            try await stranger.calling(relayID, at: relay.address) {
                try await $0.leave(
                    .with {
                        $0.letterbox = place.letterbox
                        $0.encapsulated = request.encapsulated
                        $0.ciphertext = request.ciphertext
                    })
            }
        }
        // What does not open, or is not signed by whom it describes, is dropped.
        try await leave(proof: Data(repeating: 1, count: 32), sealedBy: try Stranger())
        try await Stranger().calling(relayID, at: relay.address) {
            try await $0.leave(
                .with {
                    $0.letterbox = place.letterbox
                    $0.encapsulated = Data(repeating: 4, count: 65)
                    $0.ciphertext = Data(repeating: 5, count: 300)
                })
        }
        #expect(try await elm.sync(with: relay).isEqual)
        #expect(try await elm.site.partnership(plans).invitations.count == 1)
        #expect(try await relay.site.partnership(plans).letterboxes.map(\.requests) == [0])
        // Wrong proofs count as they do with the inviter itself.
        for guess in UInt8(1)...4 { try await leave(proof: Data(repeating: guess, count: 32)) }
        await expectRefused("other sites have left join requests") {
            try await leave(proof: Data(repeating: 9, count: 32))
        }
        try await elm.sync(with: relay)
        #expect(try await elm.site.partnership(plans).invitations.count == 1)
        try await leave(proof: Data(repeating: 5, count: 32))
        try await elm.sync(with: relay)
        #expect(try await elm.site.partnership(plans).invitations.isEmpty)
        #expect(try await relay.site.partnership(plans).letterboxes.isEmpty)
        #expect(try await elm.members(of: plans) == ["Elm", "Relay"])
        #expect(try await elm.site.status().entries == entries)
        try await finish(elm, relay)
    }

    @Test func `a relay takes what it is asked to keep for its stewards, within limits and quota`()
        async throws
    {
        let (elm, relay, text) = try await inviting()
        let code = try InvitationCode(text: text)
        let relayID = try await relay.site.profile().site
        let box = InvitationCode.letterbox(secret: code.secret, relay: relayID)
        let stranger = try Stranger()
        for (letterbox, bytes, words) in [
            (Data(repeating: 1, count: 16), 300, "is not known here, was used, or has ended"),
            (Data(), 300, "is not known here, was used, or has ended"),
            (box, Limits.sealedJoinBytes, "too large"),
        ] {
            await expectRefused(words) {
                try await stranger.calling(relayID, at: relay.address) {
                    try await $0.leave(
                        .with {
                            $0.letterbox = letterbox
                            $0.encapsulated = Data(repeating: 4, count: 65)
                            $0.ciphertext = Data(repeating: 5, count: bytes)
                        })
                }
            }
        }
        await expectRefused("is not known here, was used, or has ended") {
            _ = try await stranger.calling(relayID, at: relay.address) {
                try await $0.notice(.with { $0.letterbox = Data(repeating: 1, count: 16) })
            }
        }
        // A contributor keeps no letterbox; nor does anyone at a site that is no relay.
        let oak = try await village.site("Oak")
        try await elm.admit(oak, to: plans)
        await expectRefusal("is not a relay") {
            _ = try await elm.site.invite(InvitationDraft(partnership: plans, relay: "Oak"))
        }
        try await elm.sync(with: relay)
        let oakID = try await oak.site.profile().site
        let id = try await elm.site.partnership(plans).id
        for keeper in [oakID, try await elm.site.profile().site] {
            let server = keeper == oakID ? relay : oak
            let answer = try await server.site.collect(
                .with {
                    $0.letterboxes = [
                        .with {
                            $0.id = Data(repeating: 2, count: 16)
                            $0.partnership = Data(id.bytes)
                            $0.expiresS = code.expires.milliseconds / 1000
                            $0.notice = Data(repeating: 3, count: 100)
                        }
                    ]
                }, from: keeper)
            #expect(answer.refusals.count == 1)
            #expect(
                answer.refusals.first?.reason.contains("of partnerships that it relays") == true)
        }
        // The quota of a partnership covers what is left for it.
        let held = try await relay.site.partnership(plans)
        let bytes = held.logBytes + held.letterboxes.reduce(0) { $0 + $1.bytes }
        _ = try await relay.site.setQuota(QuotaChange(partnership: plans, bytes: bytes + 100))
        let ash = try await village.site("Ash")
        await expectRefusal("the quota of the partnership is used up") {
            _ = try await ash.site.leaveJoinRequest(text)
        }
        #expect(try await ash.site.waitingJoins().isEmpty)
        let second = try await invite(from: elm)
        #expect(!second.isAtRelay)
        #expect(try await elm.site.doctor().contains { $0.check == "invitation" })
        try await finish(elm, relay, oak, ash)
    }

    @Test func `a code that was revoked or has ended at either end lets nobody in`() async throws {
        let (elm, relay, text) = try await inviting()
        let oak = try await village.site("Oak")
        let left = try await oak.site.leaveJoinRequest(text)
        _ = try await elm.site.revokeInvitation(left.id)
        // The relay was told at once, and has nothing left of it.
        #expect(try await relay.site.partnership(plans).letterboxes.isEmpty)
        #expect(try leftJoins(at: relay).isEmpty)
        await expectRefusal("was used by another site, revoked or has ended") {
            try await oak.syncAll()
        }
        // The inviter's clock decides too: what was left in time, but is picked up late, is not good.
        let second = try await code(from: elm)
        let ash = try await village.site("Ash")
        _ = try await ash.site.leaveJoinRequest(second)
        await elm.close()
        try end("invitation", at: elm)
        let late = try await open(elm)
        #expect(try await late.sync(with: relay).isEqual)
        #expect(try await late.members(of: plans) == ["Elm", "Relay"])
        #expect(try leftJoins(at: relay).isEmpty)
        // And the relay's: it forgets what has ended.
        let third = try InvitationCode(text: try await code(from: late))
        await relay.close()
        try end("letterbox", at: relay)
        let relayAgain = try await open(relay)
        #expect(try await relayAgain.site.partnership(plans).letterboxes.isEmpty)
        let moved = InvitationCode(
            inviter: third.inviter, partnership: third.partnership, secret: third.secret,
            expires: third.expires, addresses: [],
            relay: .init(site: try #require(third.relay).site, addresses: [relayAgain.address]))
        await expectRefusal("does not accept this one") {
            _ = try await oak.site.leaveJoinRequest(moved.text)
        }
        try await finish(late, relayAgain, oak, ash)
    }

    @Test func `a request is taken back, and another relay than the code names is not spoken to`()
        async throws
    {
        let (elm, relay, text) = try await inviting()
        let oak = try await village.site("Oak")
        let left = try await oak.site.leaveJoinRequest(text)
        await expectRefusal("no join request that waits") {
            _ = try await oak.site.withdrawJoinRequest("ffff0000")
        }
        #expect(try await oak.site.withdrawJoinRequest(String(left.id.prefix(6))).id == left.id)
        #expect(try await oak.site.waitingJoins().isEmpty)
        #expect(try leftJoins(at: relay).isEmpty)
        #expect(try await elm.sync(with: relay).isEqual)
        #expect(try await elm.members(of: plans) == ["Elm", "Relay"])
        // Somebody else at the relay's address, or a code that names somebody else there.
        let code = try InvitationCode(text: text)
        let other = try await village.site("Other")
        for (site, address) in [
            (try await other.site.profile().site, relay.address),
            (try #require(code.relay).site, other.address),
        ] {
            let forged = InvitationCode(
                inviter: code.inviter, partnership: code.partnership, secret: code.secret,
                expires: code.expires, addresses: [],
                relay: .init(site: site, addresses: [address]))
            let another = "Check the address"
            await expectRefusal(another) {
                _ = try await oak.site.previewInvitation(forged.text)
            }
            await expectRefusal(another) { _ = try await oak.site.leaveJoinRequest(forged.text) }
        }
        // A code without a relay says so.
        let plain = InvitationCode(
            inviter: code.inviter, partnership: code.partnership, secret: code.secret,
            expires: code.expires, addresses: ["127.0.0.1:1"])
        await expectRefusal("names no relay") {
            _ = try await oak.site.leaveJoinRequest(plain.text)
        }
        #expect(try await oak.site.waitingJoins().isEmpty)
        try await finish(elm, relay, oak, other)
    }
}
