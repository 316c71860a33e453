import Crypto
public import Foundation
import KithModel

/// The digest by which two sites tell whether they hold the same of a compartment.
public enum FrontierDigest {
    /// SHA-256 over the leaves in the order of author, incarnation, sequence, hash; each as author,
    /// incarnation and sequence as eight bytes big-endian, hash.
    public static func digest(of leaves: [Position]) -> Data {
        var hash = SHA256()
        for leaf in leaves.sorted(by: precedes) {
            hash.update(data: leaf.feed.author.bytes)
            withUnsafeBytes(of: leaf.feed.incarnation.bigEndian) { hash.update(bufferPointer: $0) }
            withUnsafeBytes(of: leaf.sequence.bigEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: leaf.hash.bytes)
        }
        return Data(hash.finalize())
    }

    /// The digest of a side that lacks something of what lies before its leaves: it equals nobody's.
    public static func incomplete(_ digest: Data) -> Data {
        Data(SHA256.hash(data: Data("kith incomplete v1".utf8) + [0] + digest))
    }

    /// The digest of a side that has statements of members on the compartment: it equals that of whoever
    /// has the same ones. Each as site, counter as eight bytes big-endian, digest, in order.
    public static func digest(_ frontier: Data, stated: [StatementMark]) -> Data {
        guard !stated.isEmpty else { return frontier }
        var hash = SHA256()
        hash.update(data: Data("kith stated v1".utf8) + [0] + frontier)
        for mark in stated.sorted() {
            hash.update(data: mark.site.bytes)
            withUnsafeBytes(of: mark.counter.bigEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: mark.digest)
        }
        return Data(hash.finalize())
    }

    private static func precedes(_ left: Position, _ right: Position) -> Bool {
        (left.feed.author, left.feed.incarnation, left.sequence, left.hash)
            < (right.feed.author, right.feed.incarnation, right.sequence, right.hash)
    }
}
