import Crypto
import Foundation
import KithModel
import KithProtocol
import KithTestSupport
import KithTrust
import Testing

@Suite struct RecoveryKitTests {
    private static let passphrase = "correct horse battery staple"
    private static let kit: RecoveryKit = {
        var generator = SeededGenerator(seed: 11)
        return RecoveryKit(
            identity: SiteKey(), sealing: SealingKey(), name: "Elm House", kind: "careHome",
            ods: "A81001", made: Instant(milliseconds: 1_795_000_000_000),
            partners: (0..<3).map { number in
                .init(
                    site: generator.id(),
                    addresses: (0..<number).map { "site\($0).example.org:7443" })
            })
    }()
    private static let text = try? kit.sealed(
        under: passphrase, SystemCryptography(), log2N: 14)

    private func problem(
        _ text: String, _ passphrase: String = Self.passphrase
    ) -> RecoveryKit.Problem? {
        do throws(RecoveryKit.Problem) {
            _ = try RecoveryKit(text: text, passphrase: passphrase, SystemCryptography())
            return nil
        } catch {
            return error
        }
    }

    private func expectSame(_ opened: RecoveryKit, _ kit: RecoveryKit) {
        #expect(opened.identity.siteID == kit.identity.siteID)
        #expect(opened.identity.pem == kit.identity.pem && opened.sealing.pem == kit.sealing.pem)
        #expect(opened.name == kit.name && opened.kind == kit.kind && opened.ods == kit.ods)
        #expect(opened.made == kit.made && opened.partners == kit.partners)
    }

    @Test func `what was made opens, as printed and as typed`() throws {
        let text = try #require(Self.text)
        for typed in [
            text, text.lowercased(), text.replacing("-", with: " "), text.replacing("0", with: "o"),
            text.replacing("1", with: "l"), "\n" + text.replacing("-", with: "\r\n") + " ",
        ] {
            expectSame(
                try RecoveryKit(
                    text: typed, passphrase: Self.passphrase, SystemCryptography()), Self.kit)
        }
    }

    @Test func `the standard cost is the one that is written down, and opens`() throws {
        let text = try Self.kit.sealed(under: Self.passphrase, SystemCryptography())
        // Version 1 and 2^17: bytes 0x01 0x11, of which base32 shows the first three digits.
        #expect(text.hasPrefix("04"))
        expectSame(
            try RecoveryKit(text: text, passphrase: Self.passphrase, SystemCryptography()),
            Self.kit)
    }

    @Test func `no two kits are alike, and none shows a key`() throws {
        let text = try #require(Self.text)
        let other = try Self.kit.sealed(under: Self.passphrase, SystemCryptography(), log2N: 14)
        #expect(text.dropFirst(6) != other.dropFirst(6))
        let key = CheckedGroups.recoveryKit.encode(
            Array(Self.kit.identity.privateKey.rawRepresentation))
        #expect(!text.contains(key.prefix(5)))
    }

    @Test(arguments: ["", "correct horse battery stapl", "Correct horse battery staple", "é"])
    func `a wrong passphrase is told as such`(wrong: String) throws {
        #expect(problem(try #require(Self.text), wrong) == .passphrase)
        #expect("\(RecoveryKit.Problem.passphrase)".contains("passphrase does not open"))
    }

    @Test func `a passphrase is the same however its letters are composed`() throws {
        let text = try Self.kit.sealed(
            under: "caf\u{E9} au lait toujours", SystemCryptography(), log2N: 14)
        #expect(problem(text, "cafe\u{301} au lait toujours") == nil)
    }

    @Test func `a mistyped character is told with its line and group, not as a wrong passphrase`()
        throws
    {
        let text = try #require(Self.text)
        let groups: [Substring] = text.split(separator: "-")
        for (number, group) in groups.enumerated() {
            for index in 0..<group.count {
                var typed = groups.map { Array($0) }
                typed[number][index] = typed[number][index] == "7" ? "8" : "7"
                #expect(
                    problem(typed.map { String($0) }.joined(separator: "-")) == .group(number + 1))
            }
        }
        #expect("\(RecoveryKit.Problem.group(9))".contains("line 2 of the recovery kit"))
        #expect("\(RecoveryKit.Problem.group(9))".contains("its group 1"))
        #expect("\(RecoveryKit.Problem.group(16))".contains("line 2 of the recovery kit"))
    }

    @Test func `groups and lines that changed places, are missing or doubled are noticed`() throws {
        let groups = try #require(Self.text).split(separator: "-").map(String.init)
        func joined(_ groups: some Sequence<String>) -> String { groups.joined(separator: "-") }
        for first in groups.indices.dropLast(2) {
            for distance in [1, 8, 16] where first + distance < groups.count - 1 {
                var swapped = groups
                swapped.swapAt(first, first + distance)
                if groups[first] == groups[first + distance] { continue }
                #expect(problem(joined(swapped)) == .group(first + 1))
            }
            #expect(problem(joined(groups[..<first] + groups[(first + 1)...])) != nil)
            #expect(problem(joined(groups[...first] + groups[first...])) != nil)
            if let cut = problem(joined(groups[..<first])) {
                #expect(cut == .length || cut == .content || cut == .passphrase)
            } else {
                Issue.record("a cut kit opens")
            }
        }
    }

    @Test func `a cost that would exhaust the machine, or none, is refused unseen`() throws {
        let text = try #require(Self.text)
        guard case .success(let bytes) = CheckedGroups.recoveryKit.decode(text) else {
            Issue.record("it does not decode")
            return
        }
        for (index, value) in [(0, UInt8(0)), (0, 2), (1, 0), (1, 13), (1, 21), (1, 63), (1, 255)] {
            var changed = bytes
            changed[index] = value
            #expect(problem(CheckedGroups.recoveryKit.encode(changed)) == .content)
        }
        // Within the range, the changed cost is part of what is authenticated.
        var cheaper = bytes
        cheaper[1] = 15
        #expect(problem(CheckedGroups.recoveryKit.encode(cheaper)) == .passphrase)
    }

    @Test func `noise is no kit`() {
        var generator = SeededGenerator(seed: 12)
        for _ in 0..<2_000 {
            let noise = generator.bytes(generator.number(0...40))
            #expect(problem(CheckedGroups.recoveryKit.encode(Array(noise))) != nil)
        }
        #expect(problem("") == .length && problem("!") == .character)
    }
}
