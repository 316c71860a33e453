public import Crypto
public import Foundation
import KithModel

/// Seals and opens the halves of a part, bound to their place in the log.
///
/// The additional data is a label, the partnership, the compartment, the author, the incarnation,
/// the sequence, the part's number and which half it is; all numbers big-endian of fixed width.
/// A sealed half that is moved to another place does not open. Source: `Protocol/log.md`, "Sealing".
public struct PartSeal: Sendable {
    /// Which half of a part.
    public enum Half: UInt8, Sendable {
        /// Record, fields, edges, who and when.
        case skeleton = 1
        /// Values.
        case body = 2
    }

    private static let label = Array("kith part v1".utf8) + [0]
    private let context: Data

    /// Binds to a part of an entry that has this header, whose `parts` do not count.
    public init(_ header: EntryHeader, part: Int, half: Half) {
        var context: [UInt8] = []
        context.reserveCapacity(96)
        context += Self.label
        context += header.partnership.bytes
        context.append(UInt8(header.feed.compartment.rawValue))
        context += header.feed.author.bytes
        withUnsafeBytes(of: header.feed.incarnation.bigEndian) { context += $0 }
        withUnsafeBytes(of: header.sequence.bigEndian) { context += $0 }
        withUnsafeBytes(of: UInt32(part).bigEndian) { context += $0 }
        context.append(half.rawValue)
        self.context = Data(context)
    }

    /// Seals one half.
    public func seal(
        _ plain: Data, key: SymmetricKey, _ cryptography: any Cryptography
    ) throws -> Data {
        try cryptography.seal(plain, key: key, binding: context)
    }

    /// Opens one half.
    public func open(
        _ sealed: Data, key: SymmetricKey, _ cryptography: any Cryptography
    ) throws(ProtocolFault) -> Data {
        try cryptography.open(sealed, key: key, binding: context)
    }
}
