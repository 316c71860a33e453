import NIOCore
import NIOPosix
import Synchronization

/// A line between two programs of this machine that is as slow and as bad as a test wants it: it has a
/// rate and a delay each way, breaks after so many bytes or when it is told to, and can stall.
///
/// Whoever connects to `address` reaches the server behind it. All connections share one thread, and
/// each has the rate for itself.
final class SlowLink: Sendable {
    /// How fast it is, each way.
    struct Quality: Sendable {
        /// Bytes a second; nil for as many as there are.
        var bytesPerSecond: Int?
        /// How long a byte is on its way: half of a round trip.
        var delay: TimeAmount = .zero

        /// A link in the words of who sells it; with time that runs so many times faster.
        static func kilobits(
            _ kilobits: Int, roundTrip milliseconds: Int, faster: Int = 1
        ) -> Quality {
            Quality(
                bytesPerSecond: kilobits * 125 * faster,
                delay: .microseconds(Int64(milliseconds) * 500 / Int64(faster)))
        }
    }

    private let loop: any EventLoop
    private let ledger: LinkLedger
    private let listener: any Channel
    /// Where it listens.
    let address: String

    /// Begins to listen before a server.
    ///
    /// - Parameter breaks: after how many bytes, both ways together, each of the next connections
    ///   breaks; the ones after these stay whole.
    init(before server: String, _ quality: Quality = Quality(), breaks: [Int] = []) throws {
        let parts = server.split(separator: ":")
        guard parts.count == 2, let port = Int(parts[1]) else {
            throw TestProblem("\(server) is no address")
        }
        let (host, ledger) = (String(parts[0]), LinkLedger(breaks: breaks))
        self.ledger = ledger
        loop = MultiThreadedEventLoopGroup.singleton.next()
        listener = try ServerBootstrap(group: loop)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in
                LinkConnection.begin(from: client, to: (host, port), quality, ledger)
            }
            .bind(host: "127.0.0.1", port: 0).wait()
        address = "127.0.0.1:\(listener.localAddress?.port ?? 0)"
    }

    deinit {
        listener.close(promise: nil)
        cut()
    }

    /// What each connection has carried so far, in the order in which they came.
    var carried: [LinkLedger.Carried] { ledger.state.withLock { $0.carried } }

    /// Breaks every connection that there is; the next ones go through.
    func cut() {
        for connection in ledger.state.withLock({ $0.open.values.map(\.self) }) { connection.cut() }
    }

    /// Breaks every connection each time so much time has passed, until the link is gone.
    func cut(every time: TimeAmount) {
        loop.scheduleRepeatedTask(initialDelay: time, delay: time) { [weak self] task in
            guard let self else { return task.cancel() }
            cut()
        }
    }

    /// Lets connections come, and no byte through, until `goOn`.
    func stall() { ledger.state.withLock { $0.isStalled = true } }

    /// Stalls once the newest connection has carried so many bytes down.
    func stall(afterDown bytes: Int) { ledger.state.withLock { $0.stallAfterDown = bytes } }

    /// Whether nothing goes through.
    var isStalled: Bool { ledger.state.withLock { $0.isStalled } }

    /// Ends a stall; what waited goes on.
    func goOn() {
        let open = ledger.state.withLock { state in
            state.isStalled = false
            state.stallAfterDown = nil
            return Array(state.open.values)
        }
        for connection in open { connection.goOn() }
    }
}

/// What a link has carried, what is to become of it, and its open connections.
final class LinkLedger: Sendable {
    /// Bytes of one connection, from the client and to it.
    struct Carried: Sendable, Equatable {
        var up = 0
        var down = 0
    }

    struct State {
        var breaks: [Int]
        var isStalled = false
        var stallAfterDown: Int?
        var open: [Int: LinkConnection] = [:]
        var carried: [Carried] = []
    }

    let state: Mutex<State>

    init(breaks: [Int]) { state = Mutex(State(breaks: breaks)) }

    /// A new connection's number, and after how many bytes it breaks.
    func enter() -> (number: Int, breaksAfter: Int?) {
        state.withLock { state in
            state.carried.append(Carried())
            return (
                state.carried.count - 1, state.breaks.isEmpty ? nil : state.breaks.removeFirst()
            )
        }
    }

    /// Notes bytes that get through; false when nothing may.
    func carry(_ bytes: Int, _ number: Int, isUp: Bool) -> Bool {
        state.withLock { state in
            guard !state.isStalled else { return false }
            if isUp {
                state.carried[number].up += bytes
            } else {
                state.carried[number].down += bytes
            }
            if let limit = state.stallAfterDown, state.carried[number].down >= limit {
                state.isStalled = true
            }
            return true
        }
    }
}
