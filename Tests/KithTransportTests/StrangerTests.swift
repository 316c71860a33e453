import Crypto
import Foundation
import KithModel
import KithProtocol
import KithTransport
import KithTrust
import Testing

/// What someone gets who is not a peer, with a client that keeps no rule of ours.
@Suite(.timeLimit(.minutes(10)), .serialized) struct StrangerTests {
    let home: TestSite
    let surgery: TestSite
    let handler = TestHandler()

    init() throws {
        (home, surgery) = try peers()
    }

    private func connect(
        _ options: @Sendable @escaping (OpenSSL) throws -> [String],
        request: [UInt8] = OpenSSL.syncRequest,
        enough: @Sendable @escaping () -> Bool = { true }
    ) async throws -> OpenSSL.Outcome {
        try await surgery.serving(handler: handler) { _, address in
            let openssl = try OpenSSL()
            defer { openssl.clean() }
            return try await openssl.connect(
                to: address, try options(openssl), request: request, enough: enough)
        }
    }

    @Test func `a peer gets through with openssl, so that the refusals below mean something`()
        async throws
    {
        let (home, handler) = (home, handler)
        let outcome = try await connect(
            { try $0.presenting(home.identity, chain: [home.root]) },
            enough: { handler.sessions.count == 1 })
        #expect(outcome.isConnected && outcome.reachedHTTP2)
        #expect(handler.sessions == [home.id])
    }

    @Test func `a peer need not send its root`() async throws {
        let (home, handler) = (home, handler)
        let outcome = try await connect(
            { try $0.presenting(home.identity, chain: []) },
            enough: { handler.sessions.count == 1 })
        #expect(outcome.reachedHTTP2)
    }

    @Test func `without a certificate nothing of gRPC comes`() async throws {
        for isInviting in [false, true] {
            surgery.isInviting = isInviting
            let outcome = try await connect { _ in [] }
            expectNothing(outcome)
            #expect(outcome.errors.contains("certificate required"))
        }
    }

    @Test func `TLS 1_2 is refused, even to a peer`() async throws {
        let home = home
        let outcome = try await connect {
            try ["-tls1_2"] + $0.presenting(home.identity, chain: [home.root])
        }
        expectNothing(outcome)
        #expect(outcome.errors.contains("protocol version"))
    }

    @Test func `a stranger with a root of its own gets nothing`() async throws {
        let stranger = try TestSite()
        expectNothing(
            try await connect { try $0.presenting(stranger.identity, chain: [stranger.root]) })
    }

    @Test func `a self-signed certificate that is no Kith root gets nothing, invitation or not`()
        async throws
    {
        surgery.isInviting = true
        let stranger = try TestSite()
        // The root itself as the TLS certificate: it is self-signed, and its holder has the key.
        expectNothing(
            try await connect {
                try $0.presenting(
                    certificate: stranger.root.der, keyPEM: stranger.key.pem,
                    chain: [stranger.root.der])
            })
    }

    @Test func `a certificate that another site signed is not a peer's`() async throws {
        let (home, stranger) = (home, try TestSite())
        // The stranger's leaf, sent along with the peer's root.
        for isInviting in [false, true] {
            surgery.isInviting = isInviting
            expectNothing(
                try await connect { try $0.presenting(stranger.identity, chain: [home.root]) })
        }
    }

    @Test func `a peer's certificate without its key gets nothing`() async throws {
        let (home, stranger) = (home, try TestSite())
        expectNothing(
            try await connect {
                try $0.presenting(
                    certificate: home.identity.leaf.der,
                    keyPEM: stranger.identity.privateKey.pemRepresentation, chain: [])
            })
    }

    @Test func `an unknown site that invites itself reaches Pairing only, and only while invited`()
        async throws
    {
        let (stranger, handler) = (try TestSite(), handler)
        surgery.isInviting = true
        let invited = try await connect(
            { try $0.presenting(stranger.identity, chain: [stranger.root]) },
            request: OpenSSL.previewRequest, enough: { handler.pairings.count == 1 })
        #expect(invited.reachedHTTP2)
        #expect(handler.pairings == [stranger.id])

        surgery.isInviting = false
        expectNothing(
            try await connect(
                { try $0.presenting(stranger.identity, chain: [stranger.root]) },
                request: OpenSSL.previewRequest))
        #expect(handler.pairings.count == 1)
    }

    @Test func `an unknown site that does not send its root gets nothing while invited`()
        async throws
    {
        let stranger = try TestSite()
        surgery.isInviting = true
        expectNothing(try await connect { try $0.presenting(stranger.identity, chain: []) })
    }

    @Test func `a removed peer gets nothing for its saved session ticket`() async throws {
        let (home, surgery, handler) = (home, surgery, handler)
        let hasMet: @Sendable () -> Bool = { handler.sessions.count == 1 }
        try await withTicket(of: home, enough: hasMet) { server, address, openssl, ticket in
            let identity = try openssl.presenting(home.identity, chain: [home.root])

            // While it is a peer, the ticket alone lets it in: no certificate, no key.
            let resumed = try await openssl.connect(
                to: address, ["-sess_in", ticket], enough: { handler.sessions.count == 2 })
            #expect(resumed.isResumed && resumed.reachedHTTP2)

            // Removed, but the server not told: TLS resumes, and the gate refuses.
            surgery.unpin(home)
            let removed = try await openssl.connect(to: address, ["-sess_in", ticket])
            #expect(removed.isResumed)
            expectNothing(removed, handlerCalls: 2)

            // Told: the ticket is worth nothing, with or without the certificate.
            server.pinsChanged()
            for options in [["-sess_in", ticket], ["-sess_in", ticket] + identity] {
                let refused = try await openssl.connect(to: address, options)
                #expect(!refused.isResumed)
                expectNothing(refused, handlerCalls: 2)
            }
        }
    }

    @Test func `an unpaired site's saved session is worth nothing, invited or not`() async throws {
        let (stranger, handler) = (try TestSite(), handler)
        surgery.isInviting = true
        let hasAsked: @Sendable () -> Bool = { handler.pairings.count == 1 }
        try await withTicket(of: stranger, request: OpenSSL.previewRequest, enough: hasAsked) {
            _, address, openssl, ticket in
            let resumed = try await openssl.connect(
                to: address, ["-sess_in", ticket], request: OpenSSL.previewRequest)
            #expect(resumed.isResumed)
            #expect(!resumed.reachedHTTP2)
            #expect(handler.pairings.count == 1)
        }
    }

    /// Serves, lets a site through once, and goes on with the session ticket that it got.
    private func withTicket(
        of site: TestSite, request: [UInt8] = OpenSSL.syncRequest,
        enough: @Sendable @escaping () -> Bool,
        _ body: @Sendable @escaping (PeerServer, HostPort, OpenSSL, String) async throws -> Void
    ) async throws {
        try await surgery.serving(handler: handler) { server, address in
            let openssl = try OpenSSL()
            defer { openssl.clean() }
            let ticket = openssl.folder.appendingPathComponent("ticket").path
            let identity = try openssl.presenting(site.identity, chain: [site.root])
            _ = try await openssl.connect(
                to: address, identity + ["-sess_out", ticket], request: request, enough: enough)
            try #require(FileManager.default.fileExists(atPath: ticket))
            try await body(server, address, openssl, ticket)
        }
    }

    private func expectNothing(
        _ outcome: OpenSSL.Outcome, handlerCalls: Int = 0,
        at location: SourceLocation = #_sourceLocation
    ) {
        let reachedHTTP2 = outcome.reachedHTTP2
        #expect(!reachedHTTP2, "\(outcome.errors)", sourceLocation: location)
        #expect(handler.sessions.count == handlerCalls, sourceLocation: location)
    }
}
