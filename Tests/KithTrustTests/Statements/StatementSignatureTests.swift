import Crypto
import Foundation
import KithProtocol
import KithTestSupport
import KithTrust
import Testing

@Suite struct StatementSignatureTests {
    private let cryptography = SystemCryptography()
    private let key = P256.Signing.PrivateKey()

    private func isValid(
        _ signature: Data, of statement: Data, _ kind: StatementSignature.Kind,
        by key: P256.Signing.PublicKey? = nil
    ) -> Bool {
        StatementSignature.isValid(
            signature, of: statement, kind, by: key ?? self.key.publicKey, cryptography)
    }

    @Test(arguments: [StatementSignature.Kind.frontier, .receipt])
    func `a signature is good for its bytes, kind and key alone`(
        kind: StatementSignature.Kind
    ) throws {
        for count in [0, 1, 100] {
            let statement = Data(repeating: 7, count: count)
            let signature = try StatementSignature.sign(statement, kind, with: key, cryptography)
            #expect(isValid(signature, of: statement, kind))
            #expect(!isValid(signature, of: statement, kind == .receipt ? .frontier : .receipt))
            let stranger = P256.Signing.PrivateKey().publicKey
            #expect(!isValid(signature, of: statement, kind, by: stranger))
            for bytes in Damage.variants(of: statement) where bytes != statement {
                #expect(!isValid(signature, of: bytes, kind))
            }
        }
    }

    @Test func `no damaged signature is valid`() throws {
        let signature = try StatementSignature.sign(Data(), .receipt, with: key, cryptography)
        for bytes in Damage.variants(of: signature) where bytes != signature {
            #expect(!isValid(bytes, of: Data(), .receipt))
        }
    }
}
