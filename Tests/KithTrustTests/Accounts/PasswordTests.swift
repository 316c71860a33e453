import Foundation
import KithModel
import Testing

@testable import KithTrust

@Suite struct PasswordTests {
    private let salt = Data(0..<16)

    @Test func `only the password itself matches, however its letters are composed`() throws {
        let hash = try PasswordHash(of: "caf\u{E9} au lait 5", salt: salt, log2N: 10)
        #expect(try hash.matches("cafe\u{301} au lait 5"))
        for wrong in ["", "cafe au lait 5", "Caf\u{E9} au lait 5", "caf\u{E9} au lait 5 "] {
            #expect(try !hash.matches(wrong), "\(wrong)")
        }
        #expect(!"\(hash)".contains("caf"))
    }

    @Test func `what is stored is read again, and nothing else is`() throws {
        let hash = try PasswordHash(of: "a long password", salt: salt, log2N: 10)
        #expect(try PasswordHash(bytes: hash.bytes)?.matches("a long password") == true)
        #expect(hash.bytes[1] == 10 && hash.bytes.count == 50)
        #expect(PasswordHash(bytes: hash.bytes.dropLast()) == nil)
        #expect(PasswordHash(bytes: Data([2]) + hash.bytes.dropFirst()) == nil)
        // A cost that would take the machine's memory is no cost of ours.
        #expect(PasswordHash(bytes: Data([1, 40]) + hash.bytes.dropFirst(2)) == nil)
    }

    @Test func `the standard cost is that of the standard`() {
        #expect(PasswordHash.standardLog2N == 17)
    }

    @Test(arguments: [
        ("short", "has 12"), (String(repeating: "ab", count: 65), "has 12"),
        ("PhotoGrapher", "many people use"), ("sonyericsson", "many people use"),
        ("aabbaabbaabb", "five different"), ("mary.okafor.elm", "your name"),
        ("Elm House Mary!", "your name"), ("saucepansaucepan", "again and again"),
        ("Password1234", "everybody tries"), ("NHS nurse 2345!", "everybody tries"),
        ("Welcome Elm House 1", "everybody tries"), ("doctor & matr", "everybody tries"),
        ("1qaz2wsx3edc", "in a row"), ("qwertyuiop[]{}", "in a row"),
        ("abcdefgh98765", "in a row"), ("aaaabbbbccccdddde", "in a row"),
        ("poiuytrewqxyz", "in a row"),
    ])
    func `a password that a stranger would try is refused`(text: String, words: String) {
        let rule = PasswordRule(words: ["mary.okafor", "Mary Okafor", "Elm House"])
        #expect(rule.problem(text)?.contains(words) == true, "\(rule.problem(text) ?? "none")")
    }

    @Test func `three thousand common ones that are long enough are refused by the list alone`() {
        // ASVS 5.0, 6.2.4: "at least, the top 3000 passwords which match the application's password policy".
        let rule = PasswordRule(words: [])
        #expect(PasswordRule.common.count >= 3000)
        for common in PasswordRule.common {
            #expect(PasswordRule.characters.contains(common.count), "\(common)")
            #expect(rule.weakness(common) == nil, "\(common) is refused without the list")
            for typed in [common, common.uppercased(), common.capitalized] {
                #expect(rule.problem(typed)?.contains("many people use") == true, "\(typed)")
            }
        }
        #expect(!PasswordRule.common.contains { $0.hasPrefix("# ") })
    }

    @Test(arguments: [
        "seven green kettles", "пять зелёных чайников", "Tr0ub4dor&3xyz", "property tree nurse 7",
    ])
    func `a long one of any characters is taken`(text: String) {
        #expect(PasswordRule(words: ["mary", "Elm House"]).problem(text) == nil)
    }

    @Test func `a browser's token is read again, and its form token belongs to it alone`() {
        let token = BrowserToken(random: Data(repeating: 7, count: BrowserToken.byteCount))
        let other = BrowserToken(random: Data(repeating: 8, count: BrowserToken.byteCount))
        #expect(BrowserToken(text: token.text)?.hash == token.hash)
        #expect(token.hash != other.hash && token.hash.count == 32)
        #expect(token.isFormToken(token.formToken) && !other.isFormToken(token.formToken))
        #expect(!token.isFormToken("") && !token.text.contains(token.formToken))
        for text in ["", "x", String(token.text.dropLast()), token.text + "0"] {
            #expect(BrowserToken(text: text) == nil)
        }
        #expect("\(token)" == "BrowserToken")
        // Its successor has another hash, and the forms that are open belong to it too.
        let next = token.renewed(random: Data(repeating: 9, count: BrowserToken.newByteCount))
        #expect(next.hash != token.hash && next.isFormToken(token.formToken))
        #expect(next.text.prefix(50) != token.text.prefix(50))
    }
}
