import GRPCCore
import NIOCore
import NIOPosix

extension TransportError {
    /// The failure of a call in this module's words; cancellation stays what it is.
    ///
    /// Throws `CancellationError` when the task itself was cancelled.
    static func explained(_ error: any Error) throws -> TransportError {
        if error is CancellationError || Task.isCancelled { throw CancellationError() }
        if let error = error as? TransportError { return error }
        guard let error = error as? RPCError else {
            return TransportError(
                .closed, "The connection to the other site broke. Try again later.", cause: error)
        }
        return explained(error)
    }

    private static func explained(_ error: RPCError) -> TransportError {
        switch error.code {
        case .unauthenticated, .permissionDenied:
            notAPeer(cause: error)
        case .failedPrecondition:
            TransportError(
                .refused, "The other site refused: \(printable(error.message, limit: 300))",
                cause: error)
        case .resourceExhausted:
            TransportError(
                .tooLarge,
                """
                A message was larger than the two sites allow. This is a fault of the sending \
                site's software: update it.
                """, cause: error)
        case .deadlineExceeded:
            TransportError(
                .timedOut, "The other site did not answer in time. Try again later.", cause: error)
        case .unimplemented:
            TransportError(
                .protocolError,
                "The other site does not know this call: its software is older. Update it.",
                cause: error)
        case .unavailable, .cancelled, .aborted, .unknown:
            TransportError(
                .closed, "The other site ended the connection. Try again later.", cause: error)
        default:
            TransportError(
                .protocolError,
                "The call failed at the other site. Its log says why; try again later.",
                cause: error)
        }
    }

    static func tooLarge(_ bytes: Int) -> TransportError {
        TransportError(
            .tooLarge,
            """
            A message of \(bytes) bytes was not sent: it is larger than sites take. This is a \
            fault of this software; report it.
            """)
    }

    static func notAPeer(cause: (any Error)?) -> TransportError {
        TransportError(
            .notAPeer,
            """
            The other site does not accept this one: it is not a peer there, or not any more, or \
            the invitation is over. Ask the other site for an invitation.
            """, cause: cause)
    }

    /// Why no connection came about, in words.
    static func unreachable(_ address: HostPort, _ error: any Error) -> TransportError {
        TransportError(
            .couldNotConnect,
            "Could not connect to \(address): \(reason(error)).", cause: error)
    }

    private static func reason(_ error: any Error) -> String {
        if let error = error as? NIOConnectionError {
            if let failure = error.connectionErrors.first { return reason(failure.error) }
            if error.dnsAError != nil || error.dnsAAAAError != nil { return nameNotFound }
        }
        if let error = error as? ChannelError, case .connectTimeout = error { return tookTooLong }
        if error is SocketAddressError { return nameNotFound }
        switch (error as? IOError)?.errnoCode {
        case ECONNREFUSED:
            return "the connection was refused. Check the port, and that kithd runs there"
        case ETIMEDOUT: return tookTooLong
        case EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN:
            return "there is no way to it from here. Check this machine's network and the address"
        case ECONNRESET, EPIPE:
            return "the connection was reset. A firewall may be in the way"
        default:
            return "the network reported an error. Check the address and this machine's network"
        }
    }

    private static let nameNotFound =
        "the name was not found. Check its spelling and this machine's name server"
    private static let tookTooLong =
        "nothing answered in time. Check the address, and that no firewall is in the way"
}
