import Foundation
import KithTestSupport
import KithTrust
import Testing

@Suite struct TrustVectorTests {
    @Test func `invitation codes are those of the vectors, and are read from them`() throws {
        for vector in try GoldenVectors.stored(InvitationVector.self) {
            #expect(try vector.computed() == vector)
            #expect(try InvitationCode(text: vector.text) == vector.code())
        }
    }

    @Test func `notices and join requests of the vectors open`() throws {
        for vector in try GoldenVectors.stored(LeftJoinVector.self) {
            #expect(try vector.computed() == vector)
            #expect(try InvitationCode(text: vector.text) == vector.code())
        }
    }

    @Test func `the words of the vectors are those that people would compare`() throws {
        for vector in try GoldenVectors.stored(ComparedWordsVector.self) {
            #expect(try vector.computed() == vector)
        }
    }

    @Test func `the recovery kits of the vectors open`() throws {
        for vector in try GoldenVectors.stored(RecoveryKitVector.self) {
            #expect(try vector.computed() == vector)
        }
    }

    @Test func `statements and receipts of the vectors are signed or not as they say`() throws {
        let vectors = try GoldenVectors.stored(StatementVector.self)
        for vector in vectors { #expect(try vector.computed() == vector) }
        #expect(vectors.map(\.isValid) == [true, false, true, false])
    }

    @Test func `sealed compartment keys of the vectors open`() throws {
        for vector in try GoldenVectors.stored(CompartmentKeyVector.self) {
            #expect(try vector.computed() == vector)
        }
    }
}
