import GRPCCore

/// Authorises every call anew from its connection's certificate and the live pins (D16).
///
/// `Pairing` is open to peers, and to anyone else who has proven who they are while someone is
/// invited or expected; everything else, whatever services there will be, is for peers only.
struct CallAuthorisation: ServerInterceptor {
    let registry: ConnectionRegistry
    let directory: any PeerDirectory

    func intercept<Input: Sendable, Output: Sendable>(
        request: StreamingServerRequest<Input>, context: ServerContext,
        next:
            @Sendable (StreamingServerRequest<Input>, ServerContext) async throws ->
            StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> {
        guard let (number, caller) = caller(request.metadata) else {
            throw RPCError(
                code: .unauthenticated, message: "this site does not know you, or not any more")
        }
        switch (context.descriptor.service, caller) {
        case (.kith_v1_Pairing, .unpaired):
            guard directory.isPairingOpen() else {
                throw RPCError(code: .permissionDenied, message: "nobody is invited or expected")
            }
            guard registry.mayPair(number) else {
                throw RPCError(
                    code: .failedPrecondition,
                    message: "Too many tries came from this address. Wait ten minutes.")
            }
        case (_, .unpaired):
            throw RPCError(code: .permissionDenied, message: "for peers only")
        case (_, .peer):
            break
        }
        var context = context
        context.transportSpecific = CallerContext(caller: caller)
        return try await next(request, context)
    }

    private func caller(_ metadata: Metadata) -> (ConnectionRegistry.Number, Caller)? {
        var stamps = metadata[stringValues: StreamStamp.name].makeIterator()
        guard let stamp = stamps.next(), stamps.next() == nil,
            let number = ConnectionRegistry.Number(stamp)
        else { return nil }
        return registry.caller(number).map { (number, $0) }
    }
}

/// What an authorised call's context carries: who calls.
struct CallerContext: ServerContext.TransportSpecific {
    let caller: Caller
}
