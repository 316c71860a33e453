import Crypto
import Foundation
import KithModel
import KithProtocol
import KithTransport
import KithTrust
import SwiftProtobuf

/// A member that has its keys and keeps no other rule: it opens sessions and says in them what it likes.
struct LyingMember: Sendable {
    private let identity: TLSIdentity
    private let other: RootCertificate
    private let address: HostPort

    /// The one whose home this is, before a daemon of another.
    init(_ home: TestHome, before daemon: TestDaemon, of other: TestHome) throws {
        identity = try MemberIdentity(of: home).identity
        self.other = try MemberIdentity.root(of: other)
        address = try HostPort(text: daemon.address)
    }

    /// Runs one session; nil when the other side ended the call as failed.
    func session<Result: Sendable>(
        _ body: @escaping @Sendable (SessionStream) async throws -> Result
    ) async throws -> Result? {
        var limits = TransportLimits()
        limits.messageBytes = 64 * 1024 * 1024
        let client = PeerClient(identity: { [identity] in identity }, limits: limits)
        return try await client.withConnection(
            to: address, expecting: other.siteID, root: other
        ) { connection in
            do {
                return try await connection.runSession(body)
            } catch is TransportError {
                return nil
            }
        }
    }

    /// Says all of this at once, and gives what comes back until the other side has no more to say.
    func say(
        _ messages: [Kith_V1_SessionMessage]
    ) async throws -> [Kith_V1_SessionMessage]? {
        try await session { stream in
            for message in messages { try await stream.send(message) }
            var answers: [Kith_V1_SessionMessage] = []
            while let answer = try await stream.receive() {
                answers.append(answer)
                if case .close = answer.message { break }
            }
            return answers
        }
    }

    /// A greeting.
    static func hello(
        _ versions: (UInt32, UInt32) = (1, 1), nonce: Data = Data(repeating: 7, count: 16),
        software: String = "liar"
    ) -> Kith_V1_SessionMessage {
        .with {
            $0.hello = .with {
                $0.minimumVersion = versions.0
                $0.maximumVersion = versions.1
                $0.nonce = nonce
                $0.software = software
            }
        }
    }

    /// A fingerprint that no two sites have.
    static let fingerprint = Kith_V1_SessionMessage.with {
        $0.fingerprint.digest = Data(repeating: 9, count: 32)
    }

    /// A compartment's id in a session with these nonces.
    static func id(
        _ partnership: PartnershipID, _ compartment: Compartment, _ nonces: Data
    ) -> Data {
        let name = Data(partnership.bytes) + [UInt8(compartment.rawValue)]
        return Data(HMAC<SHA256>.authenticationCode(for: name, using: SymmetricKey(data: nonces)))
            .prefix(16)
    }
}

extension [Kith_V1_SessionMessage] {
    /// Why the other side closed the session, as the last thing that it said.
    var closing: Kith_V1_CloseReason? {
        if case .close(let close)? = last?.message { close.reason } else { nil }
    }
}
