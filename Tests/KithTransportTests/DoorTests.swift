import Foundation
import KithModel
import KithProtocol
import KithTransport
import KithTrust
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// Strangers at the door: they get no rest, and keep no partner out. Each source is an address of
/// this machine's loopback.
@Suite(.timeLimit(.minutes(10))) struct DoorTests {
    private let stranger = "127.0.0.2"
    /// On a machine that is busy with other tests nobody is put out for being slow.
    private static let longEnough = Duration.seconds(600)

    /// Waits for what a server does.
    private func wait(until isSo: () -> Bool) async throws {
        for _ in 0..<12_000 where !isSo() { try await Task.sleep(for: .milliseconds(10)) }
        try #require(isSo())
    }

    @Test func `half-open connections without number keep no peer out`() async throws {
        let (home, surgery) = try peers()
        var limits = TransportLimits()
        limits.handshakes = 6
        limits.handshakesPerSource = 4
        limits.failuresPerSource = 1000
        try await surgery.serving(limits: limits) { [limits] server, address in
            var open: [any Channel] = []
            for number in 0..<300 {
                // From three sources, none of which takes more than it may.
                open.append(try await tcp(address, from: "127.0.0.\(2 + number % 3)"))
            }
            try await wait { server.connectionCount <= limits.handshakes }
            // The peer finds room at the cost of those who stand in the door.
            for _ in 0..<3 {
                try await home.connected(to: surgery, at: address) { connection in
                    try await connection.runSession { try await $0.send(message(1)) }
                }
            }
            for channel in open { try? await channel.close() }
            try await wait { server.connectionCount == 0 }
        }
    }

    @Test func `bytes that drip in do not keep a handshake alive`() async throws {
        var limits = TransportLimits()
        limits.handshakeTime = .milliseconds(300)
        try await TestSite().serving(limits: limits) { _, address in
            let slow = try await tcp(address)
            // The beginning of a hello, a byte at a time, for as long as it is let.
            for byte in [UInt8]([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])
                + [UInt8](repeating: 7, count: 500)
            where slow.isActive {
                try? await slow.writeAndFlush(ByteBuffer(bytes: [byte]))
                try await Task.sleep(for: .milliseconds(20))
            }
            try await slow.closeFuture.get()
        }
    }

    @Test func `a site is no peer of its own`() async throws {
        let (home, surgery) = try peers()
        try await surgery.serving { _, address in
            let error = await #expect(throws: TransportError.self) {
                try await surgery.connected(to: surgery, at: address) { _ in }
            }
            #expect(error?.code == .notAPeer)
            try await home.connected(to: surgery, at: address) { _ in }
        }
    }

    @Test func `one source makes room among its own`() async throws {
        var limits = TransportLimits()
        limits.handshakesPerSource = 2
        limits.handshakeTime = Self.longEnough
        try await TestSite().serving(limits: limits) { server, address in
            let first = try await tcp(address, from: stranger)
            try await wait { server.connectionCount == 1 }
            let other = try await tcp(address, from: "127.0.0.3")
            let second = try await tcp(address, from: stranger)
            try await wait { server.connectionCount == 3 }
            let third = try await tcp(address, from: stranger)
            try await first.closeFuture.get()
            #expect(other.isActive && second.isActive && third.isActive)
        }
    }

    @Test func `a source that proves nothing again and again is not listened to, others are`()
        async throws
    {
        let (home, surgery) = try peers()
        var limits = TransportLimits()
        limits.failuresPerSource = 5
        limits.failuresForgivenPerMinute = 1
        limits.handshakeTime = Self.longEnough
        let time = Time()
        try await surgery.serving(limits: limits, now: time.read) { server, address in
            func knock(from source: String) async throws -> Bool {
                let channel = try await tcp(address, from: source)
                // Whom nobody listens to is closed at once; others are waited for.
                try await wait { !channel.isActive || server.connectionCount > 0 }
                let isHeard = server.connectionCount > 0
                try? await channel.close()
                try await wait { server.connectionCount == 0 }
                return isHeard
            }
            for number in 0..<5 { #expect(try await knock(from: stranger), "knock \(number)") }
            #expect(try await !knock(from: stranger))
            #expect(try await knock(from: "127.0.0.3"), "another source has done nothing")
            try await home.connected(to: surgery, at: address) { _ in }
            // A minute forgives one.
            time.pass(minutes: 1)
            #expect(try await knock(from: stranger))
            #expect(try await !knock(from: stranger))
        }
    }

    @Test func `a stranger behind a partner's router does not shut the partner out`() async throws {
        let (home, surgery) = try peers()
        var limits = TransportLimits()
        limits.failuresPerSource = 2
        limits.failuresForgivenPerMinute = 0
        try await surgery.serving(limits: limits) { server, address in
            try await home.connected(to: surgery, at: address) { _ in }
            for _ in 0..<20 {
                let noise = try await tcp(address)
                try? await noise.writeAndFlush(ByteBuffer(string: "noise, not a hello\r\n"))
                try await noise.closeFuture.get()
            }
            try await home.connected(to: surgery, at: address) { _ in }
        }
    }

    @Test func `those who are no peers make room for each other and do not stay`() async throws {
        let (home, surgery) = try peers()
        surgery.isInviting = true
        var limits = TransportLimits()
        limits.unpairedConnections = 2
        limits.unpairedTime = .milliseconds(400)
        try await surgery.serving(limits: limits) { server, address in
            let joiners = try (0..<3).map { _ in try TestSite() }
            let ended = try await withThrowingTaskGroup(of: TransportError?.self) { group in
                for joiner in joiners {
                    group.addTask {
                        do {
                            try await joiner.client().withConnection(
                                to: address, expecting: surgery.id, root: nil
                            ) { connection in
                                _ = try await connection.preview(Kith_V1_PreviewRequest())
                                // It has been heard; now it stays, and asks until it is put out.
                                while true {
                                    try await Task.sleep(for: .milliseconds(50))
                                    _ = try await connection.preview(Kith_V1_PreviewRequest())
                                }
                            }
                            return nil
                        } catch let error as TransportError {
                            return error
                        }
                    }
                }
                return try await group.reduce(into: [TransportError?]()) { $0.append($1) }
            }
            #expect(ended.allSatisfy { $0?.code == .closed || $0?.code == .notAPeer })
            try await home.connected(to: surgery, at: address) { _ in }
        }
    }

    @Test func `pairing calls of a source are limited, those of peers are not`() async throws {
        let (home, surgery) = try peers()
        surgery.isInviting = true
        var limits = TransportLimits()
        limits.pairingCallsPerSource = 3
        limits.pairingCallsPerMinute = 1
        let handler = TestHandler()
        let time = Time()
        try await surgery.serving(handler: handler, limits: limits, now: time.read) {
            _, address in
            let stranger = try TestSite()
            func ask() async throws {
                // A new identity each time changes nothing.
                try await (try TestSite()).client(now: time.read).withConnection(
                    to: address, expecting: surgery.id, root: nil
                ) { _ = try await $0.preview(Kith_V1_PreviewRequest()) }
            }
            for _ in 0..<3 { try await ask() }
            let error = await #expect(throws: TransportError.self) { try await ask() }
            #expect(error?.code == .refused)
            #expect(error?.message.contains("Too many tries") == true)
            #expect(handler.pairings.count == 3 && !handler.pairings.contains(stranger.id))
            try await home.connected(to: surgery, at: address) { connection in
                for _ in 0..<5 { _ = try await connection.preview(Kith_V1_PreviewRequest()) }
            }
            time.pass(minutes: 1)
            try await ask()
        }
    }

    @Test func `a chain of a hundred certificates, or a huge one, ends that connection alone`()
        async throws
    {
        let (home, surgery) = try peers()
        let openssl = try OpenSSL()
        defer { openssl.clean() }
        let handler = TestHandler()
        try await surgery.serving(handler: handler) { _, address in
            for count in [100, 3000] {
                let outcome = try await openssl.connect(
                    to: address,
                    try openssl.presenting(
                        home.identity, chain: Array(repeating: home.root, count: count)),
                    enough: { true })
                // The client has done its part; the server takes no handshake message so large.
                #expect(outcome.isConnected && !outcome.reachedHTTP2, "\(count)")
            }
            try await home.connected(to: surgery, at: address) { _ in }
        }
    }
}

/// A clock that tests move.
private final class Time: Sendable {
    private let milliseconds = Mutex(Instant(Date()).milliseconds)

    @Sendable func read() -> Instant {
        Instant(milliseconds: milliseconds.withLock { $0 })
    }

    func pass(minutes: Int64) { milliseconds.withLock { $0 += minutes * 60_000 } }
}
