import Crypto
import Foundation
import KithModel
import KithTestSupport
import Testing

@testable import KithTrust

@Suite struct ComparedWordsTests {
    @Test func `the words are those of the specification`() throws {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { url.deleteLastPathComponent() }
        let page = try String(
            contentsOf: url.appendingPathComponent("Protocol/words.md"), encoding: .utf8)
        let cells: [Substring] = page.split(separator: "\n").filter { $0.hasPrefix("|") }.dropFirst(
            2
        )
        .flatMap { $0.split(separator: "|") }
        let words = cells.map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(words == ComparedWords.list)
        #expect(Set(words).count == 32)
    }

    @Test func `six words are the first thirty bits, five a word`() {
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<200 {
            let (dialler, waiter): (SiteID, SiteID) = (generator.id(), generator.id())
            let nonces = [generator.bytes(32), generator.bytes(32)]
            let message =
                Data("kith pair words v1\0".utf8) + dialler.bytes + waiter.bytes + nonces[0]
                + nonces[1]
            // By way of text, which no shift can get wrong in the same way.
            let bits = SHA256.hash(data: message).flatMap { byte in
                (0..<8).map { byte >> (7 - $0) & 1 }
            }
            let expected = (0..<6).map { word in
                ComparedWords.list[
                    bits[(word * 5)..<(word * 5 + 5)].reduce(0) { $0 * 2 + Int($1) }]
            }
            let compared = ComparedWords(
                dialler: dialler, waiter: waiter, diallerNonce: nonces[0], waiterNonce: nonces[1])
            #expect(compared.words == expected)
        }
    }

    @Test func `every site and nonce changes the words and the commitment`() {
        var generator = SeededGenerator(seed: 5)
        let (a, b, c): (SiteID, SiteID, SiteID) = (generator.id(), generator.id(), generator.id())
        let (n, m) = (generator.bytes(32), generator.bytes(32))
        func words(_ d: SiteID, _ w: SiteID, _ x: Data, _ y: Data) -> ComparedWords {
            ComparedWords(dialler: d, waiter: w, diallerNonce: x, waiterNonce: y)
        }
        let all = [
            words(a, b, n, m), words(b, a, n, m), words(c, b, n, m), words(a, c, n, m),
            words(a, b, m, m), words(a, b, n, n), words(a, b, m, n),
        ]
        #expect(Set(all).count == all.count)
        let commitments = [
            ComparedWords.commitment(dialler: a, waiter: b, nonce: n),
            ComparedWords.commitment(dialler: b, waiter: a, nonce: n),
            ComparedWords.commitment(dialler: a, waiter: c, nonce: n),
            ComparedWords.commitment(dialler: a, waiter: b, nonce: m),
        ]
        #expect(Set(commitments).count == commitments.count)
    }
}
