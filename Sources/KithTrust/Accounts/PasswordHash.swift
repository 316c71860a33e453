import Crypto
import CryptoExtras
public import Foundation

/// What is kept of a password: scrypt of it, with its salt and cost.
///
/// **Shape:** version 1, log2 N, 16 bytes of salt, 32 bytes of key. The salt comes from outside, so
/// that chance stays behind its seam. **Cost:** about 0.4 s and 128 MiB at the standard; whoever
/// hashes for strangers limits how many run at once.
public struct PasswordHash: Sendable, CustomStringConvertible {
    /// What new hashes use: N = 2^17, r = 8, p = 1.
    public static let standardLog2N: UInt8 = 17
    /// Bytes of a salt.
    public static let saltBytes = 16
    private static let log2NRange: ClosedRange<UInt8> = 10...20

    private let log2N: UInt8
    private let salt: Data
    private let key: Data

    /// Hashes a password; tests take a low cost.
    public init(of password: String, salt: Data, log2N: UInt8 = Self.standardLog2N) throws {
        precondition(salt.count == Self.saltBytes && Self.log2NRange.contains(log2N))
        self.log2N = log2N
        self.salt = salt
        key = try Self.derive(password, salt, log2N)
    }

    /// Reads what `bytes` gave; nil for anything else.
    public init?(bytes: Data) {
        let bytes = Data(bytes)
        guard bytes.count == 50, bytes[0] == 1, Self.log2NRange.contains(bytes[1]) else {
            return nil
        }
        log2N = bytes[1]
        salt = bytes[2..<18]
        key = bytes[18...]
    }

    /// What is stored.
    public var bytes: Data { Data([1, log2N]) + salt + key }

    /// Whether a password is the one; takes the same time either way.
    public func matches(_ password: String) throws -> Bool {
        ConstantTime.equal(try Self.derive(password, salt, log2N), key)
    }

    /// Nothing of the hash.
    public var description: String { "PasswordHash(2^\(log2N))" }

    private static func derive(_ password: String, _ salt: Data, _ log2N: UInt8) throws -> Data {
        try KDF.Scrypt.deriveKey(
            // Keyboards differ in how they compose letters; the text decides, not its bytes.
            from: Data(password.precomposedStringWithCanonicalMapping.utf8), salt: salt,
            outputByteCount: 32, rounds: 1 << Int(log2N), blockSize: 8, parallelism: 1
        ).withUnsafeBytes { Data($0) }
    }
}

/// Comparison that does not tell by its time where two secrets differ.
public enum ConstantTime {
    /// Whether both are the same bytes.
    public static func equal(_ left: Data, _ right: Data) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
