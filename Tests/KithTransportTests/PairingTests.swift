import Foundation
import KithModel
import KithProtocol
import KithTransport
import KithTrust
import SwiftProtobuf
import Testing

@Suite(.timeLimit(.minutes(10))) struct PairingTests {
    @Test func `a joiner that knows only the site id gets the root, a preview and joins`()
        async throws
    {
        let (inviter, joiner) = (try TestSite(), try TestSite())
        inviter.isInviting = true
        let handler = TestHandler()
        try await inviter.serving(handler: handler) { _, address in
            try await joiner.client().withConnection(
                to: address, expecting: inviter.id, root: nil
            ) { connection in
                #expect(connection.root == inviter.root)
                let preview = try await connection.preview(Kith_V1_PreviewRequest())
                #expect(preview.inviterName == "Test")
                let joined = try await connection.join(Kith_V1_JoinRequest())
                #expect(Array(joined.inviter.rootCertificate) == joiner.root.der)
            }
        }
        #expect(handler.pairings == [joiner.id, joiner.id])
    }

    @Test func `a joiner never reaches Sync`() async throws {
        let (inviter, joiner) = (try TestSite(), try TestSite())
        inviter.isInviting = true
        let handler = TestHandler()
        try await inviter.serving(handler: handler) { _, address in
            let error = await #expect(throws: TransportError.self) {
                try await joiner.client().withConnection(
                    to: address, expecting: inviter.id, root: nil
                ) { connection in
                    try await connection.runSession { stream in
                        try await stream.send(message(1))
                        _ = try await stream.receive()
                    }
                }
            }
            #expect(error?.code == .notAPeer)
        }
        #expect(handler.sessions.isEmpty)
    }

    @Test func `whom nobody knows is told of no partnership, whoever is expected`() async throws {
        let (inviter, joiner) = (try TestSite(), try TestSite())
        inviter.isInviting = true
        let handler = TestHandler()
        try await inviter.serving(handler: handler) { _, address in
            let error = await #expect(throws: TransportError.self) {
                try await joiner.client().withConnection(
                    to: address, expecting: inviter.id, root: nil
                ) { try await $0.offer(Kith_V1_Offers()) }
            }
            #expect(error?.code == .notAPeer)
            #expect(handler.offers.isEmpty)
            inviter.pin(joiner)
            try await joiner.client().withConnection(
                to: address, expecting: inviter.id, root: inviter.root
            ) { connection in
                _ = try await connection.offer(Kith_V1_Offers())
            }
            #expect(handler.offers == [joiner.id])
        }
    }

    @Test func `a dialler that expects nobody in particular learns who is there`() async throws {
        let (waiter, dialler) = (try TestSite(), try TestSite())
        waiter.isInviting = true
        try await waiter.serving { _, address in
            try await dialler.client().withConnection(to: address, expecting: nil, root: nil) {
                #expect($0.site == waiter.id && $0.root == waiter.root)
                let commitment = Data(repeating: 5, count: 32)
                let answer = try await $0.commit(.with { $0.commitment = commitment })
                #expect(answer.nonce == commitment)
                let revealed = try await $0.reveal(Kith_V1_RevealRequest())
                #expect(Array(revealed.site.rootCertificate) == dialler.root.der)
            }
            // Without anybody expected, the door is as closed to it as to all others.
            waiter.isInviting = false
            let error = await #expect(throws: TransportError.self) {
                try await dialler.client().withConnection(to: address, expecting: nil, root: nil) {
                    _ in Issue.record("connected")
                }
            }
            #expect(error?.code == .notAPeer)
        }
    }

    @Test func `without an invitation a stranger is told that it is not a peer`() async throws {
        let (inviter, joiner) = (try TestSite(), try TestSite())
        try await inviter.serving { _, address in
            let error = await #expect(throws: TransportError.self) {
                try await joiner.client().withConnection(
                    to: address, expecting: inviter.id, root: nil
                ) { _ in Issue.record("connected") }
            }
            #expect(error?.code == .notAPeer, "\(String(describing: error))")
        }
    }

    @Test func `an invitation that ends closes the joiner's open connection`() async throws {
        let (inviter, joiner) = (try TestSite(), try TestSite())
        inviter.isInviting = true
        try await inviter.serving { server, address in
            let error = await #expect(throws: TransportError.self) {
                try await joiner.client().withConnection(
                    to: address, expecting: inviter.id, root: nil
                ) { connection in
                    inviter.isInviting = false
                    server.pinsChanged()
                    _ = try await connection.preview(Kith_V1_PreviewRequest())
                }
            }
            #expect(error?.code == .closed || error?.code == .notAPeer)
        }
    }

    @Test func `an invitation that ended is noticed at the next call, untold`() async throws {
        let (home, surgery) = try peers()
        surgery.isInviting = true
        try await surgery.serving { _, address in
            try await home.connected(to: surgery, at: address) { connection in
                // A peer may pair for another partnership, while an invitation stands.
                _ = try await connection.preview(Kith_V1_PreviewRequest())
                surgery.isInviting = false
                // Whether there is an invitation for it is for the site to say, not for the door.
                _ = try await connection.preview(Kith_V1_PreviewRequest())
            }
            let stranger = try TestSite()
            surgery.isInviting = true
            try await stranger.client().withConnection(
                to: address, expecting: surgery.id, root: nil
            ) { connection in
                _ = try await connection.preview(Kith_V1_PreviewRequest())
                surgery.isInviting = false
                let error = await #expect(throws: TransportError.self) {
                    try await connection.preview(Kith_V1_PreviewRequest())
                }
                #expect(error?.code == .notAPeer)
            }
        }
    }

    @Test func `a joiner that is pinned while it joins keeps its connection`() async throws {
        let (inviter, joiner) = (try TestSite(), try TestSite())
        inviter.isInviting = true
        try await inviter.serving { server, address in
            try await joiner.client().withConnection(
                to: address, expecting: inviter.id, root: nil
            ) { connection in
                inviter.pin(joiner)
                inviter.isInviting = false
                server.pinsChanged()
                try await connection.runSession { stream in
                    try await stream.send(message(1))
                    #expect(try await stream.receive() == message(1))
                }
            }
        }
    }

    @Test func `a refusal's reason reaches the other person, cleaned`() async throws {
        let (inviter, joiner) = (try TestSite(), try TestSite())
        inviter.isInviting = true
        let handler = TestHandler(preview: { _ in
            throw TransportError(.refused, "The invitation has expired.\u{1b}[31m\nAsk again.")
        })
        try await inviter.serving(handler: handler) { _, address in
            let error = await #expect(throws: TransportError.self) {
                try await joiner.client().withConnection(
                    to: address, expecting: inviter.id, root: nil
                ) { _ = try await $0.preview(Kith_V1_PreviewRequest()) }
            }
            #expect(error?.code == .refused)
            #expect(error?.message.contains("The invitation has expired.") == true)
            #expect(error?.message.unicodeScalars.allSatisfy { $0.value >= 0x20 } == true)
        }
    }
}
