import Foundation
import KithModel
import KithTestSupport
import KithTrust
import Testing

@Suite struct InvitationCodeTests {
    private static func code(seed: UInt64) -> InvitationCode {
        var generator = SeededGenerator(seed: seed)
        return InvitationCode(
            inviter: generator.id(), partnership: generator.id(), secret: generator.bytes(16),
            expires: Instant(milliseconds: Int64(generator.number(0...4_000_000_000)) * 1_000),
            addresses: (0...generator.number(0...2)).map { _ in
                "host-\(generator.number(0...99_999)).example:\(generator.number(1...65_535))"
            })
    }

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    /// One code: its characters, and where they are that are no hyphens.
    private let whole = Self.code(seed: 1)
    private var characters: [Character] { Array(whole.text) }
    private var digits: [Int] { characters.indices.filter { characters[$0] != "-" } }

    private func problem(_ text: String) -> InvitationCode.Problem? {
        do throws(InvitationCode.Problem) {
            _ = try InvitationCode(text: text)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a code comes back as it was printed`() throws {
        for seed in UInt64(0)..<300 {
            let code = Self.code(seed: seed)
            let text = code.text
            #expect(try InvitationCode(text: text) == code, "seed \(seed)")
            let groups: [Substring] = text.split(separator: "-")
            #expect(groups.dropLast().filter { $0.count != 6 }.isEmpty)
        }
    }

    @Test func `every typing error of one character is noticed, and its group named`() {
        for index in digits {
            let group = characters[...index].count { $0 == "-" } + 1
            for wrong in Self.alphabet where wrong != characters[index] {
                var typed = characters
                typed[index] = wrong
                #expect(problem(String(typed)) == .group(group))
            }
        }
    }

    @Test func `letters that look like digits, case, spaces and hyphens do not matter`() throws {
        let text = whole.text
        #expect(try InvitationCode(text: text.lowercased()) == whole)
        for (digit, looks) in [("0", ["O", "o"]), ("1", ["I", "i", "L", "l"])] {
            for look in looks {
                #expect(
                    try InvitationCode(text: text.replacingOccurrences(of: digit, with: look))
                        == whole)
            }
        }
        for separator in ["", " ", "  ", "\n", "\t", " - ", "\r\n"] {
            let typed = text.replacingOccurrences(of: "-", with: separator)
            #expect(try InvitationCode(text: " \(typed)\n") == whole)
        }
    }

    @Test(arguments: ["U", "u", "!", "é", "０", "—", "\u{0}", "🧭"])
    func `a character that codes do not have is said so`(character: String) {
        for index in [digits[0], digits[digits.count / 2], digits[digits.count - 1]] {
            var typed = characters.map(String.init)
            typed[index] = character
            #expect(problem(typed.joined()) == .character)
        }
    }

    @Test func `a code that is cut anywhere is not taken`() {
        for seed in UInt64(1)..<30 {
            let code = Self.code(seed: seed)
            guard code.addresses.count == 1 else { continue }
            let text = code.text
            for count in 0..<text.count {
                let cut = String(text.prefix(count))
                guard cut.filter({ $0 != "-" }) != text.filter({ $0 != "-" }) else { continue }
                #expect(problem(cut) != nil, "seed \(seed), cut to \(count)")
                #expect(count == 0 || problem(String(text.suffix(count))) != nil)
            }
        }
    }

    @Test func `neighbours that changed places are noticed, but 0 and Z`() {
        var exceptions = 0
        for (left, right) in zip(digits, digits.dropFirst())
        where characters[left] != characters[right] {
            var typed = characters
            typed.swapAt(left, right)
            if problem(String(typed)) == nil {
                exceptions += 1
                #expect(Set([characters[left], characters[right]]) == ["0", "Z"])
            }
        }
        #expect(exceptions <= 2)
    }

    @Test func `a character typed twice or left out is noticed`() {
        for index in digits {
            var doubled = characters
            doubled.insert(characters[index], at: index)
            #expect(problem(String(doubled)) != nil)
            var short = characters
            short.remove(at: index)
            #expect(problem(String(short)) != nil)
        }
    }

    @Test func `a code pasted twice never gives another invitation`() {
        for seed in UInt64(0)..<300 {
            let code = Self.code(seed: seed)
            let read = try? InvitationCode(text: code.text + "-" + code.text)
            #expect(read == nil || read == code, "seed \(seed)")
        }
    }

    @Test func `groups that changed places are noticed`() {
        let printed: [Substring] = whole.text.split(separator: "-")
        var groups = printed.map(String.init)
        for index in groups.indices.dropLast(2) where groups[index] != groups[index + 1] {
            groups.swapAt(index, index + 1)
            let read = try? InvitationCode(text: groups.joined(separator: "-"))
            // Inside the ids and the secret, which are random, nothing shows it but the join.
            #expect(read != whole)
            groups.swapAt(index, index + 1)
        }
    }

    @Test func `noise is no code`() {
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<5_000 {
            let text = String(
                (0..<generator.number(0...200)).map { _ in
                    Self.alphabet[generator.number(0...31)]
                })
            #expect(problem(text) != nil)
        }
    }

    @Test func `a proof is good for its secret, sites and partnership alone`() {
        var generator = SeededGenerator(seed: 3)
        let secrets = (0..<2).map { _ in generator.bytes(16) }
        let (sites, partnerships): ([SiteID], [PartnershipID]) = (
            (0..<3).map { _ in generator.id() }, (0..<2).map { _ in generator.id() }
        )
        let proof = InvitationCode.proof(
            secret: secrets[0], inviter: sites[0], joiner: sites[1], partnership: partnerships[0])
        var good = 0
        for secret in secrets {
            for inviter in sites {
                for joiner in sites {
                    for partnership in partnerships
                    where InvitationCode.isProof(
                        proof, secret: secret, inviter: inviter, joiner: joiner,
                        partnership: partnership)
                    {
                        good += 1
                    }
                }
            }
        }
        #expect(good == 1)
        for bytes in Damage.variants(of: proof) where bytes != proof {
            #expect(
                !InvitationCode.isProof(
                    bytes, secret: secrets[0], inviter: sites[0], joiner: sites[1],
                    partnership: partnerships[0]))
        }
    }
}
