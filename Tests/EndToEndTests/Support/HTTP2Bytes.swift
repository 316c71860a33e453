/// HTTP/2 as bytes, also such as no library would send. Source: RFC 9113; headers are literals without
/// an index (RFC 7541, section 6.2.2).
enum HTTP2Bytes {
    /// Kinds of frame, by their number.
    enum Kind: UInt8 {
        case data = 0
        case headers = 1
        case resetStream = 3
        case settings = 4
        case ping = 6
        case goAway = 7
        case windowUpdate = 8
        case continuation = 9
    }

    /// A frame that has come.
    struct Frame {
        let kind: UInt8
        let flags: UInt8
        let stream: UInt32
        let payload: [UInt8]

        /// Whether it ends its stream, or all of them.
        var isEnding: Bool {
            switch Kind(rawValue: kind) {
            case .resetStream, .goAway: true
            case .headers, .data: flags & 1 != 0
            default: false
            }
        }
    }

    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(.settings)

    static func frame(
        _ kind: Kind, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []
    ) -> [UInt8] {
        let length = UInt32(payload.count)
        return [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255)]
            + [kind.rawValue, flags] + bytes(stream) + payload
    }

    static func bytes(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    /// The headers of a call of `Sync.Session`, and more.
    static func call(_ more: [(String, String)] = []) -> [UInt8] {
        let headers =
            [
                (":method", "POST"), (":scheme", "https"), (":path", "/kith.v1.Sync/Session"),
                (":authority", "kith"), ("content-type", "application/grpc"), ("te", "trailers"),
            ] + more
        return headers.flatMap { header($0.0, $0.1) }
    }

    /// One header; name and value have fewer than 127 bytes.
    static func header(_ name: String, _ value: String) -> [UInt8] {
        [0, UInt8(name.utf8.count)] + name.utf8 + [UInt8(value.utf8.count)] + value.utf8
    }

    /// The frame that opens a call on a stream.
    static func open(_ stream: UInt32, _ more: [(String, String)] = []) -> [UInt8] {
        frame(.headers, flags: 4, stream: stream, call(more))
    }

    /// A message as gRPC frames it, or as it says that it does.
    static func message(
        _ bytes: [UInt8], length: UInt32? = nil, isCompressed: Bool = false
    ) -> [UInt8] {
        [isCompressed ? 1 : 0] + self.bytes(length ?? UInt32(bytes.count)) + bytes
    }

    /// Takes the whole frames from the front of what has come.
    static func frames(from bytes: inout [UInt8]) -> [Frame] {
        var frames: [Frame] = []
        var start = 0
        while bytes.count - start >= 9 {
            let length = bytes[start..<start + 3].reduce(0) { $0 << 8 | Int($1) }
            guard bytes.count - start >= 9 + length else { break }
            let stream = bytes[start + 5..<start + 9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            frames.append(
                Frame(
                    kind: bytes[start + 3], flags: bytes[start + 4], stream: stream,
                    payload: Array(bytes[start + 9..<start + 9 + length])))
            start += 9 + length
        }
        bytes.removeFirst(start)
        return frames
    }
}
