import Foundation
import KithProtocol
import SwiftProtobuf
import Testing

/// Frames that no honest program sends, to a running daemon, while an honest session goes on.
@Suite struct HostileFrameTests {
    private let siege: Siege

    init() throws { siege = try Siege() }

    private static let hello = bytes(LyingMember.hello())
    private static let fingerprint = bytes(LyingMember.fingerprint)

    private static func bytes(_ message: Kith_V1_SessionMessage) -> [UInt8] {
        (try? [UInt8](message.serializedBytes() as Data)) ?? []
    }

    /// Opens a call on a new connection, sends data in it, and gives the connection.
    private func call(
        _ data: [UInt8], _ headers: [(String, String)] = [], isLast: Bool = false
    ) throws -> HostileConnection {
        let connection = try siege.connection()
        connection.send(HTTP2Bytes.open(1, headers))
        connection.sendData(data, stream: 1, isLast: isLast)
        return connection
    }

    /// Whether the daemon has greeted on the call, so that what came was read as a greeting: being told
    /// that it is busy is shorter.
    private func isGreeted(_ connection: HostileConnection) -> Bool {
        func greeting(_ frame: HTTP2Bytes.Frame) -> Bool {
            frame.kind == HTTP2Bytes.Kind.data.rawValue && frame.payload.count > 30
        }
        return connection.waits(for: greeting) && connection.frames.contains(where: greeting)
    }

    @Test func `lengths of nothing, of two and of four gigabytes end that call alone`() throws {
        for length in [UInt32(0), 0x8000_0000, 0xFFFF_FFFF] {
            let connection = try call(HTTP2Bytes.message([], length: length))
            #expect(connection.isEnded(1), "length \(length)")
        }
        // A frame of HTTP/2 that is longer than may be is the end of the connection.
        let connection = try siege.connection()
        connection.send(
            [0xFF, 0xFF, 0xFF, HTTP2Bytes.Kind.data.rawValue, 0, 0, 0, 0, 1]
                + Array(repeating: 0, count: 20_000))
        #expect(connection.isEnded(1))
        try siege.expectHeld()
    }

    @Test func `a message as large as one may be is read, and one byte more is refused`()
        async throws
    {
        let liar = try siege.liar()
        let least = try LyingMember.hello(software: "").serializedData().count
        for (extra, isRead) in [(0, true), (1, false)] {
            // Its length takes two varints of four bytes more than the empty one's.
            var size = Limits.messageBytes - least - 10 + extra
            var message = LyingMember.hello(software: String(repeating: "a", count: size))
            while try message.serializedData().count < Limits.messageBytes + extra {
                size += Limits.messageBytes + extra - (try message.serializedData().count)
                message = LyingMember.hello(software: String(repeating: "a", count: size))
            }
            #expect(try message.serializedData().count == Limits.messageBytes + extra)
            let answers = try await liar.say([message, LyingMember.hello()])
            // What was read is judged: a second greeting is out of order.
            #expect((answers?.closing == .protocolError) == isRead, "\(extra) bytes more")
        }
        try siege.expectHeld()
    }

    @Test func `a message that says it is longer than it is, and then ends, is none`() throws {
        for length in [Self.hello.count + 1, 4_000_000] {
            let connection = try call(
                HTTP2Bytes.message(Self.hello, length: UInt32(length)), isLast: true)
            #expect(connection.isEnded(1), "said to be \(length) bytes")
            #expect(
                !connection.frames.contains { $0.kind == HTTP2Bytes.Kind.data.rawValue },
                "nothing of it was read as a message")
            // The same, and the connection is gone before anybody could say so.
            try call(HTTP2Bytes.message(Self.hello, length: UInt32(length))).close()
        }
        try siege.expectHeld()
    }

    @Test func `two messages in one frame and one in many are read as they are`() throws {
        let two = HTTP2Bytes.message(Self.hello) + HTTP2Bytes.message(Self.fingerprint)
        let both = try call(two)
        #expect(isGreeted(both))
        both.close()
        // One session at a time: the daemon has to notice that the first is over.
        #expect(try siege.trio.pair.riverside.run("sync").status == 0)
        let connection = try siege.connection()
        connection.send(HTTP2Bytes.open(1))
        let long = HTTP2Bytes.message(
            Self.bytes(LyingMember.hello(software: String(repeating: "a", count: 900))))
        for byte in long + HTTP2Bytes.message(Self.fingerprint) {
            connection.send(HTTP2Bytes.frame(.data, stream: 1, [byte]))
        }
        #expect(isGreeted(connection))
        connection.close()
        try siege.expectHeld()
    }

    @Test func `what follows a close is not read`() async throws {
        let close = Kith_V1_SessionMessage.with { $0.close.reason = .busy }
        let answers = try await siege.liar().say([
            LyingMember.hello(), close, LyingMember.fingerprint, LyingMember.hello(),
        ])
        #expect(answers?.isEmpty != false, "nothing is answered, not even with a refusal")
        try siege.expectHeld()
    }

    @Test func `what is compressed, truly or not, is not unpacked`() throws {
        let bomb = try Program.shell(
            "head -c 33554432 /dev/zero | gzip -9 | od -An -v -tu1 | tr -s ' \\n' '  '")
        let packed = bomb.output.split(separator: " ").compactMap { UInt8($0) }
        try #require(packed.count > 30_000 && packed.count < 60_000)
        for (name, encoding, data) in [
            ("a bomb", "gzip", HTTP2Bytes.message(packed, isCompressed: true)),
            ("a bomb of no name", nil, HTTP2Bytes.message(packed, isCompressed: true)),
            ("what is not packed", "gzip", HTTP2Bytes.message(Self.hello, isCompressed: true)),
            (
                "a wrong length", "deflate",
                HTTP2Bytes.message([1, 2], length: 9, isCompressed: true)
            ),
            ("an unknown name", "squeeze", HTTP2Bytes.message(Self.hello)),
        ] {
            let headers = encoding.map { [("grpc-encoding", $0)] } ?? []
            let connection = try call(data, headers, isLast: true)
            #expect(connection.isEnded(1), "\(name)")
            #expect(
                !connection.frames.contains { $0.kind == HTTP2Bytes.Kind.data.rawValue },
                "\(name)")
        }
        try siege.expectHeld()
    }

    @Test func `headers that swell when they are unpacked are given up at the limit`() async throws
    {
        let bomb = try Program.shell(
            "python3 -c 'import sys, zlib; print(*zlib.compress(bytes(1 << 30), 9))'")
        let packed = Data(
            bomb.output.split(whereSeparator: \.isWhitespace).compactMap { UInt8($0) })
        try #require(packed.count > 1_000_000 && packed.count < 2_000_000)
        let entries = Kith_V1_SessionMessage.with {
            $0.entries.batch = 1
            $0.entries.entries = [.init(), .init()]
            $0.entries.headers = packed
        }
        for _ in 0..<4 {
            let answers = try await siege.liar().say([LyingMember.hello(), entries])
            #expect(answers?.closing != .done)
        }
        try siege.expectHeld()
    }

    @Test func `messages a hundred deep, of a million pieces or unknown fields cost little`()
        async throws
    {
        // Groups within groups of a field that nobody knows.
        let deep = (0..<20_000).flatMap { _ -> [UInt8] in [0xA3, 0x06] }
        #expect(try call(HTTP2Bytes.message(deep)).isEnded(1))
        let liar = try siege.liar()
        // A batch of two million entries of which each is two bytes, as long as a message may be.
        let pieces = Kith_V1_SessionMessage.with {
            $0.entries.batch = 1
            $0.entries.entries = Array(repeating: .init(), count: 2_000_000)
        }
        #expect(try await liar.say([pieces])?.closing == nil, "it is not even read")
        var hello = LyingMember.hello()
        // A field of 3.9 MB with number 100: such as a newer version may send.
        let unknown = Data([0xA2, 0x06]) + Varint.bytes(3_900_000) + Data(count: 3_900_000)
        try hello.merge(serializedBytes: unknown)
        let answers = try await liar.say([hello, LyingMember.fingerprint, hello])
        #expect(answers?.closing == .protocolError, "the greeting was taken, the second was not")
        // One of fifty megabytes is too long for a message.
        let huge = Data([0xA2, 0x06]) + Varint.bytes(50_000_000) + Data(count: 50_000_000)
        var larger = LyingMember.hello()
        try larger.merge(serializedBytes: huge)
        #expect(try await liar.say([larger])?.closing == nil)
        try siege.expectHeld()
    }

    private enum Varint {
        static func bytes(_ number: Int) -> Data {
            var (rest, bytes) = (number, Data())
            while rest > 127 {
                bytes.append(UInt8(rest & 127 | 128))
                rest >>= 7
            }
            bytes.append(UInt8(rest))
            return bytes
        }
    }

    @Test func `ten thousand calls at once, or opened and given up, keep nobody else out`() throws {
        // As many as there are numbers for, all open.
        let many = try siege.connection()
        for number in 0..<10_000 { many.send(HTTP2Bytes.open(UInt32(number * 2 + 1))) }
        #expect(
            many.waits {
                [HTTP2Bytes.Kind.resetStream.rawValue, HTTP2Bytes.Kind.goAway.rawValue]
                    .contains($0.kind)
            }, "more than may be open are refused")
        // Each given up as soon as it is opened, which costs the server a call each time.
        let rapid = try siege.connection()
        for number in 0..<20_000 where !rapid.isClosed {
            let stream = UInt32(number * 2 + 1)
            rapid.send(
                HTTP2Bytes.open(stream)
                    + HTTP2Bytes.frame(.resetStream, stream: stream, HTTP2Bytes.bytes(8)))
        }
        #expect(rapid.waits { $0.kind == HTTP2Bytes.Kind.goAway.rawValue }, "it is sent away")
        rapid.close()
        many.close()
        try siege.expectHeld()
    }

    @Test func `headers without end, pings and settings without number end that connection alone`()
        throws
    {
        let headers = try siege.connection()
        headers.send(HTTP2Bytes.frame(.headers, stream: 1, HTTP2Bytes.call()))
        let more = HTTP2Bytes.header("x-more", String(repeating: "a", count: 120))
        let piece = Array(repeating: more, count: 100).flatMap { $0 }
        for _ in 0..<1_000 where !headers.isClosed {
            headers.send(HTTP2Bytes.frame(.continuation, stream: 1, piece))
        }
        #expect(headers.isEnded(1))
        let empty = try siege.connection()
        empty.send(HTTP2Bytes.frame(.headers, stream: 1, HTTP2Bytes.call()))
        for _ in 0..<20_000 where !empty.isClosed {
            empty.send(HTTP2Bytes.frame(.continuation, stream: 1))
        }
        #expect(empty.isEnded(1))
        let pings = try siege.connection()
        for number in 0..<20_000 where !pings.isClosed {
            pings.send(
                HTTP2Bytes.frame(
                    .ping, HTTP2Bytes.bytes(0) + HTTP2Bytes.bytes(UInt32(number))))
        }
        #expect(pings.isEnded(0))
        try siege.expectHeld()
    }
}
