internal import CZlib
import Foundation
import SwiftProtobuf

// Headers of one feed name the same partnership, author and key again and again; what is sealed, and
// signatures, do not shrink. So of a batch the headers alone are compressed (D28).
extension Kith_V1_Entries {
    /// The batch as it travels: its headers compressed, where that makes it smaller.
    package func packed() -> Kith_V1_Entries {
        guard entries.count > 1, headers.isEmpty else { return self }
        let plain = Kith_V1_Headers.with { $0.headers = entries.map(\.header) }.bytes()
        guard let compressed = Zlib.deflate(plain), compressed.count * 20 < plain.count * 19 else {
            return self
        }
        var packed = self
        packed.headers = compressed
        for index in packed.entries.indices { packed.entries[index].header = Data() }
        return packed
    }

    /// The batch with every entry's header in its place.
    ///
    /// Errors: `malformed` when the headers are not those of its entries; `limit` when they are longer than
    /// so many may be in one message.
    package func unpacked() throws(ProtocolFault) -> Kith_V1_Entries {
        guard !headers.isEmpty else { return self }
        let plain = try Zlib.inflate(headers, atMost: Limits.messageBytes)
        guard let list = try? Kith_V1_Headers(serializedBytes: plain),
            list.headers.count == entries.count, entries.allSatisfy(\.header.isEmpty)
        else { throw ProtocolFault(.malformed, "headers") }
        var unpacked = self
        unpacked.headers = Data()
        for (index, header) in list.headers.enumerated() {
            unpacked.entries[index].header = header
        }
        return unpacked
    }
}

/// zlib (RFC 1950) over whole buffers.
private enum Zlib {
    /// The compressed bytes; nil when there is no memory for it.
    static func deflate(_ data: Data) -> Data? {
        var count = compressBound(UInt(data.count))
        var out = Data(count: Int(count))
        let code = out.withUnsafeMutableBytes { out in
            data.withUnsafeBytes { data in
                compress2(
                    out.bindMemory(to: UInt8.self).baseAddress, &count,
                    data.bindMemory(to: UInt8.self).baseAddress, UInt(data.count), Z_BEST_SPEED)
            }
        }
        return code == Z_OK ? out.prefix(Int(count)) : nil
    }

    /// The bytes that were compressed, of which there may be no more than a limit: a kilobyte of a
    /// hostile peer's can stand for a megabyte.
    static func inflate(_ data: Data, atMost limit: Int) throws(ProtocolFault) -> Data {
        var capacity = min(max(data.count * 4, 4_096), limit)
        while true {
            var count = UInt(capacity)
            var out = Data(count: capacity)
            let code = out.withUnsafeMutableBytes { out in
                data.withUnsafeBytes { data in
                    uncompress(
                        out.bindMemory(to: UInt8.self).baseAddress, &count,
                        data.bindMemory(to: UInt8.self).baseAddress, UInt(data.count))
                }
            }
            switch code {
            case Z_OK: return out.prefix(Int(count))
            case Z_BUF_ERROR where capacity < limit: capacity = min(capacity * 4, limit)
            case Z_BUF_ERROR: throw ProtocolFault(.limit, "headers")
            default: throw ProtocolFault(.malformed, "headers")
            }
        }
    }
}
