import Foundation
import KithModel
import KithProtocol
import KithTransport
import KithTrust
import Logging
import SwiftProtobuf
import Synchronization

/// A site for tests: its identity, whom it has pinned, and whether it invites.
final class TestSite: PeerDirectory {
    let key = SiteKey()
    let root: RootCertificate
    let issuer: LeafIssuer
    private let state: Mutex<State>

    private struct State {
        var identity: TLSIdentity
        var pins: [SiteID: RootCertificate] = [:]
        var isInviting = false
    }

    init(now: Instant = Instant(Date())) throws {
        root = try key.rootCertificate(now: now)
        issuer = try LeafIssuer(key: key, root: root)
        state = Mutex(State(identity: try issuer.issue(now: now)))
    }

    var id: SiteID { key.siteID }

    var identity: TLSIdentity {
        get { state.withLock { $0.identity } }
        set { state.withLock { $0.identity = newValue } }
    }

    var isInviting: Bool {
        get { state.withLock { $0.isInviting } }
        set { state.withLock { $0.isInviting = newValue } }
    }

    func pin(_ other: TestSite) { state.withLock { $0.pins[other.id] = other.root } }
    func unpin(_ other: TestSite) { state.withLock { $0.pins[other.id] = nil } }

    func pinnedRoot(of site: SiteID) -> RootCertificate? { state.withLock { $0.pins[site] } }
    func isPairingOpen() -> Bool { isInviting }

    func client(
        limits: TransportLimits = TransportLimits(),
        now: @escaping @Sendable () -> Instant = { Instant(Date()) }
    ) -> PeerClient {
        PeerClient(identity: { self.identity }, limits: limits, now: now)
    }

    func server(
        at address: HostPort = HostPort(host: "127.0.0.1", port: 0),
        handler: any PeerServiceHandler = TestHandler(),
        limits: TransportLimits = TransportLimits(),
        now: @escaping @Sendable () -> Instant = { Instant(Date()) }
    ) -> PeerServer {
        PeerServer(
            listeningOn: address, identity: { self.identity }, directory: self,
            handler: handler, limits: limits,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, now: now)
    }

    /// Runs a server of this site for the time of `body`, then stops it at once.
    @discardableResult
    func serving<Result: Sendable>(
        handler: any PeerServiceHandler = TestHandler(),
        limits: TransportLimits = TransportLimits(),
        now: @escaping @Sendable () -> Instant = { Instant(Date()) },
        _ body: @Sendable @escaping (PeerServer, HostPort) async throws -> Result
    ) async throws -> Result {
        let server = server(handler: handler, limits: limits, now: now)
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                try await server.run()
                return nil
            }
            group.addTask {
                guard let address = await server.listeningAddress else { throw NotListening() }
                return try await body(server, address)
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw NotListening()
        }
    }

    /// Connects to a peer that listens at an address, for the time of `body`.
    func connected<Result: Sendable>(
        to peer: TestSite, at address: HostPort, limits: TransportLimits = TransportLimits(),
        _ body: @Sendable (PeerConnection) async throws -> Result
    ) async throws -> Result {
        try await client(limits: limits).withConnection(
            to: address, expecting: peer.id, root: peer.root, body)
    }

    /// Runs one session with a peer that listens at an address.
    func inSession<Result: Sendable>(
        with peer: TestSite, at address: HostPort, limits: TransportLimits = TransportLimits(),
        _ body: @Sendable @escaping (SessionStream) async throws -> Result
    ) async throws -> Result {
        try await connected(to: peer, at: address, limits: limits) { connection in
            try await connection.runSession(body)
        }
    }

    struct NotListening: Error {}
}

/// Two sites that have pinned each other.
func peers() throws -> (home: TestSite, surgery: TestSite) {
    let (home, surgery) = (try TestSite(), try TestSite())
    home.pin(surgery)
    surgery.pin(home)
    return (home, surgery)
}

/// A handler that counts, and does what the test gives it; by itself it sends back what it gets.
final class TestHandler: PeerServiceHandler {
    typealias Session = @Sendable (SiteID, SessionStream) async throws -> Void

    private let onSession: Session
    private let onPreview: @Sendable (UnpairedSite) async throws -> Kith_V1_PreviewResponse
    private let calls = Mutex(
        (sessions: [SiteID](), pairings: [SiteID](), offers: [SiteID](), expired: [Bool]()))

    init(
        session: @escaping Session = { _, stream in
            while let message = try await stream.receive() { try await stream.send(message) }
        },
        preview: @escaping @Sendable (UnpairedSite) async throws -> Kith_V1_PreviewResponse = { _ in
            var response = Kith_V1_PreviewResponse()
            response.inviterName = "Test"
            return response
        }
    ) {
        onSession = session
        onPreview = preview
    }

    var sessions: [SiteID] { calls.withLock { $0.sessions } }
    /// Whether the peers of the sessions had expired leaves.
    var expired: [Bool] { calls.withLock { $0.expired } }
    var offers: [SiteID] { calls.withLock { $0.offers } }
    var pairings: [SiteID] { calls.withLock { $0.pairings } }

    func session(
        with peer: SiteID, isLeafExpired: Bool, _ stream: SessionStream
    ) async throws {
        calls.withLock { $0.expired.append(isLeafExpired) }
        calls.withLock { $0.sessions.append(peer) }
        try await onSession(peer, stream)
    }

    func preview(
        _ request: Kith_V1_PreviewRequest, from site: UnpairedSite
    ) async throws -> Kith_V1_PreviewResponse {
        calls.withLock { $0.pairings.append(site.siteID) }
        return try await onPreview(site)
    }

    func join(
        _ request: Kith_V1_JoinRequest, from site: UnpairedSite
    ) async throws -> Kith_V1_JoinResponse {
        calls.withLock { $0.pairings.append(site.siteID) }
        var response = Kith_V1_JoinResponse()
        response.inviter.rootCertificate = Data(site.root.der)
        return response
    }

    func commit(
        _ request: Kith_V1_CommitRequest, from site: UnpairedSite
    ) async throws -> Kith_V1_CommitResponse {
        calls.withLock { $0.pairings.append(site.siteID) }
        return .with { $0.nonce = request.commitment }
    }

    func reveal(
        _ request: Kith_V1_RevealRequest, from site: UnpairedSite
    ) async throws -> Kith_V1_RevealResponse {
        calls.withLock { $0.pairings.append(site.siteID) }
        return .with { $0.site.rootCertificate = Data(site.root.der) }
    }

    func notice(
        _ request: Kith_V1_NoticeRequest, from site: UnpairedSite
    ) async throws -> Kith_V1_NoticeResponse {
        calls.withLock { $0.pairings.append(site.siteID) }
        return .with { $0.notice = request.letterbox }
    }

    func leave(
        _ request: Kith_V1_SealedJoin, from site: UnpairedSite
    ) async throws -> Kith_V1_LeaveResponse {
        calls.withLock { $0.pairings.append(site.siteID) }
        return Kith_V1_LeaveResponse()
    }

    func collect(
        _ request: Kith_V1_CollectRequest, from peer: SiteID
    ) async throws -> Kith_V1_CollectResponse {
        calls.withLock { $0.offers.append(peer) }
        return Kith_V1_CollectResponse()
    }

    func offer(_ offers: Kith_V1_Offers, from peer: SiteID) async throws -> Kith_V1_Offers {
        calls.withLock { $0.offers.append(peer) }
        return offers
    }
}

extension SessionStream {
    /// Sends fifty messages while it receives; the sum of what came.
    func sendFifty(
        whileReceiving receive: @Sendable (SessionStream) async throws -> UInt64
    ) async throws -> UInt64 {
        async let sent: Void = {
            for batch in UInt64(1)...50 { try await send(message(batch)) }
        }()
        let sum = try await receive(self)
        try await sent
        return sum
    }
}

/// Something that happens once and can be waited for.
final class Event: Sendable {
    private let stream: AsyncStream<Never>
    private let continuation: AsyncStream<Never>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(of: Never.self)
    }

    func happen() { continuation.finish() }
    func wait() async { for await _ in stream {} }
}

/// A message with an Acknowledge of that number.
func message(_ batch: UInt64) -> Kith_V1_SessionMessage {
    var message = Kith_V1_SessionMessage()
    message.acknowledge.batch = batch
    return message
}

/// A message that carries that many bytes.
func message(bytes: Int) -> Kith_V1_SessionMessage {
    var part = Kith_V1_Part()
    part.body = Data(repeating: 7, count: bytes)
    var entry = Kith_V1_Entry()
    entry.parts = [part]
    var message = Kith_V1_SessionMessage()
    message.entries.entries = [entry]
    return message
}
