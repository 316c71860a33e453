import GRPCCore
import KithModel
import KithProtocol
import KithTrust
import Logging

/// The `Sync` service: hands each session to the handler.
struct SyncService: Kith_V1_Sync.SimpleServiceProtocol {
    let handler: any PeerServiceHandler
    let messageBytes: Int
    let logger: Logger

    func session(
        request: RPCAsyncSequence<Kith_V1_SessionMessage, any Error>,
        response: RPCWriter<Kith_V1_SessionMessage>, context: ServerContext
    ) async throws {
        guard case .peer(let site, _, let isLeafExpired) = context.caller else {
            throw RPCError(code: .permissionDenied, message: "for peers only")
        }
        let reader = MessageReader { request }
        let writer = MessageWriter(response, messageBytes: messageBytes)
        try await answering(logger, to: site) {
            try await SessionStream.run(reader: reader, writer: writer) { stream in
                try await handler.session(with: site, isLeafExpired: isLeafExpired, stream)
            }
        }
    }
}

/// The `Pairing` service: hands each call to the handler.
struct PairingService: Kith_V1_Pairing.SimpleServiceProtocol {
    let handler: any PeerServiceHandler
    let logger: Logger

    func preview(
        request: Kith_V1_PreviewRequest, context: ServerContext
    ) async throws -> Kith_V1_PreviewResponse {
        let site = try unpaired(context)
        return try await answering(logger, to: site.siteID) {
            try await handler.preview(request, from: site)
        }
    }

    func join(
        request: Kith_V1_JoinRequest, context: ServerContext
    ) async throws -> Kith_V1_JoinResponse {
        let site = try unpaired(context)
        return try await answering(logger, to: site.siteID) {
            try await handler.join(request, from: site)
        }
    }

    func commit(
        request: Kith_V1_CommitRequest, context: ServerContext
    ) async throws -> Kith_V1_CommitResponse {
        let site = try unpaired(context)
        return try await answering(logger, to: site.siteID) {
            try await handler.commit(request, from: site)
        }
    }

    func reveal(
        request: Kith_V1_RevealRequest, context: ServerContext
    ) async throws -> Kith_V1_RevealResponse {
        let site = try unpaired(context)
        return try await answering(logger, to: site.siteID) {
            try await handler.reveal(request, from: site)
        }
    }

    func notice(
        request: Kith_V1_NoticeRequest, context: ServerContext
    ) async throws -> Kith_V1_NoticeResponse {
        let site = try unpaired(context)
        return try await answering(logger, to: site.siteID) {
            try await handler.notice(request, from: site)
        }
    }

    func leave(
        request: Kith_V1_SealedJoin, context: ServerContext
    ) async throws -> Kith_V1_LeaveResponse {
        let site = try unpaired(context)
        return try await answering(logger, to: site.siteID) {
            try await handler.leave(request, from: site)
        }
    }

    private func unpaired(_ context: ServerContext) throws -> UnpairedSite {
        guard let caller = context.caller else {
            throw RPCError(code: .unauthenticated, message: "this site does not know you")
        }
        return UnpairedSite(root: caller.root)
    }
}

/// The `Partnerships` service: hands each call to the handler.
struct PartnershipsService: Kith_V1_Partnerships.SimpleServiceProtocol {
    let handler: any PeerServiceHandler
    let logger: Logger

    func offer(request: Kith_V1_Offers, context: ServerContext) async throws -> Kith_V1_Offers {
        let site = try peer(context)
        return try await answering(logger, to: site) {
            try await handler.offer(request, from: site)
        }
    }

    func collect(
        request: Kith_V1_CollectRequest, context: ServerContext
    ) async throws -> Kith_V1_CollectResponse {
        let site = try peer(context)
        return try await answering(logger, to: site) {
            try await handler.collect(request, from: site)
        }
    }

    private func peer(_ context: ServerContext) throws -> SiteID {
        guard case .peer(let site, _, _) = context.caller else {
            throw RPCError(code: .permissionDenied, message: "for peers only")
        }
        return site
    }
}

extension ServerContext {
    /// Who calls, as `CallAuthorisation` found; nil for a call that did not pass it.
    fileprivate var caller: Caller? { (transportSpecific as? CallerContext)?.caller }
}

/// Turns what a handler throws into a status that tells the other side no more than it should know.
private func answering<Answer>(
    _ logger: Logger, to site: SiteID, _ body: () async throws -> Answer
) async throws -> Answer {
    do {
        return try await body()
    } catch let error as TransportError where error.code == .refused {
        throw RPCError(code: .failedPrecondition, message: error.message)
    } catch let error as TransportError {
        // The connection's own failure: it is over, and whoever ran the session knows.
        throw RPCError(code: .aborted, message: "the exchange broke off", cause: error)
    } catch is CancellationError {
        throw RPCError(code: .unavailable, message: "this site is shutting down")
    } catch {
        logger.error(
            "a call of another site failed",
            metadata: ["peer.site": "\(site.short)", "error": "\(error)"])
        throw RPCError(code: .internalError, message: "the call failed at the other site")
    }
}
