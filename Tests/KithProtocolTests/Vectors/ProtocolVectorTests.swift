import Crypto
import Foundation
import KithModel
import KithProtocol
import KithTestSupport
import Testing

@Suite struct ProtocolVectorTests {
    @Test func `values have the bytes of the vectors, and are read from them`() throws {
        for vector in try GoldenVectors.stored(ValueVector.self) {
            #expect(vector.computed() == vector)
            #expect(try FieldValue(decoding: vector.bytes.data) == vector.value)
        }
    }

    @Test func `headers have the bytes and hashes of the vectors, and are read from them`() throws {
        for vector in try GoldenVectors.stored(HeaderVector.self) {
            #expect(try vector.computed() == vector)
            #expect(try EntryHeader(decoding: vector.bytes.data) == vector.header())
        }
    }

    @Test func `skeletons and bodies have the bytes of the vectors, and are read from them`() throws
    {
        for vector in try GoldenVectors.stored(SkeletonVector.self) {
            #expect(try vector.computed() == vector)
            #expect(try Skeleton(decoding: vector.bytes.data).encoded() == vector.bytes.data)
        }
        for vector in try GoldenVectors.stored(BodyVector.self) {
            #expect(vector.computed() == vector)
            let body = try PartBody(
                decoding: vector.bytes.data, operations: vector.values.count)
            #expect(try body.values.map(FieldValue.init(decoding:)) == vector.values)
        }
    }

    @Test func `sealed parts of the vectors open in their places`() throws {
        for vector in try GoldenVectors.stored(SealVector.self) {
            #expect(try vector.computed() == vector)
        }
    }

    @Test func `signatures of the vectors are valid or not as they say`() throws {
        let vectors = try GoldenVectors.stored(EntrySignatureVector.self)
        for vector in vectors { #expect(try vector.computed() == vector) }
        #expect(vectors.map(\.isValid) == [true, false, false, false, false, false])
    }

    @Test func `digests and identifiers are those of the vectors`() throws {
        for vector in try GoldenVectors.stored(FrontierDigestVector.self) {
            #expect(try vector.computed() == vector)
        }
        for vector in try GoldenVectors.stored(IdentifierVector.self) {
            #expect(try vector.computed() == vector)
            #expect(SiteID(text: vector.siteText)?.bytes == Array(vector.founder.data))
        }
    }
}
