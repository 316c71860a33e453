import Crypto
import Foundation
import KithModel
import KithTestSupport
import Testing

@testable import KithProtocol

@Suite struct CryptographyTests {
    private let cryptography = SystemCryptography()

    @Test(arguments: [1, 16, 33])
    func `random bytes are as many as asked, and never the same`(count: Int) {
        let all = (0..<50).map { _ in cryptography.randomBytes(count) }
        #expect(all.allSatisfy { $0.count == count })
        #expect(count < 16 || Set(all).count == 50)
    }

    @Test func `what is sealed to a key opens with it alone, in its context, undamaged`() throws {
        let key = P256.KeyAgreement.PrivateKey()
        let (plain, context) = (Data("secret".utf8), Data("here".utf8))
        let (encapsulated, ciphertext) = try cryptography.encapsulate(
            plain, to: key.publicKey, binding: context)
        func opened(
            _ encapsulated: Data, _ ciphertext: Data, _ key: P256.KeyAgreement.PrivateKey,
            _ context: Data
        ) -> Data? {
            try? cryptography.decapsulate(
                encapsulated: encapsulated, ciphertext: ciphertext, with: key, binding: context)
        }
        #expect(opened(encapsulated, ciphertext, key, context) == plain)
        #expect(opened(encapsulated, ciphertext, P256.KeyAgreement.PrivateKey(), context) == nil)
        #expect(opened(encapsulated, ciphertext, key, Data("there".utf8)) == nil)
        for bytes in Damage.variants(of: ciphertext) where bytes != ciphertext {
            #expect(opened(encapsulated, bytes, key, context) == nil)
        }
        let points = Damage.variants(of: encapsulated).filter { $0.count != 65 }.prefix(60)
        for bytes in points + [Data(count: 65), encapsulated.prefix(33)] {
            #expect(opened(bytes, ciphertext, key, context) == nil)
        }
    }
}

@Suite struct LimitsTests {
    /// The table of the spec says the same as the code.
    @Test func `the numbers of the spec are those of the code`() throws {
        var page = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { page.deleteLastPathComponent() }
        let text = try String(
            contentsOf: page.appendingPathComponent("Protocol/limits.md"), encoding: .utf8)
        var spec: [String: String] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            spec[cells[0].trimmingCharacters(in: ["`"])] = cells[1].filter { $0 != "," }
        }
        let code: [String: Int] = [
            "headerBytes": Limits.headerBytes, "skeletonBytes": Limits.skeletonBytes,
            "bodyBytes": Limits.bodyBytes, "parts": Limits.parts, "operations": Limits.operations,
            "supersedes": Limits.supersedes, "knows": Limits.knows, "cutEnds": Limits.cutEnds,
            "erasedParts": Limits.erasedParts, "offers": Limits.offers,
            "personBytes": Limits.personBytes, "groupMembers": Limits.groupMembers,
            "batchBytes": Limits.batchBytes, "batchEntries": Limits.batchEntries,
            "batchesInFlight": Limits.batchesInFlight, "messageBytes": Limits.messageBytes,
            "proofBytes": Limits.proofBytes,
            "feeds": Limits.feeds, "holdings": Limits.holdings, "buckets": Limits.buckets,
            "wanted": Limits.wanted,
            "letterboxes": Limits.letterboxes, "joinsInLetterbox": Limits.joinsInLetterbox,
            "joinsCollected": Limits.joinsCollected, "sealedJoinBytes": Limits.sealedJoinBytes,
        ]
        for (name, number) in code { #expect(spec[name] == String(number), "\(name)") }
        #expect(spec["sequence"] == "2^62")
        #expect(Limits.sequence == 1 << 62)
        #expect(Set(spec.keys) == Set(code.keys).union(["sequence"]))
        #expect(Limits.operations == OperationID.operationsPerPart)
        #expect(Limits.parts * Limits.operations <= Int(UInt32.max), "an index fits its field")
    }
}
