internal import Foundation
internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import KithSite
internal import NIOCore
internal import NIOPosix

/// One call over a connection of its own.
///
/// Connecting to a Unix socket costs well under a millisecond, and a connection for each call
/// leaves nothing to keep alive, to notice dying, or to close.
struct ControlConnection {
    let home: String

    /// Sends a request and gives each answer to `receive`, in order.
    func call(
        _ request: Kith_V1_CallRequest,
        receive: @escaping @Sendable (Kith_V1_CallResponse) throws -> Void
    ) async throws {
        guard let descriptor = try ControlSocket.connect(in: home) else {
            throw ControlFailure.absent
        }
        do {
            let transport = try await makeTransport(descriptor)
            try await withGRPCClient(transport: transport) { client in
                var options = CallOptions.defaults
                options.maxRequestMessageBytes = ControlLimits.messageBytes
                options.maxResponseMessageBytes = ControlLimits.messageBytes
                try await Kith_V1_Control.Client(wrapping: client).call(
                    request, options: options
                ) { response in
                    for try await message in response.messages { try receive(message) }
                }
            }
        } catch let error as SiteError {
            throw error
        } catch {
            try Task.checkCancellation()
            throw siteError(for: error)
        }
    }

    private func makeTransport(
        _ descriptor: Int32
    ) async throws -> HTTP2ClientTransport.WrappedChannel {
        let config = HTTP2ClientTransport.WrappedChannel.Config.defaults { config in
            config.http2.targetWindowSize = ControlLimits.windowBytes
            config.http2.maxFrameSize = ControlLimits.frameBytes
            config.http2.authority = "kithd"
        }
        return try await .wrapping(config: config) { configure in
            try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .withConnectedSocket(descriptor) { configure($0) }
        }
    }

    private func siteError(for error: any Error) -> SiteError {
        guard let error = error as? RPCError else { return ControlFailure.brokenOff }
        return switch error.code {
        case .resourceExhausted: ControlFailure.answerTooLarge
        case .unimplemented: ControlFailure.unknownCommand("call")
        default: ControlFailure.brokenOff
        }
    }
}
