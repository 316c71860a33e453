import Crypto
public import Foundation
public import KithModel
import SwiftProtobuf

/// One part of an entry: sealed bytes, of which the body may be gone.
public struct Part: Hashable, Sendable {
    /// Skeleton as it travels: sealed, except in `membership`.
    public var skeleton: Data
    /// Body as it travels: sealed; nil when the part has none or it was erased.
    public var body: Data?

    /// Holds the bytes of a part.
    public init(skeleton: Data, body: Data?) {
        self.skeleton = skeleton
        self.body = body
    }
}

/// An entry as it came: nothing about it has been checked.
public struct ReceivedEntry: Sendable {
    /// The header's bytes.
    public let header: Data
    /// Sixty-four bytes.
    public let signature: Data
    /// The parts.
    public let parts: [Part]

    /// Holds what came.
    public init(header: Data, signature: Data, parts: [Part]) {
        self.header = header
        self.signature = signature
        self.parts = parts
    }

    package init(_ message: Kith_V1_Entry) {
        header = message.header
        signature = message.signature
        parts = message.parts.map {
            Part(skeleton: $0.skeleton, body: $0.body.isEmpty ? nil : $0.body)
        }
    }

    package var message: Kith_V1_Entry {
        var message = Kith_V1_Entry()
        message.header = header
        message.signature = signature
        message.parts = parts.map { part in
            var sent = Kith_V1_Part()
            sent.skeleton = part.skeleton
            sent.body = part.body ?? Data()
            return sent
        }
        return message
    }

    /// Reads what `encoded()` made.
    package init(encoded bytes: Data) throws {
        self.init(try Kith_V1_Entry(serializedBytes: bytes))
    }

    /// A message with nothing but the entry, `kith.v1.Entry`.
    package func encoded() throws -> Data { try message.serializedData() }

    /// How many bytes it takes in a batch, nearly.
    public var byteCount: Int {
        parts.reduce(header.count + signature.count + 16) {
            $0 + $1.skeleton.count + ($1.body?.count ?? 0) + 8
        }
    }
}

/// An entry whose bytes match its digests. Whether its author signed it is still to be checked.
public struct ParsedEntry: Sendable {
    /// Its identity.
    public let hash: EntryHash
    /// What the header says.
    public let header: EntryHeader
    /// The bytes as they came.
    public let received: ReceivedEntry
    /// The parts whose body is not here though the header commits to one. Whether it was erased,
    /// or left out by whoever forwarded it, is still to be found out.
    public let missingBodies: [PartID]

    /// Parses a header and checks every part against its digest.
    public init(_ received: ReceivedEntry) throws(ProtocolFault) {
        header = try EntryHeader(decoding: received.header)
        hash = EntryHash(header: received.header)
        self.received = received
        var missing: [PartID] = []
        guard received.parts.count == header.parts.count else {
            throw ProtocolFault(.malformed, "number of parts")
        }
        for (number, (part, digest)) in zip(received.parts, header.parts).enumerated() {
            guard part.skeleton.count == digest.skeletonBytes,
                SHA256.hash(data: part.skeleton) == digest.skeleton
            else { throw ProtocolFault(.digest, "skeleton") }
            if let body = part.body {
                guard body.count == digest.bodyBytes, SHA256.hash(data: body) == digest.body
                else { throw ProtocolFault(.digest, "body") }
            } else if !digest.body.isEmpty {
                missing.append(PartID(entry: hash, part: number))
            }
        }
        missingBodies = missing
    }

    /// The operation ids of one of its parts' operations.
    public func operation(part: Int, _ number: Int) -> OperationID {
        OperationID(entry: hash, part: part, operation: number)
    }
}
