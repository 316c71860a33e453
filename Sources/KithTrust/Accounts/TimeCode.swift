import Crypto
public import Foundation
public import KithModel

/// The six digits that a person's authenticator app shows, from a secret that both have.
///
/// **Source:** RFC 6238 over HMAC-SHA-1 with steps of 30 seconds, which is what every app does.
public struct TimeCode: Sendable, CustomStringConvertible {
    /// Seconds for which a code is shown.
    public static let stepSeconds: Int64 = 30
    /// Steps before and after the present one that are accepted: phones' clocks differ.
    public static let tolerance: Int64 = 1
    /// Bytes of a secret.
    public static let secretBytes = 20

    private let secret: Data

    /// Takes a secret of any length above fifteen bytes.
    public init(secret: Data) {
        precondition(secret.count > 15)
        self.secret = secret
    }

    /// The code of a step.
    public func code(step: Int64, digits: Int = 6) -> String {
        let message = withUnsafeBytes(of: step.bigEndian) { Data($0) }
        let mac = Array(
            HMAC<Insecure.SHA1>.authenticationCode(
                for: message, using: SymmetricKey(data: secret)))
        let start = Int(mac[mac.count - 1] & 15)
        let number = mac[start..<(start + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let modulus = (0..<digits).reduce(UInt32(1)) { power, _ in power * 10 }
        let text = String((number & 0x7FFF_FFFF) % modulus)
        return String(repeating: "0", count: digits - text.count) + text
    }

    /// The step of a moment.
    public static func step(at time: Instant) -> Int64 {
        time.milliseconds / (stepSeconds * 1000)
    }

    /// The step whose code a text is, if it is within the tolerance and later than the last one that
    /// was used: a code counts once.
    public func step(of text: String, at time: Instant, after last: Int64) -> Int64? {
        let typed = Data(text.filter { $0 != " " }.utf8)
        let now = Self.step(at: time)
        return (now - Self.tolerance...now + Self.tolerance).first { step in
            step > last && step >= 0 && ConstantTime.equal(Data(code(step: step).utf8), typed)
        }
    }

    /// The secret as apps take it typed: base32 of RFC 4648.
    public var base32: String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var (text, buffer, bits) = ("", UInt32(0), 0)
        for byte in secret {
            buffer = (buffer << 8 | UInt32(byte)) & 0xFFFF
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[Int(buffer >> UInt32(bits) & 31)])
            }
        }
        if bits > 0 { text.append(alphabet[Int(buffer << UInt32(5 - bits) & 31)]) }
        return text
    }

    /// What apps read from a QR code.
    public func uri(account: String, issuer: String) -> String {
        var allowed = CharacterSet.alphanumerics.intersection(CharacterSet(charactersIn: "!"..."~"))
        allowed.insert(charactersIn: "-._~")
        func encoded(_ text: String) -> String {
            text.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
        }
        let issuer = encoded(issuer)
        return "otpauth://totp/\(issuer):\(encoded(account))?secret=\(base32)&issuer=\(issuer)"
    }

    /// Nothing of the secret.
    public var description: String { "TimeCode" }
}
