import Crypto
import Foundation
import KithModel
import KithTestSupport
import KithTrust
import Testing

@testable import KithProtocol

@Suite struct EntrySignatureTests {
    private let cryptography = SystemCryptography()
    private let key = P256.Signing.PrivateKey()
    private let hash = EntryHash(header: Data("header".utf8))

    private func isValid(_ signature: Data, of hash: EntryHash? = nil) -> Bool {
        EntrySignature.isValid(signature, of: hash ?? self.hash, by: key.publicKey, cryptography)
    }

    @Test func `only the lower of the two forms of a signature is valid`() throws {
        var isHighSeen = false
        for _ in 0..<64 {
            let raw = try key.signature(for: Data("kith entry v1\u{0}".utf8) + hash.bytes)
                .rawRepresentation
            let twin = raw.otherForm
            // Both are ECDSA signatures of the same.
            for form in [raw, twin] {
                let parsed = try P256.Signing.ECDSASignature(rawRepresentation: form)
                #expect(
                    key.publicKey.isValidSignature(
                        parsed, for: Data("kith entry v1\u{0}".utf8) + hash.bytes))
            }
            #expect(isValid(raw) != isValid(twin))
            #expect(LowS.isLow(raw) != LowS.isLow(twin))
            #expect(LowS.normalised(raw) == LowS.normalised(twin))
            #expect(LowS.normalised(LowS.normalised(raw)) == LowS.normalised(raw))
            #expect(isValid(LowS.normalised(raw)))
            if !LowS.isLow(raw) { isHighSeen = true }
        }
        #expect(isHighSeen)
    }

    @Test func `the middle of the order is the last low value`() throws {
        let half = try #require(
            Data(hexadecimal: "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8"))
        let r = Data(repeating: 1, count: 32)
        #expect(LowS.isLow(r + half))
        #expect(!LowS.isLow((r + half).otherForm))
        #expect(LowS.normalised((r + half).otherForm) == r + half)
    }

    @Test func `every signature that is made is low and valid`() throws {
        for number in 0..<64 {
            let hash = EntryHash(header: [UInt8(number)])
            let signature = try EntrySignature.sign(hash, with: key, cryptography)
            #expect(signature.count == 64)
            #expect(LowS.isLow(signature))
            #expect(isValid(signature, of: hash))
            #expect(!isValid(signature))
        }
    }

    @Test func `no damaged signature is valid, and none traps`() throws {
        let signature = try EntrySignature.sign(hash, with: key, cryptography)
        for bytes in Damage.variants(of: signature) where bytes != signature {
            #expect(!isValid(bytes))
        }
        let order = try #require(
            Data(hexadecimal: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"))
        let (zero, ones) = (Data(count: 32), Data(repeating: 255, count: 32))
        for r in [zero, ones, order, signature.prefix(32)] {
            for s in [zero, ones, order] { #expect(!isValid(r + s)) }
        }
    }

    @Test func `a slice of bytes is a signature like any other`() throws {
        let signature = try EntrySignature.sign(hash, with: key, cryptography)
        let slice = (Data(count: 9) + signature).dropFirst(9)
        #expect(isValid(slice))
        #expect(LowS.normalised(slice.otherForm) == signature)
    }

    @Test func `a signature of an entry, a statement and a receipt are never taken for each other`()
        throws
    {
        let bytes = Data(hash.bytes)
        let entry = try EntrySignature.sign(hash, with: key, cryptography)
        #expect(isValid(entry))
        for kind in [StatementSignature.Kind.frontier, .receipt] {
            let signature = try StatementSignature.sign(bytes, kind, with: key, cryptography)
            #expect(!isValid(signature))
            for other in [StatementSignature.Kind.frontier, .receipt] {
                #expect(
                    StatementSignature.isValid(
                        signature, of: bytes, other, by: key.publicKey, cryptography)
                        == (kind == other))
            }
            #expect(
                !StatementSignature.isValid(
                    entry, of: bytes, kind, by: key.publicKey, cryptography))
        }
        #expect(!isValid(try cryptography.sign(bytes, with: key)), "without any label")
    }

    @Test func `a verified entry is one that its author signed`() throws {
        var generator = SeededGenerator(seed: 1)
        let fixture = EntryFixture(&generator)
        let entry = try VerifiedEntry(
            authoring: fixture.header, parts: fixture.parts, with: key, cryptography)
        #expect(entry.parsed.header == fixture.header)
        #expect(throws: Never.self) {
            try VerifiedEntry(entry.parsed, by: key.publicKey, cryptography)
        }
        let stranger = P256.Signing.PrivateKey().publicKey
        let fault = code { () throws(ProtocolFault) in
            try VerifiedEntry(entry.parsed, by: stranger, cryptography)
        }
        #expect(fault == .signature)
    }
}

extension Data {
    /// The other form of a signature: n − s in place of s.
    var otherForm: Data {
        guard
            let order = Data(
                hexadecimal: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        else { return self }
        var (result, borrow) = (Data(), 0)
        for (whole, taken) in zip(order.reversed(), suffix(32).reversed()) {
            let difference = Int(whole) - Int(taken) - borrow
            borrow = difference < 0 ? 1 : 0
            result.insert(UInt8(difference & 255), at: 0)
        }
        return prefix(32) + result
    }
}
