public import Foundation
public import KithModel
import SwiftProtobuf

/// Names one part of an entry.
public struct PartID: Hashable, Sendable {
    /// The entry.
    public let entry: EntryHash
    /// The part's number in it, from 0.
    public let part: Int

    /// Names a part.
    public init(entry: EntryHash, part: Int) {
        self.entry = entry
        self.part = part
    }
}

/// Which bodies an entry of class `erasure` erases: its first part, which is not sealed.
public struct Erasure: Hashable, Sendable {
    /// The parts.
    public var parts: [PartID]

    /// Names what is to be erased.
    public init(parts: [PartID]) {
        self.parts = parts
    }

    /// The skeleton's bytes.
    public func encoded() -> Data {
        Kith_V1_Erasure.with {
            $0.parts = parts.map { name in
                .with {
                    $0.entry = Data(name.entry.bytes)
                    $0.part = UInt32(name.part)
                }
            }
        }.bytes()
    }

    /// Reads an erasure within `Limits`.
    public init(decoding bytes: Data) throws(ProtocolFault) {
        let message = try Kith_V1_Erasure(checked: bytes, "erasure")
        guard (1...Limits.erasedParts).contains(message.parts.count) else {
            throw ProtocolFault(.limit, "parts of an erasure")
        }
        var parts: [PartID] = []
        for name in message.parts {
            guard let entry = EntryHash(bytes: name.entry) else {
                throw ProtocolFault(.malformed, "erasure")
            }
            guard name.part < Limits.parts else { throw ProtocolFault(.limit, "erasure") }
            parts.append(PartID(entry: entry, part: Int(name.part)))
        }
        self.parts = parts
    }

    /// What an entry of class `erasure` names.
    public init(of entry: ParsedEntry) throws(ProtocolFault) {
        guard entry.header.entryClass == .erasure, let first = entry.received.parts.first,
            first.body == nil, entry.header.parts[0].key == nil
        else { throw ProtocolFault(.malformed, "erasure") }
        try self.init(decoding: first.skeleton)
    }
}
