import Foundation
import SwiftProtobuf

extension Kith_V1_SessionMessage {
    /// The bytes of the serialized message. Of batches, which are long, it is reckoned from the lengths
    /// of what they hold: to serialize them once more would cost as much as to send them.
    package var byteCount: Int {
        guard case .entries(let batch)? = message else { return bytes().count }
        var inner = Varint.bytes(UInt64(batch.batch), tagged: true)
        inner += Varint.data(batch.headers)
        for entry in batch.entries + batch.erasures { inner += Varint.field(of: entry.byteCount) }
        return Varint.field(of: inner)
    }
}

extension Kith_V1_Entry {
    fileprivate var byteCount: Int {
        var count = Varint.data(header) + Varint.data(signature)
        for part in parts {
            count += Varint.field(of: Varint.data(part.skeleton) + Varint.data(part.body))
        }
        return count + unknownFields.data.count
    }
}

/// How Protocol Buffers count: every field of ours has a number below 16, so a tag of one byte.
private enum Varint {
    /// A number, with its tag; nothing where it is zero.
    static func bytes(_ number: UInt64, tagged: Bool) -> Int {
        if number == 0 { return tagged ? 0 : 1 }
        return (64 - number.leadingZeroBitCount + 6) / 7 + (tagged ? 1 : 0)
    }

    /// A field of so many bytes: tag, length, bytes.
    static func field(of count: Int) -> Int { 1 + bytes(UInt64(count), tagged: false) + count }

    /// A field of bytes; nothing where there are none.
    static func data(_ data: Data) -> Int { data.isEmpty ? 0 : field(of: data.count) }
}
