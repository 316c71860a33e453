import Foundation
import KithModel
import KithProtocol
import KithTestSupport
import SwiftProtobuf
import Testing

@testable import KithSync

@Suite struct SessionVectorTests {
    @Test func `blinded ids and fingerprints are those of the vectors`() throws {
        for vector in try GoldenVectors.stored(SessionVector.self) {
            #expect(try vector.computed(side: .initiator) == vector)
            #expect(try vector.computed(side: .responder) == vector)
        }
    }
}

struct SessionVector: GoldenVector {
    static let file = "session"

    struct Held: Codable, Equatable {
        var partnership: Hex
        var compartment: Compartment
        var frontierDigest: Hex
        var blindedID: Hex = []
    }

    var name: String
    var initiatorNonce: Hex
    var responderNonce: Hex
    var shared: [Held]
    var fingerprint: Hex = []
    var buckets: [Hex] = []

    static func samples() -> [SessionVector] {
        [0, 1, 5, 40].map { count in
            var generator = SeededGenerator(seed: UInt64(count))
            return SessionVector(
                name: "\(count) compartments", initiatorNonce: Hex(generator.bytes(16)),
                responderNonce: Hex(generator.bytes(16)),
                shared: (0..<count).map { number in
                    Held(
                        partnership: Hex(generator.bytes(16)),
                        compartment: Compartment.allCases[number % 5],
                        frontierDigest: Hex(generator.bytes(32)))
                })
        }
    }

    func computed() throws -> SessionVector { try computed(side: .initiator) }

    func computed(side: SyncSession.Side) throws -> SessionVector {
        let nonces = [initiatorNonce.data, responderNonce.data]
        var session = SyncSession(
            side: side,
            shared: try shared.map {
                SyncSession.Shared(
                    partnership: try $0.partnership.id(), compartment: $0.compartment,
                    frontierDigest: $0.frontierDigest.data)
            }, nonce: nonces[side == .initiator ? 0 : 1], software: "")
        _ = session.start()
        _ = session.receive(
            .with {
                $0.hello.minimumVersion = 1
                $0.hello.maximumVersion = 1
                $0.hello.nonce = nonces[side == .initiator ? 1 : 0]
            })
        session.blind()
        var vector = self
        vector.buckets = session.bucketDigests(Buckets.count(for: shared.count)).map { Hex($0) }
        vector.fingerprint = Hex(session.fingerprint)
        for (index, held) in shared.enumerated() {
            let place = session.shared.firstIndex { shared in
                shared.partnership.bytes == Array(held.partnership.data)
                    && shared.compartment == held.compartment
            }
            vector.shared[index].blindedID = Hex(place.map { session.blindedIDs[$0] } ?? Data())
        }
        return vector
    }
}
