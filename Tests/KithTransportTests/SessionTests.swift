import Foundation
import KithModel
import KithProtocol
import KithTransport
import KithTrust
import Testing

@Suite(.timeLimit(.minutes(10))) struct SessionTests {
    @Test func `two sites exchange messages both ways`() async throws {
        let (home, surgery) = try peers()
        let handler = TestHandler()
        try await surgery.serving(handler: handler) { _, address in
            let got = try await home.connected(to: surgery, at: address) { connection in
                #expect(connection.root == surgery.root)
                #expect(!connection.isLeafExpired)
                return try await connection.runSession { stream in
                    var got: [UInt64] = []
                    for batch in UInt64(1)...20 {
                        try await stream.send(message(batch))
                        got.append(try #require(try await stream.receive()).acknowledge.batch)
                    }
                    return got
                }
            }
            #expect(got == Array(1...20))
        }
        #expect(handler.sessions == [home.id])
    }

    @Test func `both sides may speak first, and at once`() async throws {
        let (home, surgery) = try peers()
        let handler = TestHandler { _, stream in
            let sum = try await stream.sendFifty { stream in
                var sum: UInt64 = 0
                while let next = try await stream.receive() { sum += next.acknowledge.batch }
                return sum
            }
            #expect(sum == 1275)
        }
        try await surgery.serving(handler: handler) { _, address in
            try await home.inSession(with: surgery, at: address) { stream in
                let sum = try await stream.sendFifty { stream in
                    var sum: UInt64 = 0
                    for _ in 1...50 { sum += try await stream.receive()?.acknowledge.batch ?? 0 }
                    return sum
                }
                #expect(sum == 1275)
            }
        }
    }

    @Test func `several sessions run on one connection`() async throws {
        let (home, surgery) = try peers()
        try await surgery.serving { server, address in
            try await home.connected(to: surgery, at: address) { connection in
                for batch in UInt64(1)...3 {
                    try await connection.runSession { stream in
                        try await stream.send(message(batch))
                        #expect(try await stream.receive() == message(batch))
                    }
                }
                #expect(server.connectionCount == 1)
            }
        }
    }

    @Test func `large messages pass up to the limit`() async throws {
        let (home, surgery) = try peers()
        try await surgery.serving { _, address in
            try await home.inSession(with: surgery, at: address) { stream in
                for bytes in [256 << 10, 1 << 20, (4 << 20) - 64] {
                    try await stream.send(message(bytes: bytes))
                    #expect(try await stream.receive() == message(bytes: bytes))
                }
            }
        }
    }

    @Test func `a message over the limit is not sent, and says so`() async throws {
        let (home, surgery) = try peers()
        try await surgery.serving { _, address in
            try await home.inSession(with: surgery, at: address) { stream in
                let error = await #expect(throws: TransportError.self) {
                    try await stream.send(message(bytes: 4 << 20))
                }
                #expect(error?.code == .tooLarge)
                // The session can go on.
                try await stream.send(message(1))
                #expect(try await stream.receive() == message(1))
            }
        }
    }

    @Test(arguments: [true, false])
    func `a message over the receiver's limit ends the session`(toServer: Bool) async throws {
        let (home, surgery) = try peers()
        var small = TransportLimits()
        small.messageBytes = 10_000
        let (large, limits) = (TransportLimits(), small)
        let handler = TestHandler { _, stream in
            if !toServer { try await stream.send(message(bytes: 10_001)) }
            while try await stream.receive() != nil { Issue.record("too large a message came") }
        }
        try await surgery.serving(handler: handler, limits: toServer ? limits : large) {
            _, address in
            let error = await #expect(throws: TransportError.self) {
                try await home.inSession(
                    with: surgery, at: address, limits: toServer ? large : limits
                ) { stream in
                    if toServer { try await stream.send(message(bytes: 10_001)) }
                    _ = try await stream.receive()
                }
            }
            #expect([.tooLarge, .closed, .protocolError].contains(error?.code))
        }
    }

    @Test func `a sender waits while the other side does not read`() async throws {
        let (home, surgery) = try peers()
        let (go, stalled) = (Event(), Event())
        let handler = TestHandler { _, stream in
            await go.wait()
            while try await stream.receive() != nil {}
        }
        try await surgery.serving(handler: handler) { _, address in
            try await home.inSession(with: surgery, at: address) { stream in
                // Far more than the windows and buffers between the two hold.
                async let sent: Int = {
                    for _ in 0..<100 { try await stream.send(message(bytes: 1 << 20)) }
                    stalled.happen()
                    return 100
                }()
                let first = await withTaskGroup(of: Bool.self) { group in
                    group.addTask {
                        await stalled.wait()
                        return !Task.isCancelled
                    }
                    group.addTask {
                        try? await Task.sleep(for: .milliseconds(300))
                        return false
                    }
                    defer { group.cancelAll() }
                    return await group.next() ?? false
                }
                #expect(!first, "everything was sent although no one read")
                go.happen()
                let count = try await sent
                #expect(count == 100)
            }
        }
    }

    @Test func `what a session's own code throws comes back unchanged`() async throws {
        struct Own: Error, Equatable {}
        let (home, surgery) = try peers()
        try await surgery.serving { _, address in
            await #expect(throws: Own()) {
                try await home.inSession(with: surgery, at: address) { stream in
                    try await stream.send(message(1))
                    throw Own()
                }
            }
        }
    }

    @Test func `a failure of the other side's code tells nothing of its text`() async throws {
        struct Private: Error, CustomStringConvertible { let description = "Mrs Smith" }
        let (home, surgery) = try peers()
        try await surgery.serving(handler: TestHandler { _, _ in throw Private() }) { _, address in
            let error = await #expect(throws: TransportError.self) {
                try await home.inSession(with: surgery, at: address) { _ = try await $0.receive() }
            }
            #expect(error?.code == .protocolError)
            #expect(
                "\(String(describing: error))\(String(describing: error?.cause))"
                    .contains("Smith") == false)
        }
    }

    @Test func `a server that ends the session ends the client's receiving`() async throws {
        let (home, surgery) = try peers()
        let handler = TestHandler { _, stream in try await stream.send(message(9)) }
        try await surgery.serving(handler: handler) { _, address in
            try await home.inSession(with: surgery, at: address) { stream in
                let first = try await stream.receive()
                #expect(first == message(9))
                #expect(try await stream.receive() == nil)
                #expect(try await stream.receive() == nil)
            }
        }
    }

    @Test func `a client that is cancelled in a session ends it at the server with an error`()
        async throws
    {
        let (home, surgery) = try peers()
        let (begun, ended) = (Event(), Event())
        let handler = TestHandler { _, stream in
            begun.happen()
            defer { ended.happen() }
            await #expect(throws: (any Error).self) {
                while try await stream.receive() != nil {}
                // A clean end here would hide that the other side is gone.
                Issue.record("the server saw a clean end")
            }
        }
        try await surgery.serving(handler: handler) { _, address in
            let task = Task {
                try await home.inSession(with: surgery, at: address) { _ = try await $0.receive() }
            }
            await begun.wait()
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            await ended.wait()
        }
    }

    @Test func `a server that is cancelled in a session closes it at the client`() async throws {
        let (home, surgery) = try peers()
        let begun = Event()
        let handler = TestHandler { _, stream in
            begun.happen()
            while try await stream.receive() != nil {}
        }
        let server = surgery.server(handler: handler)
        let running = Task { try await server.run() }
        let address = try #require(await server.listeningAddress)
        let client = Task {
            try await home.inSession(with: surgery, at: address) { stream in
                while try await stream.receive() != nil {}
                Issue.record("the client saw a clean end")
            }
        }
        await begun.wait()
        running.cancel()
        try await running.value
        let error = await #expect(throws: TransportError.self) { try await client.value }
        #expect(error?.code == .closed)
    }
}
