import Foundation
import KithModel
import KithProtocol
import KithSite
import KithTransport
import KithTrust
import SwiftProtobuf
import Testing

/// Pairing by phone between sites over real TLS, and partnerships without a code.
@Suite(.timeLimit(.minutes(10))) struct PhoneTests {
    @Test func `two people compare six words, and their sites know each other`() async throws {
        let (elm, riverside) = (
            try await OpenSite("Elm House"),
            try await OpenSite("Riverside Surgery", kind: "gp-practice")
        )
        try await elm.serving { address in
            async let waiting = elm.site.pair(PairingRequest(address: nil))
            let dialled = try await riverside.dialled(address)
            let waited = try await waiting
            #expect(dialled.words == waited.words && dialled.words.count == 6)
            #expect(waited.name == "Riverside Surgery" && dialled.name == "Elm House")
            // Until a person has said yes, nobody is trusted and nothing is kept.
            #expect(try await elm.site.peers().isEmpty)
            #expect(try await riverside.site.peers().isEmpty)
            for (site, comparison) in [(elm, waited), (riverside, dialled)] {
                let outcome = try await site.site.decidePairing(
                    PairingDecision(id: comparison.id, isSame: true))
                #expect(outcome.peer?.site == comparison.site)
            }
            // The wait is over with its success: the door is closed to others.
            await #expect(throws: SiteError.self) {
                try await OpenSite("Stranger").site.pair(PairingRequest(address: address))
            }
        }
    }

    @Test func `a paired site is admitted without a code, sees the offer, and accepts`()
        async throws
    {
        let (elm, riverside) = (
            try await OpenSite("Elm House"),
            try await OpenSite("Riverside Surgery", kind: "gp-practice")
        )
        try await elm.serving { address in
            try await elm.pair(with: riverside, at: address)
            _ = try await elm.site.createPartnership(
                PartnershipDraft(name: "Elm and Riverside", purpose: "Joint care plans"))
            let change = MembershipChange(
                partnership: nil, member: "Riverside",
                act: .admit(AdmissionDraft(role: "reviewer", compartments: [.clinical])))
            let report = try await elm.site.changeMembership(change)
            #expect(report.partnership.members.count == 2)
            #expect(
                try await riverside.site.offers().isEmpty, "it is behind a router: not told yet")
            // Told when it syncs, and nothing is joined by that.
            _ = try await riverside.site.sync(["Elm House"], progress: { _ in })
            let offer = try #require(try await riverside.site.offers().first)
            #expect(offer.name == "Elm and Riverside" && offer.purpose == "Joint care plans")
            #expect(offer.role == "reviewer" && offer.compartments == [.clinical])
            #expect(offer.siteName == "Elm House")
            #expect(try await riverside.site.partnerships().allSatisfy(\.isPrivate))
            let joined = try await riverside.site.acceptOffer("elm and", progress: { _ in })
            #expect(joined.sync.isEqual, "\(joined.sync)")
            #expect(joined.partnership.members.count == 2)
            #expect(joined.partnership.compartments == [.membership, .clinical])
            #expect(try await riverside.site.offers().isEmpty)

            // They know each other now: a further partnership needs neither code nor words.
            _ = try await elm.site.createPartnership(
                PartnershipDraft(name: "Falls", purpose: "Falls clinic"))
            _ = try await elm.site.changeMembership(
                MembershipChange(
                    partnership: "Falls", member: "Riverside", act: .admit(AdmissionDraft())))
            _ = try await riverside.site.sync(["Elm House"], progress: { _ in })
            let second = try await riverside.site.acceptOffer("Falls", progress: { _ in })
            #expect(second.sync.isEqual)
            #expect(second.partnership.members.first(where: \.isSelf)?.role == "steward")
            // Neither can be admitted twice, nor paired again.
            await expectRefusal("is a member already") {
                _ = try await elm.site.changeMembership(
                    MembershipChange(
                        partnership: "Falls", member: "Riverside", act: .admit(AdmissionDraft())))
            }
            await expectRefusal("nothing has to be paired") {
                _ = try await riverside.site.pair(PairingRequest(address: address))
            }
        }
    }

    @Test func `an admission that is taken back before it was accepted is withdrawn`() async throws
    {
        let (elm, riverside) = (try await OpenSite("Elm House"), try await OpenSite("Riverside"))
        try await elm.serving { address in
            try await elm.pair(with: riverside, at: address)
            _ = try await elm.site.createPartnership(
                PartnershipDraft(name: "None of theirs", purpose: "Joint care plans"))
            for name in ["One", "Two"] {
                _ = try await elm.site.createPartnership(
                    PartnershipDraft(name: name, purpose: "Joint care plans"))
                _ = try await elm.site.changeMembership(
                    MembershipChange(
                        partnership: name, member: "Riverside", act: .admit(AdmissionDraft())))
            }
            _ = try await riverside.site.sync(["Elm"], progress: { _ in })
            #expect(try await riverside.site.offers().map(\.name) == ["One", "Two"])
            _ = try await elm.site.changeMembership(
                MembershipChange(partnership: "One", member: "Riverside", act: .remove))
            _ = try await riverside.site.sync(["Elm"], progress: { _ in })
            #expect(try await riverside.site.offers().map(\.name) == ["Two"])
            await expectRefusal("no peer offers") {
                _ = try await riverside.site.acceptOffer("One", progress: { _ in })
            }
        }
    }

    @Test func `whom a steward removed is not let in by having paired before`() async throws {
        let (elm, riverside) = (try await OpenSite("Elm House"), try await OpenSite("Riverside"))
        try await elm.serving { address in
            try await elm.pair(with: riverside, at: address)
            _ = try await elm.site.createPartnership(
                PartnershipDraft(name: "Falls", purpose: "Falls clinic"))
            _ = try await elm.site.changeMembership(
                MembershipChange(
                    partnership: nil, member: "Riverside", act: .admit(AdmissionDraft())))
            _ = try await riverside.site.sync(["Elm"], progress: { _ in })
            _ = try await riverside.site.acceptOffer("Falls", progress: { _ in })
            _ = try await elm.site.changeMembership(
                MembershipChange(partnership: nil, member: "Riverside", act: .remove))
            // It is told of its removal, and then nothing more.
            _ = try await riverside.site.sync(["Elm"], progress: { _ in })
            let view = try await riverside.site.partnership("Falls")
            #expect(view.ownRemoval != nil)
            #expect(try await elm.site.peers().isEmpty)
            // People may pair again, as they did before.
            try await elm.pair(with: riverside, at: address)
            #expect(try await elm.site.peers().map(\.name) == ["Riverside"])
        }
    }

    @Test func `a pairing that was a mistake is forgotten, one that has come of use is not`()
        async throws
    {
        let (elm, riverside) = (try await OpenSite("Elm House"), try await OpenSite("Riverside"))
        try await elm.serving { address in
            try await elm.pair(with: riverside, at: address)
            #expect(try await elm.site.removePeer("riverside").name == "Riverside")
            #expect(try await elm.site.peers().isEmpty)
            let refused = try await riverside.site.sync(["Elm"], progress: { _ in })
            #expect(refused.first?.problem?.contains("does not accept this one") == true)
            await expectRefusal("no member of this site's partnerships") {
                _ = try await elm.site.removePeer("riverside")
            }
            try await elm.pair(with: riverside, at: address)
            _ = try await elm.site.createPartnership(
                PartnershipDraft(name: "Falls", purpose: "Falls clinic"))
            _ = try await elm.site.changeMembership(
                MembershipChange(
                    partnership: nil, member: "Riverside", act: .admit(AdmissionDraft())))
            await expectRefusal("'kith partnership remove' ends that") {
                _ = try await elm.site.removePeer("riverside")
            }
        }
    }

    @Test func `three tries, and then it is begun anew`() async throws {
        let elm = try await OpenSite("Elm House")
        let stranger = try Stranger()
        try await elm.serving { address in
            let waiting = Task { try await elm.site.pair(PairingRequest(address: nil)) }
            for number in 1...3 {
                // A commitment whose nonce does not fit is a try like any other.
                try await stranger.untilHeard(by: elm, at: address) { connection in
                    _ = try await connection.commit(
                        .with { $0.commitment = Data(repeating: 1, count: 32) })
                    let error = await #expect(throws: TransportError.self, "try \(number)") {
                        try await connection.reveal(
                            .with { $0.nonce = Data(repeating: 2, count: 32) })
                    }
                    #expect(error?.message.contains("not done as it must be") == true)
                }
            }
            await expectRefusal("three tries were used up") { _ = try await waiting.value }
            await expectRefusal("nobody waits for a partner") {
                _ = try await OpenSite("Riverside").site.pair(PairingRequest(address: address))
            }
            // Begun anew, there are three again.
            let again = Task { try await elm.site.pair(PairingRequest(address: nil)) }
            let riverside = try await OpenSite("Riverside")
            let dialled = try await riverside.dialled(address)
            #expect(try await again.value.words == dialled.words)
        }
    }

    @Test func `words that differ trust nobody, and another may try`() async throws {
        let (elm, riverside) = (try await OpenSite("Elm House"), try await OpenSite("Riverside"))
        let thief = try await OpenSite("Riverside")
        try await elm.serving { address in
            async let first = elm.site.pair(PairingRequest(address: nil))
            let stolen = try await thief.dialled(address)
            let shown = try await first
            #expect(shown.name == "Riverside", "it may call itself what it likes")
            // While people compare, the right one is told to wait, and no try is lost.
            await expectRefusal("Another comparison is being made") {
                _ = try await riverside.site.pair(PairingRequest(address: address))
            }
            let outcome = try await elm.site.decidePairing(
                PairingDecision(id: shown.id, isSame: false))
            #expect(outcome.peer == nil && outcome.triesLeft == 2)
            async let second = elm.site.pair(PairingRequest(address: nil, isAnotherTry: true))
            let dialled = try await riverside.dialled(address)
            let waited = try await second
            #expect(waited.words == dialled.words)
            #expect(try await waited.site == riverside.site.profile().site)
            #expect(stolen.words != dialled.words)
            _ = try await elm.site.decidePairing(PairingDecision(id: waited.id, isSame: true))
            #expect(try await elm.site.peers().map(\.site) == [waited.site])
            // What is over cannot be decided again.
            await expectRefusal("that comparison is over") {
                _ = try await elm.site.decidePairing(PairingDecision(id: shown.id, isSame: true))
            }
        }
    }

    @Test func `somebody in between gets other words on either side`() async throws {
        // The thief waits at an address that Riverside takes for Elm's, and dials Elm itself.
        let (elm, riverside) = (try await OpenSite("Elm House"), try await OpenSite("Riverside"))
        let thief = try await OpenSite("Elm House")
        try await elm.serving { address in
            try await thief.serving { trap in
                async let atThief = thief.site.pair(PairingRequest(address: nil))
                async let atElm = elm.site.pair(PairingRequest(address: nil))
                let atRiverside = try await riverside.dialled(trap)
                let forElm = try await thief.dialled(address)
                #expect(try await atThief.words == atRiverside.words)
                #expect(try await atElm.words == forElm.words)
                #expect(atRiverside.words != forElm.words)
            }
        }
    }

    @Test func `a wait that is given up closes the door`() async throws {
        let (elm, riverside) = (try await OpenSite("Elm House"), try await OpenSite("Riverside"))
        try await elm.serving { address in
            let waiting = Task { try await elm.site.pair(PairingRequest(address: nil)) }
            // Answered once, so that it has begun.
            _ = try await riverside.dialled(address)
            _ = try await waiting.value
            // Of two terminals that wait, the second is told so at once.
            let (ends, ended) = AsyncStream.makeStream(of: Result<ComparisonView, any Error>.self)
            let terminals = (0..<2).map { _ in
                Task { ended.yield(await Result { try await elm.site.pair(.waiting) }) }
            }
            var iterator = ends.makeAsyncIterator()
            let refused = try #require(await iterator.next())
            #expect(throws: SiteError.self) { try refused.get() }
            #expect("\(refused)".contains("waits for a partner at another terminal already"))
            for terminal in terminals { terminal.cancel() }
            let abandoned = try #require(await iterator.next())
            #expect(throws: CancellationError.self) { try abandoned.get() }
            await expectRefusal("nobody waits for a partner") {
                _ = try await riverside.site.pair(PairingRequest(address: address))
            }
        }
    }

    @Test func `a site that does not serve cannot wait, and cannot dial itself`() async throws {
        let elm = try await OpenSite("Elm House")
        await expectRefusal("kithd has to run") {
            _ = try await elm.site.pair(PairingRequest(address: nil))
        }
        try await elm.serving { address in
            let waiting = Task { try await elm.site.pair(PairingRequest(address: nil)) }
            await expectRefusal("is this site itself") { _ = try await elm.dialled(address) }
            waiting.cancel()
        }
    }

    @Test func `new addresses are told to partners, who need not pair again`() async throws {
        let (elm, riverside) = (try await OpenSite("Elm House"), try await OpenSite("Riverside"))
        try await elm.serving { address in
            let code = try await elm.invitation(at: address)
            _ = try await riverside.site.join(code.text, progress: { _ in })
            _ = try await elm.site.setAddresses(["elm.example.org:7443"])
            let before = try await elm.site.verify()
            _ = try await elm.site.setAddresses(["elm.example.org:7443"])
            let after = try await elm.site.verify()
            #expect(
                before.partnerships.map { $0.compartments.map(\.entries) }
                    == after.partnerships.map { $0.compartments.map(\.entries) },
                "what has been told is not told again")
            let report = try await riverside.site.sync(["Elm"], progress: { _ in })
            #expect(report.first?.isEqual == true)
            #expect(
                try await riverside.site.peers().first?.addresses
                    == [address, "elm.example.org:7443"])
        }
        // Elm has moved: the old address is dead, and the new one was told before.
        try await elm.serving { moved in
            _ = try await elm.site.setAddresses([moved])
            let set = PeerChange(peer: "Elm", addresses: [moved])
            #expect(try await riverside.site.setPeer(set).addresses.first == moved)
            let report = try await riverside.site.sync(["Elm"], progress: { _ in })
            #expect(report.first?.isEqual == true)
        }
    }
}

extension PairingRequest {
    fileprivate static let waiting = PairingRequest(address: nil)
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
