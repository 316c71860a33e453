import Foundation
import NIOCore

/// Answers a browser that speaks HTTP without TLS: a plain request is sent to the same address with
/// https, anything else is refused. Nothing of it reaches what comes after.
final class PlainDoor: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let limit = 8192
    private let names: [String]
    private var isPlain = false
    private var received = ByteBuffer()

    init(names: [String]) {
        self.names = names
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if !isPlain {
            // The first byte of a TLS record is that of a handshake.
            if bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) == 0x16 {
                context.fireChannelRead(data)
                context.pipeline.syncOperations.removeHandler(self, promise: nil)
                return
            }
            isPlain = true
        }
        var part = bytes
        received.writeBuffer(&part)
        let head = String(buffer: received)
        guard received.readableBytes <= Self.limit else { return answer(Self.refusal, context) }
        if let end = head.range(of: "\r\n\r\n") {
            answer(redirect(String(head[..<end.lowerBound])) ?? Self.refusal, context)
        }
    }

    private func redirect(_ head: String) -> String? {
        let lines = head.components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ", omittingEmptySubsequences: false)
        let hosts = lines.dropFirst().filter { $0.lowercased().hasPrefix("host:") }
        guard words.count == 3, words[0] == "GET" || words[0] == "HEAD", hosts.count == 1,
            words[2].hasPrefix("HTTP/1."), let host = hosts.first
        else { return nil }
        let header = host.dropFirst(5).trimmingCharacters(in: .whitespaces)
        let path = String(words[1])
        guard let name = HostNames.host(in: header), names.contains(name), path.hasPrefix("/"),
            !path.hasPrefix("//"), path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        return "HTTP/1.1 301 Moved Permanently\r\nLocation: https://\(header)\(path)\r\n"
            + "Content-Length: 0\r\nConnection: close\r\n\r\n"
    }

    private static let refusal: String = {
        let words = "This page is served with https only.\n"
        return "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n"
            + "Content-Length: \(words.utf8.count)\r\nConnection: close\r\n\r\n\(words)"
    }()

    private func answer(_ text: String, _ context: ChannelHandlerContext) {
        received.clear()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        // From here, so that it does not pass through the TLS handler, which knows of none of it.
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)))
            .whenComplete { _ in bound.value.close(promise: nil) }
    }
}
