import Foundation
import KithModel
import KithProtocol
import KithTransport
import SwiftProtobuf
import Testing

/// A paired member that says in sessions what is not so, to a running daemon, while an honest session
/// goes on.
@Suite struct LyingMemberTests {
    private let siege: Siege

    init() throws { siege = try Siege() }

    @Test func `versions of the protocol that nobody speaks, or that cannot be, end the session`()
        async throws
    {
        let liar = try siege.liar()
        for (versions, reason) in [
            ((UInt32(0), UInt32(0)), Kith_V1_CloseReason.versionNotSupported),
            ((1 << 31, 1 << 31), .versionNotSupported), ((.max, .max), .versionNotSupported),
            ((2, 1), .protocolError), ((.max, 0), .protocolError),
        ] {
            let answers = try await liar.say([LyingMember.hello(versions)])
            #expect(answers?.closing == reason, "\(versions)")
        }
        // One that also speaks what nobody knows yet is understood.
        let answers = try await liar.say([
            LyingMember.hello((0, .max)), LyingMember.fingerprint, LyingMember.fingerprint,
        ])
        #expect(answers?.count == 3, "a greeting and buckets, and then the refusal")
        #expect(answers?.closing == .protocolError)
        try siege.expectHeld()
    }

    @Test func `two greetings, or anything before the first, end the session`() async throws {
        let liar = try siege.liar()
        let entries = Kith_V1_SessionMessage.with {
            $0.entries.batch = 1
            $0.entries.entries = [.with { $0.header = Data(count: 200) }]
        }
        for messages in [
            [LyingMember.hello(), LyingMember.hello()], [entries], [LyingMember.fingerprint],
            [.with { $0.sent.batches = 0 }], [.with { $0.proof = .init() }], [.init()],
            [LyingMember.hello(), entries],
        ] {
            let answers = try await liar.say(messages)
            #expect(answers?.closing == .protocolError, "\(messages.count)")
        }
        try siege.expectHeld()
    }

    /// What the liar declares of each compartment, when it is told what the other side holds.
    private enum Claim: CaseIterable {
        case all, none, more
    }

    /// Goes through a session up to the statements, and gives why it was closed.
    private func lie(_ claim: Claim, of round: Int) async throws -> Kith_V1_CloseReason? {
        let partnership = try siege.partnership()
        let nonce = Data((0..<16).map { UInt8(truncatingIfNeeded: $0 + round) })
        return try await siege.liar().session { stream in
            try await stream.send(LyingMember.hello(nonce: nonce))
            try await stream.send(LyingMember.fingerprint)
            var salt = nonce
            while let message = try await stream.receive() {
                switch message.message {
                case .hello(let hello): salt += hello.nonce
                case .buckets:
                    try await stream.send(Self.holdings(partnership, salt))
                case .frontiers(let frontiers):
                    try await stream.send(Self.frontiers(claim, frontiers))
                    try await stream.send(.with { $0.forkSearch = .init() })
                case .forkSearch:
                    try await stream.send(.with { $0.sent = .init() })
                case .entries(let entries):
                    try await stream.send(.with { $0.acknowledge.batch = entries.batch })
                case .proof(let proof):
                    // Their own words, as if they were the liar's.
                    try await stream.send(.with { $0.proof.statements = proof.statements })
                case .close(let close): return close.reason
                default: break
                }
            }
            return nil
        } ?? nil
    }

    private static func holdings(
        _ partnership: PartnershipID, _ salt: Data
    ) -> Kith_V1_SessionMessage {
        let ids = [Compartment.membership, .relations, .personal, .clinical].map {
            LyingMember.id(partnership, $0, salt)
        }
        return .with {
            $0.holdings.holdings = ids.sorted { $0.lexicographicallyPrecedes($1) }.map { id in
                .with {
                    $0.id = id
                    $0.digest = Data(repeating: 5, count: 8)
                }
            }
        }
    }

    private static func frontiers(
        _ claim: Claim, _ theirs: Kith_V1_Frontiers
    ) -> Kith_V1_SessionMessage {
        var ours = theirs
        for index in ours.frontiers.indices {
            switch claim {
            case .all: break
            case .none: ours.frontiers[index].leaves = []
            case .more:
                for leaf in ours.frontiers[index].leaves.indices {
                    ours.frontiers[index].leaves[leaf].sequence += 1_000
                    ours.frontiers[index].leaves[leaf].hash = Data(repeating: 3, count: 32)
                }
            }
        }
        return .with { $0.frontiers = ours }
    }

    @Test func `a summary that claims all, nothing, more, or another each time proves nothing`()
        async throws
    {
        for claim in Claim.allCases {
            let reason = try await lie(claim, of: 0)
            #expect(
                reason == .notEqual || reason == .protocolError,
                "\(claim): \(String(describing: reason))")
        }
        for round in 1...12 {
            let reason = try await lie(Claim.allCases[round % 3], of: round)
            #expect(reason == .notEqual || reason == .protocolError, "round \(round)")
        }
        // In one session each thing is said once, and then it is over.
        let frontiers = Kith_V1_SessionMessage.with { $0.frontiers = .init() }
        let answers = try await siege.liar().say(
            [LyingMember.hello(), LyingMember.fingerprint]
                + Array(
                    repeating: Kith_V1_SessionMessage.with { $0.holdings = .init() }, count: 100)
                + [frontiers])
        #expect(answers?.closing == .protocolError)
        let peers = try siege.elm.list("peers", "peer", "list")
        let attacker = try #require(peers.first { $0["name"] as? String == "Riverside Surgery" })
        #expect(attacker["lastProblem"] as? String != nil, "people see that it was not equal")
        try siege.expectHeld()
    }
}
