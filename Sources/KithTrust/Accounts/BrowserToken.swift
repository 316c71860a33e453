import Crypto
public import Foundation
import KithModel

/// A random value that a browser keeps in a cookie; the site keeps only its hash.
public struct BrowserToken: Sendable, CustomStringConvertible {
    /// Bytes of a token: 256 bits.
    public static let byteCount = 32

    private let bytes: Data

    /// Takes fresh random bytes.
    public init(random: Data) {
        precondition(random.count == Self.byteCount)
        bytes = random
    }

    /// Reads what a cookie holds; nil for anything else.
    public init?(text: String) {
        guard text.utf8.count == 52,
            let bytes = CrockfordBase32.decode(text, byteCount: Self.byteCount)
        else { return nil }
        self.bytes = Data(bytes)
    }

    /// What the cookie holds.
    public var text: String { CrockfordBase32.encode(bytes) }

    /// What the site keeps.
    public var hash: Data { Data(SHA256.hash(data: Data("kith browser token v1\0".utf8) + bytes)) }

    /// What a form of this session carries: it proves that our own page made the form.
    public var formToken: String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Data("kith form token v1".utf8), using: SymmetricKey(data: bytes))
        return CrockfordBase32.encode(Array(code).prefix(20))
    }

    /// Whether a form carries the token of this session.
    public func isFormToken(_ text: String) -> Bool {
        ConstantTime.equal(Data(text.utf8), Data(formToken.utf8))
    }

    /// Nothing of the token.
    public var description: String { "BrowserToken" }
}
