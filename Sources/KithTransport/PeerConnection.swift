import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCProtobuf
public import KithModel
package import KithProtocol
public import KithTrust
import Synchronization

/// A connection to another site that has let us in; good for the time of the closure it is given to.
public struct PeerConnection: Sendable {
    /// The site at the other end, proven.
    public let site: SiteID
    /// Its root: the pinned one, or the one that it presented when none was pinned.
    public let root: RootCertificate
    /// Whether its TLS certificate has expired: a warning, its daemon should renew it.
    public let isLeafExpired: Bool
    /// The address that was connected to.
    public let address: HostPort

    let client: GRPCClient<HTTP2ClientTransport.WrappedChannel>
    let limits: TransportLimits
    let abort: @Sendable () async -> Void

    /// Asks what an invitation offers.
    ///
    /// Errors: `TransportError`; with `refused`, its message says why the other site said no.
    package func preview(_ request: Kith_V1_PreviewRequest) async throws -> Kith_V1_PreviewResponse
    {
        let pairing = Kith_V1_Pairing.Client(wrapping: client)
        return try await explaining { try await pairing.preview(request, options: pairingOptions) }
    }

    /// Joins by an invitation.
    ///
    /// Errors: `TransportError`; with `refused`, its message says why the other site said no.
    package func join(_ request: Kith_V1_JoinRequest) async throws -> Kith_V1_JoinResponse {
        let pairing = Kith_V1_Pairing.Client(wrapping: client)
        return try await explaining { try await pairing.join(request, options: pairingOptions) }
    }

    /// Begins to pair by phone.
    ///
    /// Errors: `TransportError`; with `refused`, its message says why the other site said no.
    package func commit(_ request: Kith_V1_CommitRequest) async throws -> Kith_V1_CommitResponse {
        let pairing = Kith_V1_Pairing.Client(wrapping: client)
        return try await explaining { try await pairing.commit(request, options: pairingOptions) }
    }

    /// Goes on with that.
    ///
    /// Errors: `TransportError`; with `refused`, its message says why the other site said no.
    package func reveal(_ request: Kith_V1_RevealRequest) async throws -> Kith_V1_RevealResponse {
        let pairing = Kith_V1_Pairing.Client(wrapping: client)
        return try await explaining { try await pairing.reveal(request, options: pairingOptions) }
    }

    /// Asks a relay what an invitation is to.
    ///
    /// Errors: `TransportError`; with `refused`, its message says why the other site said no.
    package func notice(_ request: Kith_V1_NoticeRequest) async throws -> Kith_V1_NoticeResponse {
        let pairing = Kith_V1_Pairing.Client(wrapping: client)
        return try await explaining { try await pairing.notice(request, options: pairingOptions) }
    }

    /// Leaves a join request at a relay.
    ///
    /// Errors: `TransportError`; with `refused`, its message says why the other site said no.
    package func leave(_ request: Kith_V1_SealedJoin) async throws {
        let pairing = Kith_V1_Pairing.Client(wrapping: client)
        _ = try await explaining { try await pairing.leave(request, options: pairingOptions) }
    }

    /// Says which letterboxes this site keeps at a relay, and takes what was left in them.
    ///
    /// Errors: `TransportError`; with `protocolError` the other site may be too old to know of it.
    package func collect(
        _ request: Kith_V1_CollectRequest
    ) async throws -> Kith_V1_CollectResponse {
        let partnerships = Kith_V1_Partnerships.Client(wrapping: client)
        return try await explaining {
            try await partnerships.collect(request, options: pairingOptions)
        }
    }

    /// Tells a peer of partnerships, and is told of some.
    ///
    /// Errors: `TransportError`; with `protocolError` the other site may be too old to know of it.
    package func offer(_ offers: Kith_V1_Offers) async throws -> Kith_V1_Offers {
        let partnerships = Kith_V1_Partnerships.Client(wrapping: client)
        return try await explaining {
            try await partnerships.offer(offers, options: pairingOptions)
        }
    }

    /// Runs one sync session: `body` sends and receives, and its return ends the session.
    ///
    /// When `body` returns, our direction is finished, and what the other side still sends is read
    /// and dropped until it finishes too, for `closingTime` at most. When `body` throws, the
    /// connection is closed, so that the other side does not take it for a good end.
    /// Errors: `TransportError`; `CancellationError`; what `body` throws.
    package func runSession<Result: Sendable>(
        _ body: @Sendable @escaping (SessionStream) async throws -> Result
    ) async throws -> Result {
        let sync = Kith_V1_Sync.Client(wrapping: client)
        let call = SessionCall(body: body, limits: limits, abort: abort)
        do {
            try await sync.session(
                request: StreamingClientRequest { try await call.produce(into: $0) },
                serializer: ProtobufSerializer<Kith_V1_SessionMessage>(),
                deserializer: SessionMessageDeserializer(), options: options,
                onResponse: { try await call.consume($0) })
        } catch {
            return try call.result(of: error)
        }
        return try call.result(of: nil)
    }

    private var options: CallOptions {
        var options = CallOptions.defaults
        options.maxRequestMessageBytes = limits.messageBytes
        options.maxResponseMessageBytes = limits.messageBytes
        return options
    }

    private var pairingOptions: CallOptions {
        var options = options
        options.timeout = limits.pairingTime
        return options
    }

    private func explaining<Answer>(_ call: () async throws -> Answer) async throws -> Answer {
        do {
            return try await call()
        } catch {
            throw try TransportError.explained(error)
        }
    }
}
