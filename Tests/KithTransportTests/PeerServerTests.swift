import Foundation
import KithModel
import KithProtocol
import KithTransport
import KithTrust
import NIOCore
import NIOPosix
import Testing

@Suite(.timeLimit(.minutes(10))) struct PeerServerTests {
    @Test func `a port in use gives one clear error`() async throws {
        let (home, surgery) = try peers()
        try await surgery.serving { _, address in
            let second = home.server(at: address)
            let error = await #expect(throws: TransportError.self) { try await second.run() }
            #expect(error?.code == .addressInUse)
            #expect(error?.message.contains("\(address)") == true)
            #expect(error?.message.contains("--listen") == true)
            #expect(await second.listeningAddress == nil)
        }
    }

    @Test func `an address of another machine gives one clear error`() async throws {
        let server = try TestSite().server(at: HostPort(host: "192.0.2.1", port: 0))
        let error = await #expect(throws: TransportError.self) { try await server.run() }
        #expect(error?.code == .listenFailed)
        #expect(error?.message.contains("does not have that address") == true)
    }

    @Test func `a removed peer with an open session is closed, others are not`() async throws {
        let (home, surgery) = try peers()
        let other = try TestSite()
        other.pin(surgery)
        surgery.pin(other)
        try await surgery.serving { server, address in
            try await other.connected(to: surgery, at: address) { kept in
                let error = await #expect(throws: TransportError.self) {
                    try await home.inSession(with: surgery, at: address) { stream in
                        try await stream.send(message(1))
                        #expect(try await stream.receive() == message(1))
                        surgery.unpin(home)
                        server.pinsChanged()
                        while try await stream.receive() != nil {}
                        Issue.record("the session ended as if nothing had happened")
                    }
                }
                #expect(error?.code == .closed)
                try await kept.runSession { stream in
                    try await stream.send(message(2))
                    #expect(try await stream.receive() == message(2))
                }
            }
            let error = await #expect(throws: TransportError.self) {
                try await home.connected(to: surgery, at: address) { _ in }
            }
            #expect(error?.code == .notAPeer)
        }
    }

    @Test func `what an ended peer holds open is closed although it may come again to be told`()
        async throws
    {
        let (home, surgery) = try peers()
        let other = try TestSite()
        other.pin(surgery)
        surgery.pin(other)
        try await surgery.serving { server, address in
            try await other.connected(to: surgery, at: address) { kept in
                let error = await #expect(throws: TransportError.self) {
                    try await home.inSession(with: surgery, at: address) { stream in
                        try await stream.send(message(1))
                        #expect(try await stream.receive() == message(1))
                        server.pinsChanged(closing: [home.id])
                        while try await stream.receive() != nil {}
                        Issue.record("the session ended as if nothing had happened")
                    }
                }
                #expect(error?.code == .closed)
                try await kept.runSession { try await $0.send(message(2)) }
            }
            try await home.inSession(with: surgery, at: address) { stream in
                try await stream.send(message(3))
                #expect(try await stream.receive() == message(3))
            }
        }
    }

    @Test
    func `a peer that falls silent, or sends a little now and then, keeps nobody else waiting`()
        async throws
    {
        let (home, surgery) = try peers()
        let other = try TestSite()
        other.pin(surgery)
        surgery.pin(other)
        try await surgery.serving { _, address in
            try await home.inSession(with: surgery, at: address) { slow in
                for batch in UInt64(1)...5 {
                    try await slow.send(message(batch))
                    // The slow one's session is open all the while; everyone else's go through.
                    try await other.inSession(with: surgery, at: address) { stream in
                        try await stream.send(message(batch))
                        #expect(try await stream.receive() == message(batch))
                    }
                    #expect(try await slow.receive() == message(batch))
                }
            }
        }
    }

    @Test func `a removed peer's next call is refused although the server was not told`()
        async throws
    {
        let (home, surgery) = try peers()
        let handler = TestHandler()
        try await surgery.serving(handler: handler) { _, address in
            let error = await #expect(throws: TransportError.self) {
                try await home.connected(to: surgery, at: address) { connection in
                    surgery.unpin(home)
                    try await connection.runSession { _ = try await $0.receive() }
                }
            }
            #expect(error?.code == .notAPeer)
        }
        #expect(handler.sessions.isEmpty)
    }

    @Test func `a renewed leaf is shown to new connections, and open ones go on`() async throws {
        let (home, surgery) = try peers()
        let ninetyDaysOn = Instant(
            milliseconds: Instant(Date()).milliseconds + 91 * 86_400_000)
        try await surgery.serving { _, address in
            let client = home.client(now: { ninetyDaysOn })
            try await client.withConnection(
                to: address, expecting: surgery.id, root: surgery.root
            ) { old in
                #expect(old.isLeafExpired)
                surgery.identity = try surgery.issuer.issue(now: ninetyDaysOn)
                home.identity = try home.issuer.issue(now: ninetyDaysOn)
                try await client.withConnection(
                    to: address, expecting: surgery.id, root: surgery.root
                ) { new in
                    #expect(!new.isLeafExpired)
                    for connection in [old, new] {
                        try await connection.runSession { stream in
                            try await stream.send(message(1))
                            #expect(try await stream.receive() == message(1))
                        }
                    }
                }
            }
        }
    }

    @Test func `sites that were off for a year meet at once, and are told to renew`() async throws {
        let (home, surgery) = try peers()
        let aYearOn = Instant(milliseconds: Instant(Date()).milliseconds + 400 * 86_400_000)
        let clock: @Sendable () -> Instant = { aYearOn }
        let handler = TestHandler()
        // Both leaves ended 310 days ago; neither daemon has run since.
        try await surgery.serving(handler: handler, now: clock) { _, address in
            let client = home.client(now: clock)
            for isRenewed in [false, true] {
                if isRenewed {
                    surgery.identity = try surgery.issuer.issue(now: aYearOn)
                    home.identity = try home.issuer.issue(now: aYearOn)
                }
                try await client.withConnection(
                    to: address, expecting: surgery.id, root: surgery.root
                ) { connection in
                    #expect(connection.isLeafExpired != isRenewed)
                    try await connection.runSession { stream in
                        try await stream.send(message(1))
                        #expect(try await stream.receive() == message(1))
                    }
                }
            }
        }
        #expect(handler.expired == [true, false])
        // One whose clock is a year behind shows leaves that are not valid yet, and meets too.
        try await surgery.serving(handler: handler) { _, address in
            home.identity = try home.issuer.issue(now: aYearOn)
            try await home.connected(to: surgery, at: address) { connection in
                try await connection.runSession { try await $0.send(message(1)) }
            }
        }
    }

    @Test func `a graceful shutdown lets a session end and takes no new connection`() async throws {
        let (home, surgery) = try peers()
        let server = surgery.server()
        let running = Task { try await server.run() }
        let address = try #require(await server.listeningAddress)
        try await home.inSession(with: surgery, at: address) { stream in
            try await stream.send(message(1))
            #expect(try await stream.receive() == message(1))
            server.beginGracefulShutdown()
            try await stream.send(message(2))
            #expect(try await stream.receive() == message(2))
        }
        try await running.value
        let error = await #expect(throws: TransportError.self) {
            try await home.connected(to: surgery, at: address) { _ in }
        }
        #expect(error?.code == .couldNotConnect)
        #expect(error?.message.contains("refused") == true)
    }

    @Test func `an idle server that is cancelled or shut down ends`() async throws {
        for isGraceful in [true, false] {
            let server = try TestSite().server()
            let running = Task { try await server.run() }
            _ = try #require(await server.listeningAddress)
            if isGraceful { server.beginGracefulShutdown() } else { running.cancel() }
            try await running.value
        }
    }

    @Test func `a connection that never shakes hands is closed in time`() async throws {
        var limits = TransportLimits()
        limits.handshakeTime = .milliseconds(200)
        try await TestSite().serving(limits: limits) { server, address in
            let silent = try await tcp(address)
            try await silent.closeFuture.get()
        }
    }

    @Test func `a peer's newest connection wins over its oldest`() async throws {
        let (home, surgery) = try peers()
        var limits = TransportLimits()
        limits.connectionsPerPeer = 1
        try await surgery.serving(limits: limits) { _, address in
            let client = home.client()
            try await client.withConnection(
                to: address, expecting: surgery.id, root: surgery.root
            ) { old in
                try await client.withConnection(
                    to: address, expecting: surgery.id, root: surgery.root
                ) { new in
                    try await new.runSession { try await $0.send(message(1)) }
                    let error = await #expect(throws: TransportError.self) {
                        try await old.runSession { _ = try await $0.receive() }
                    }
                    #expect(error?.code == .closed)
                }
            }
        }
    }

    @Test func `noise on the port does not harm the server`() async throws {
        let (home, surgery) = try peers()
        try await surgery.serving { server, address in
            for noise in [[UInt8]("GET / HTTP/1.1\r\n\r\n".utf8), [22, 3, 1, 255, 255], [0]] {
                let channel = try await tcp(address)
                // The server may close first.
                try? await channel.writeAndFlush(ByteBuffer(bytes: noise))
                try? await channel.close()
            }
            try await home.inSession(with: surgery, at: address) { try await $0.send(message(1)) }
        }
    }
}

/// A bare TCP connection, from any address of this machine's loopback.
func tcp(_ address: HostPort, from source: String = "127.0.0.1") async throws -> any Channel {
    try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .bind(to: SocketAddress(ipAddress: source, port: 0))
        .connect(host: address.host, port: Int(address.port)).get()
}
