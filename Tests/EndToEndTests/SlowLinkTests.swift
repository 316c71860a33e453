import Foundation
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// The slow link itself, between a client that sends and a server that says the same again.
@Suite struct SlowLinkTests {
    /// What has come back, and whether the connection is over.
    private final class Heard: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        struct State {
            var bytes: [UInt8] = []
            var isOver = false
        }

        let state: Arc<State>

        init(_ state: Arc<State>) { self.state = state }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = Array(unwrapInboundIn(data).readableBytesView)
            state.value.withLock { $0.bytes += bytes }
        }

        func channelInactive(context: ChannelHandlerContext) {
            state.value.withLock { $0.isOver = true }
        }
    }

    private final class Arc<Value: Sendable>: Sendable {
        let value: Mutex<Value>
        init(_ value: Value) { self.value = Mutex(value) }
    }

    private final class Echo: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(data, promise: nil)
        }
    }

    private let server: any Channel

    init() throws {
        server = try ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Echo())
                }
            }
            .bind(host: "127.0.0.1", port: 0).wait()
    }

    private func link(_ quality: SlowLink.Quality = .init(), breaks: [Int] = []) throws -> SlowLink
    {
        try SlowLink(
            before: "127.0.0.1:\(server.localAddress?.port ?? 0)", quality, breaks: breaks)
    }

    private func client(of link: SlowLink) throws -> (channel: any Channel, heard: Arc<Heard.State>)
    {
        let heard = Arc(Heard.State())
        let port = Int(link.address.split(separator: ":")[1]) ?? 0
        let channel = try ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Heard(heard))
                }
            }
            .connect(host: "127.0.0.1", port: port).wait()
        return (channel, heard)
    }

    private func say(_ bytes: [UInt8], on channel: any Channel) {
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    /// Waits for something to become true; false when it does not in half a minute.
    private func becomes(_ isTrue: () -> Bool) -> Bool {
        let end = Date(timeIntervalSinceNow: 30)
        while !isTrue() {
            if Date() > end { return false }
            usleep(1_000)
        }
        return true
    }

    private static let text = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 / 256) }

    @Test func `what goes in comes out, both ways, whole and in order`() throws {
        let link = try link(.init(bytesPerSecond: 2_000_000, delay: .milliseconds(2)))
        let (channel, heard) = try client(of: link)
        say(Self.text, on: channel)
        #expect(becomes { heard.value.withLock { $0.bytes.count } == Self.text.count })
        #expect(heard.value.withLock { $0.bytes == Self.text })
        #expect(link.carried == [.init(up: Self.text.count, down: Self.text.count)])
    }

    @Test func `it takes the time that rate and delay make`() throws {
        let link = try link(.init(bytesPerSecond: 100_000, delay: .milliseconds(50)))
        let (channel, heard) = try client(of: link)
        let start = ContinuousClock.now
        say(Array(Self.text.prefix(20_000)), on: channel)
        #expect(becomes { heard.value.withLock { $0.bytes.count } == 20_000 })
        // 200 ms for the bytes one way, and 50 ms each way; the way back goes on beside it.
        #expect(ContinuousClock.now - start >= .milliseconds(300))
    }

    @Test func `a connection breaks after just so many bytes, and the next ones as planned`() throws
    {
        let link = try link(breaks: [10_000, 1])
        for (number, bytes) in [10_000, 1].enumerated() {
            let (channel, heard) = try client(of: link)
            say(Self.text, on: channel)
            #expect(becomes { heard.value.withLock { $0.isOver } })
            let carried = link.carried[number]
            #expect(carried.up + carried.down == bytes)
            #expect(heard.value.withLock { $0.bytes == Array(Self.text.prefix(carried.down)) })
        }
        let (channel, heard) = try client(of: link)
        say(Self.text, on: channel)
        #expect(becomes { heard.value.withLock { $0.bytes.count } == Self.text.count })
    }

    @Test func `it breaks when it is told to`() throws {
        let link = try link()
        let (channel, heard) = try client(of: link)
        say([1, 2, 3], on: channel)
        #expect(becomes { heard.value.withLock { $0.bytes } == [1, 2, 3] })
        link.cut()
        #expect(becomes { heard.value.withLock { $0.isOver } })
    }

    @Test func `while it stalls nothing comes, and then all of it`() throws {
        let link = try link()
        link.stall()
        let (channel, heard) = try client(of: link)
        say(Self.text, on: channel)
        // A second line, which does not stall, shows that the time has been long enough.
        let whole = try self.link()
        let (other, others) = try client(of: whole)
        say(Self.text, on: other)
        #expect(becomes { others.value.withLock { $0.bytes.count } == Self.text.count })
        #expect(link.carried == [.init()] && whole.carried != [.init()])
        #expect(heard.value.withLock { $0.bytes.isEmpty && !$0.isOver })
        link.goOn()
        #expect(becomes { heard.value.withLock { $0.bytes == Self.text } })
    }

    @Test func `when one end closes, the other hears of it`() throws {
        let link = try link()
        let (channel, _) = try client(of: link)
        let (other, heard) = try client(of: link)
        say([1], on: other)
        #expect(becomes { heard.value.withLock { $0.bytes } == [1] })
        try channel.close().wait()
        #expect(heard.value.withLock { !$0.isOver })
        try other.close().wait()
        #expect(becomes { heard.value.withLock { $0.isOver } })
    }
}
