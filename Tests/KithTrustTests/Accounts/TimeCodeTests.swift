import Foundation
import KithModel
import KithTrust
import Testing

@Suite struct TimeCodeTests {
    private let code = TimeCode(secret: Data("12345678901234567890".utf8))

    /// RFC 6238, appendix B, the rows of SHA-1.
    @Test(arguments: [
        (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"), (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
    ])
    func `the codes are those of the standard`(seconds: Int64, expected: String) {
        let step = TimeCode.step(at: Instant(milliseconds: seconds * 1000))
        #expect(code.code(step: step, digits: 8) == expected)
        #expect(code.code(step: step) == String(expected.suffix(6)))
    }

    @Test func `the secret is written as apps read it`() {
        // RFC 4648 of the same bytes.
        #expect(code.base32 == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
        #expect(
            code.uri(account: "mary.okafor", issuer: "Kith Elm House & Co")
                == "otpauth://totp/Kith%20Elm%20House%20%26%20Co:mary.okafor?secret="
                + "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Kith%20Elm%20House%20%26%20Co")
    }

    @Test func `a telephone's clock may be a step off, and no more`() {
        let now = Instant(milliseconds: 1_800_000_000_000)
        let step = TimeCode.step(at: now)
        for offset in -3...3 {
            let found = code.step(of: code.code(step: step + Int64(offset)), at: now, after: 0)
            #expect(found == (abs(offset) <= 1 ? step + Int64(offset) : nil), "\(offset)")
        }
    }

    @Test func `a code counts once, and none counts after a later one`() throws {
        let now = Instant(milliseconds: 1_800_000_000_000)
        let step = TimeCode.step(at: now)
        let typed = code.code(step: step)
        #expect(code.step(of: typed, at: now, after: step - 1) == step)
        #expect(code.step(of: typed, at: now, after: step) == nil)
        #expect(code.step(of: code.code(step: step - 1), at: now, after: step) == nil)
    }

    @Test(arguments: ["", "12345", "1234567", "abcdef", "１２３４５６", "000000\n"])
    func `what is no code is none`(text: String) {
        #expect(code.step(of: text, at: Instant(milliseconds: 1_800_000_000_000), after: 0) == nil)
    }
}
