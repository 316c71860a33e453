public import Crypto
import Foundation
import KithModel

/// A part of an entry, opened.
public struct OpenedPart: Sendable {
    /// Which record and fields, and who.
    public let skeleton: Skeleton
    /// The values; nil when they were erased.
    public let body: PartBody?

    /// Opens a part with the key that it names.
    ///
    /// Errors: `sealed` when it does not open with that key; `malformed`, `limit` or `version` for
    /// what is inside.
    public init(
        _ number: Int, of entry: ParsedEntry, key: SymmetricKey, _ cryptography: any Cryptography
    ) throws(ProtocolFault) {
        let part = entry.received.parts[number]
        skeleton = try Skeleton(
            decoding: PartSeal(entry.header, part: number, half: .skeleton).open(
                part.skeleton, key: key, cryptography))
        if let sealed = part.body {
            body = try PartBody(
                decoding: PartSeal(entry.header, part: number, half: .body).open(
                    sealed, key: key, cryptography),
                operations: skeleton.operations.count)
        } else if entry.header.parts[number].body.isEmpty, !skeleton.operations.isEmpty {
            // Operations without values would look erased, which is not for every author to do.
            throw ProtocolFault(.malformed, "number of values")
        } else {
            body = nil
        }
    }
}
