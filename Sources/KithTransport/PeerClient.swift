public import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix
public import KithModel
public import KithTrust
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Connects to other sites: gRPC over mutual TLS 1.3, one connection at a time, never reconnecting.
public struct PeerClient: Sendable {
    private let identity: TLSIdentityProvider
    private let limits: TransportLimits
    private let now: @Sendable () -> Instant

    /// Makes a client.
    ///
    /// - Parameters:
    ///   - identity: gives the TLS identity to show, anew for every connection.
    ///   - now: the time, only to notice expired certificates.
    public init(
        identity: @escaping TLSIdentityProvider, limits: TransportLimits = TransportLimits(),
        now: @escaping @Sendable () -> Instant = { Instant(Date()) }
    ) {
        self.identity = identity
        self.limits = limits
        self.now = now
    }

    /// Connects, hands the connection to `body`, and closes it when `body` ends.
    ///
    /// - Parameters:
    ///   - site: who must be there; anyone else is refused during the handshake. Nil when pairing by
    ///     phone, where it is not known: then whoever proves to be a site is there.
    ///   - root: the site's pinned root; nil when it is not known. The connection then holds the
    ///     root that the site presented and proved itself with.
    ///   - timeLimit: how long it may take until the other side has let us in.
    /// - Throws: `TransportError` with `couldNotConnect`, `timedOut`, `wrongSite`, `tlsFailed`,
    ///   `notAPeer`, `closed` or `identityUnusable`; `CancellationError`; what `body` throws.
    public func withConnection<Result: Sendable>(
        to address: HostPort, expecting site: SiteID?, root: RootCertificate?,
        timeLimit: Duration = .seconds(10),
        _ body: @Sendable (PeerConnection) async throws -> Result
    ) async throws -> Result {
        let attempt = ConnectionAttempt(
            address: address, expected: site,
            proof: ServerProof(expected: site, pinned: root, now: now()),
            limits: limits, timeLimit: timeLimit)
        let open = try await attempt.run(context: context())
        let client = GRPCClient(transport: open.transport)
        let connection = PeerConnection(
            site: open.root.siteID, root: open.root, isLeafExpired: open.isLeafExpired,
            address: address,
            client: client, limits: limits, abort: { await open.close() })
        return try await withThrowingTaskGroup(of: Void.self) { group in
            // How the connection ends, its calls report.
            group.addTask { try? await client.runConnections() }
            let result: Result
            do {
                result = try await body(connection)
            } catch {
                group.cancelAll()
                await open.close()
                throw error
            }
            client.beginGracefulShutdown()
            // The client may not even have begun to run, and then does not close what it was given.
            await open.close()
            return result
        }
    }

    private func context() throws -> NIOSSLContext {
        do {
            return try TLSContexts.client(try identity())
        } catch {
            throw TransportError(
                .identityUnusable,
                "This site's TLS identity cannot be used. Run \"kith doctor\".", cause: error)
        }
    }
}
