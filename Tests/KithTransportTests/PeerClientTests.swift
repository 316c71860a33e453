import Foundation
import KithModel
import KithProtocol
import KithTransport
import KithTrust
import NIOCore
import NIOPosix
import Testing

@Suite(.timeLimit(.minutes(10))) struct PeerClientTests {
    let home: TestSite
    let surgery: TestSite

    init() throws {
        (home, surgery) = try peers()
    }

    private func failure(
        at address: HostPort, expecting site: SiteID? = nil, root: RootCertificate? = nil,
        timeLimit: Duration = .seconds(10)
    ) async -> TransportError? {
        await #expect(throws: TransportError.self) {
            try await home.client().withConnection(
                to: address, expecting: site ?? surgery.id, root: root, timeLimit: timeLimit
            ) { _ in Issue.record("connected") }
        }
    }

    @Test func `another site at the address is named, with both ids`() async throws {
        let (home, surgery) = (home, surgery)
        let expected = try TestSite()
        try await surgery.serving { _, address in
            for root in [nil, expected.root] {
                let error = await failure(at: address, expecting: expected.id, root: root)
                #expect(error?.code == .wrongSite)
                #expect(error?.message.contains(surgery.id.short) == true)
                #expect(error?.message.contains(expected.id.short) == true)
                #expect(error?.message.contains("\(address)") == true)
            }
        }
        _ = home
    }

    @Test func `a site with our peer's certificates but not its key is not taken for it`()
        async throws
    {
        // The impostor pins us, shows a leaf of its own, and sends the peer's root along.
        let impostor = try TestSite()
        impostor.pin(home)
        try await impostor.serving { _, address in
            let error = await failure(at: address, root: surgery.root)
            #expect(error?.code == .wrongSite)
        }
    }

    @Test func `a closed port is refused, in words`() async throws {
        // No test is ever given this port, and nothing of Debian listens there.
        let error = await failure(at: HostPort(host: "127.0.0.1", port: 1))
        #expect(error?.code == .couldNotConnect, "\(String(describing: error?.cause))")
        #expect(error?.message.contains("refused") == true)
    }

    @Test func `a name that does not exist is said to be not found`() async throws {
        let error = await failure(at: HostPort(host: "no-such-host.invalid", port: 1))
        #expect(error?.code == .couldNotConnect, "\(String(describing: error?.cause))")
        #expect(error?.message.contains("name was not found") == true)
    }

    @Test func `an address where nothing shakes hands times out`() async throws {
        let silent = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(silent.localAddress?.port.flatMap { UInt16(exactly: $0) })
        let error = await failure(
            at: HostPort(host: "127.0.0.1", port: port), timeLimit: .milliseconds(300))
        #expect(error?.code == .timedOut)
        try await silent.close()
    }

    @Test func `what speaks no TLS is said to be no Kith site`() async throws {
        let plain = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(MailServer())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(plain.localAddress?.port.flatMap { UInt16(exactly: $0) })
        let error = await failure(at: HostPort(host: "127.0.0.1", port: port))
        #expect(error?.code == .tlsFailed)
        try await plain.close()
    }

    @Test func `connecting can be cancelled`() async throws {
        let (home, surgery) = (home, surgery)
        let arrived = Event()
        let silent = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                arrived.happen()
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(silent.localAddress?.port.flatMap { UInt16(exactly: $0) })
        let task = Task {
            try await home.client().withConnection(
                to: HostPort(host: "127.0.0.1", port: port), expecting: surgery.id,
                root: surgery.root, timeLimit: .seconds(600)
            ) { _ in Issue.record("connected") }
        }
        await arrived.wait()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await silent.close()
    }

    @Test func `an identity that cannot be had is said so`() async throws {
        struct NoKey: Error {}
        let client = PeerClient(identity: { throw NoKey() })
        let error = await #expect(throws: TransportError.self) {
            try await client.withConnection(
                to: HostPort(host: "127.0.0.1", port: 1), expecting: surgery.id, root: nil
            ) { _ in }
        }
        #expect(error?.code == .identityUnusable)
    }
}

/// Greets as a mail server does.
private final class MailServer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        let greeting = ByteBuffer(string: "220 mail.example ESMTP\r\n")
        context.writeAndFlush(wrapOutboundOut(greeting), promise: nil)
        context.fireChannelActive()
    }
}

@Suite struct HostPortTests {
    @Test(arguments: [
        ("surgery.example:7440", "surgery.example", 7440), ("192.0.2.7:1", "192.0.2.7", 1),
        ("[2001:db8::7]:65535", "2001:db8::7", 65535), ("localhost:0", "localhost", 0),
    ])
    func `an address is read and written alike`(text: String, host: String, port: UInt16) throws {
        let address = try HostPort(text: text)
        #expect(address == HostPort(host: host, port: port))
        #expect(address.description == text)
    }

    @Test(arguments: [
        "", ":", "host", "host:", ":1", "host:65536", "host:-1", "host:+1", "host:1x", "a b:1",
        "2001:db8::7:1", "[::1]", "[host]:1", "https://host:1", "höst:1", "host:١",
    ])
    func `what is no address is refused with the form to use`(text: String) {
        let error = #expect(throws: TransportError.self) { try HostPort(text: text) }
        #expect(error?.code == .invalidAddress)
        #expect(error?.message.contains("host:port") == true)
    }
}
