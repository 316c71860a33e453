import Crypto

/// Sixteen bytes, held as two big-endian words so that comparing and hashing allocate nothing.
public struct Bytes16: Hashable, Comparable, Sendable {
    @usableFromInline let high: UInt64
    @usableFromInline let low: UInt64

    /// Reads exactly sixteen bytes; nil for any other count.
    @inlinable
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        (high, low) = contiguous(bytes) { (bigEndianWord(0, of: $0), bigEndianWord(1, of: $0)) }
    }

    init(firstHalfOf digest: SHA256Digest) {
        (high, low) = digest.withUnsafeBytes {
            (bigEndianWord(0, of: $0), bigEndianWord(1, of: $0))
        }
    }

    /// The sixteen bytes, in order.
    public var bytes: [UInt8] { bigEndianBytes(of: (high, low)) }

    /// Orders as the bytes do.
    public static func < (left: Bytes16, right: Bytes16) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

/// Thirty-two bytes, held as four big-endian words so that comparing and hashing allocate nothing.
public struct Bytes32: Hashable, Comparable, Sendable {
    @usableFromInline let first: UInt64
    @usableFromInline let second: UInt64
    @usableFromInline let third: UInt64
    @usableFromInline let fourth: UInt64

    /// Reads exactly thirty-two bytes; nil for any other count.
    @inlinable
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        (first, second, third, fourth) = contiguous(bytes) {
            (
                bigEndianWord(0, of: $0), bigEndianWord(1, of: $0), bigEndianWord(2, of: $0),
                bigEndianWord(3, of: $0)
            )
        }
    }

    init(digest: SHA256Digest) {
        (first, second, third, fourth) = digest.withUnsafeBytes {
            (
                bigEndianWord(0, of: $0), bigEndianWord(1, of: $0), bigEndianWord(2, of: $0),
                bigEndianWord(3, of: $0)
            )
        }
    }

    /// The thirty-two bytes, in order.
    public var bytes: [UInt8] { bigEndianBytes(of: (first, second, third, fourth)) }

    /// Orders as the bytes do.
    public static func < (left: Bytes32, right: Bytes32) -> Bool {
        (left.first, left.second, left.third, left.fourth)
            < (right.first, right.second, right.third, right.fourth)
    }
}

/// Hands bytes on as they lie in memory, brought together where they do not.
@inlinable
func contiguous<Result>(
    _ bytes: some Collection<UInt8>, _ body: (UnsafeRawBufferPointer) -> Result
) -> Result {
    bytes.withContiguousStorageIfAvailable { body(UnsafeRawBufferPointer($0)) }
        ?? Array(bytes).withUnsafeBytes(body)
}

@inlinable
func bigEndianWord(_ index: Int, of bytes: UnsafeRawBufferPointer) -> UInt64 {
    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
}

private func bigEndianBytes(of words: (UInt64, UInt64)) -> [UInt8] {
    withUnsafeBytes(of: (words.0.bigEndian, words.1.bigEndian)) { Array($0) }
}

private func bigEndianBytes(of words: (UInt64, UInt64, UInt64, UInt64)) -> [UInt8] {
    withUnsafeBytes(
        of: (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
    ) { Array($0) }
}
