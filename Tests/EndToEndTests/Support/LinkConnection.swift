import NIOCore
import NIOPosix
import Synchronization

/// One connection through a `SlowLink`.
final class LinkConnection: @unchecked Sendable {
    // Everything but `cut` and `goOn` runs on the link's one event loop, and these two go there.
    private let loop: any EventLoop
    private let ledger: LinkLedger
    private let number: Int
    private let breaksAfter: Int?
    private let client: any Channel
    private var lanes: [Lane] = []
    private var total = 0
    private(set) var isOver = false

    private init(_ client: any Channel, _ ledger: LinkLedger) {
        (self.client, self.ledger, loop) = (client, ledger, client.eventLoop)
        (number, breaksAfter) = ledger.enter()
    }

    /// Connects a client that came to the server, and joins the two.
    static func begin(
        from client: any Channel, to server: (host: String, port: Int),
        _ quality: SlowLink.Quality, _ ledger: LinkLedger
    ) -> EventLoopFuture<Void> {
        let connection = LinkConnection(client, ledger)
        return ClientBootstrap(group: client.eventLoop)
            .channelOption(.autoRead, value: false)
            .connect(host: server.host, port: server.port)
            .flatMapThrowing { try connection.join($0, quality) }
    }

    private func join(_ server: any Channel, _ quality: SlowLink.Quality) throws {
        for (source, target, isUp) in [(client, server, true), (server, client, false)] {
            let lane = Lane(of: self, from: source, to: target, isUp: isUp, quality)
            lanes.append(lane)
            try source.pipeline.syncOperations.addHandler(lane)
            source.read()
        }
        ledger.state.withLock { $0.open[number] = self }
    }

    /// How many of the bytes that are due may go through: fewer where the connection breaks first, none
    /// while the link is stalled.
    fileprivate func pass(_ bytes: Int, isUp: Bool) -> Int {
        let allowed = min(bytes, breaksAfter.map { $0 - total } ?? bytes)
        guard ledger.carry(allowed, number, isUp: isUp) else { return 0 }
        total += allowed
        return allowed
    }

    /// Breaks it when it has carried all that it is to carry.
    fileprivate func breakIfDue() {
        if let breaksAfter, total >= breaksAfter { end() }
    }

    fileprivate func end() {
        guard !isOver else { return }
        isOver = true
        for lane in lanes { lane.close() }
        lanes = []
        ledger.state.withLock { $0.open[number] = nil }
    }

    /// Breaks it now.
    func cut() { loop.execute { self.end() } }

    /// Lets through what waited.
    func goOn() { loop.execute { for lane in self.lanes { lane.deliver() } } }
}

/// One direction of a connection: what comes leaves when the line is free, arrives after the delay, and
/// no more is read than the line holds.
private final class Lane: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// Bytes that wait before the line, at most: a modem has so much room.
    private static let room = 65_536
    /// What travels as one.
    private static let packet = 1_400

    private let connection: LinkConnection
    private let source: any Channel
    private let target: any Channel
    private let isUp: Bool
    private let quality: SlowLink.Quality
    /// Under way, oldest first; nil is the end.
    private var underWay: CircularBuffer<ByteBuffer?> = []
    private var arrived = 0
    private var waiting = 0
    private var isReadWanted = false
    private var freeAt = NIODeadline.now()

    init(
        of connection: LinkConnection, from source: any Channel, to target: any Channel, isUp: Bool,
        _ quality: SlowLink.Quality
    ) {
        (self.connection, self.source, self.target) = (connection, source, target)
        (self.isUp, self.quality) = (isUp, quality)
    }

    /// What was asked for before the channel was active is not read.
    func channelActive(context: ChannelHandlerContext) { context.read() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        while let packet = bytes.readSlice(length: min(Self.packet, bytes.readableBytes)),
            packet.readableBytes > 0
        {
            send(packet)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReadWanted = true
        readIfThereIsRoom()
    }

    func channelInactive(context: ChannelHandlerContext) { send(nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func send(_ packet: ByteBuffer?) {
        let bytes = packet?.readableBytes ?? 0
        freeAt = max(freeAt, .now())
        if let rate = quality.bytesPerSecond {
            freeAt = freeAt + .nanoseconds(Int64(bytes) * 1_000_000_000 / Int64(rate))
        }
        waiting += bytes
        underWay.append(packet)
        source.eventLoop.assumeIsolated().scheduleTask(deadline: freeAt + quality.delay) {
            self.arrived += 1
            self.deliver()
        }
    }

    /// Hands over what has arrived.
    func deliver() {
        while arrived > 0, let first = underWay.first, !connection.isOver {
            guard let packet = first else { return connection.end() }
            let passed = connection.pass(packet.readableBytes, isUp: isUp)
            guard passed > 0 else { return }
            underWay.removeFirst()
            arrived -= 1
            waiting -= packet.readableBytes
            target.writeAndFlush(
                packet.getSlice(at: packet.readerIndex, length: passed), promise: nil)
            connection.breakIfDue()
        }
        readIfThereIsRoom()
    }

    private func readIfThereIsRoom() {
        guard isReadWanted, waiting < Self.room else { return }
        isReadWanted = false
        source.read()
    }

    func close() {
        underWay = []
        source.close(promise: nil)
    }
}
