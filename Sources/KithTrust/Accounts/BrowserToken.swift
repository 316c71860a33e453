import Crypto
public import Foundation
import KithModel

/// A random value that a browser keeps in a cookie; the site keeps only its hash.
///
/// **Shape:** 32 bytes that are new whenever whoever uses it proves who it is, and 16 that its forms carry
/// a token of, which stay: a form that is open in another tab meanwhile can still be sent.
public struct BrowserToken: Sendable, CustomStringConvertible {
    /// Bytes of a token.
    public static let byteCount = newByteCount + formByteCount
    /// Bytes that are new at each proof: 256 bits.
    public static let newByteCount = 32
    private static let formByteCount = 16

    private let bytes: Data

    /// Takes fresh random bytes.
    public init(random: Data) {
        precondition(random.count == Self.byteCount)
        bytes = random
    }

    /// Reads what a cookie holds; nil for anything else.
    public init?(text: String) {
        guard text.utf8.count == (Self.byteCount * 8 + 4) / 5,
            let bytes = CrockfordBase32.decode(text, byteCount: Self.byteCount)
        else { return nil }
        self.bytes = Data(bytes)
    }

    /// What takes its place once whoever uses it has proved again who it is.
    public func renewed(random: Data) -> BrowserToken {
        precondition(random.count == Self.newByteCount)
        return BrowserToken(random: random + bytes.suffix(Self.formByteCount))
    }

    /// What the cookie holds.
    public var text: String { CrockfordBase32.encode(bytes) }

    /// What the site keeps.
    public var hash: Data { Data(SHA256.hash(data: Data("kith browser token v1\0".utf8) + bytes)) }

    /// What a form of this session carries: it proves that our own page made the form.
    public var formToken: String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Data("kith form token v1".utf8),
            using: SymmetricKey(data: bytes.suffix(Self.formByteCount)))
        return CrockfordBase32.encode(Array(code).prefix(20))
    }

    /// Whether a form carries the token of this session.
    public func isFormToken(_ text: String) -> Bool {
        ConstantTime.equal(Data(text.utf8), Data(formToken.utf8))
    }

    /// Nothing of the token.
    public var description: String { "BrowserToken" }
}
