package import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
package import KithModel
package import KithSite
package import Logging
package import NIOCore

/// The web page of a site: GP-liaison staff and the home's own people read and write through it.
public struct ReviewServer: Sendable {
    private let review: Review
    private let certificates: WebCertificates
    private let logger: Logger
    private let patience: TimeAmount

    /// Prepares to serve; `patience` is how long a handshake or a request may take.
    package init(
        site: LocalSite, configuration: ReviewConfiguration, logger: Logger,
        zone: TimeZone = .current, patience: TimeAmount? = nil,
        now: @escaping @Sendable () -> Instant = { Instant(Date()) }
    ) async throws {
        let profile = try await site.profile()
        review = Review(
            site: site, siteName: profile.name, configuration: configuration, zone: zone, now: now)
        certificates = WebCertificates(site: site, configuration: configuration, now: now)
        self.logger = logger
        self.patience = patience ?? ReviewLimits.request
    }

    /// Serves until the task is cancelled or stopped gracefully; `onListening` is told the address.
    ///
    /// Errors: `SiteError` when the certificate or the address cannot be used.
    public func run(onListening: @escaping @Sendable (String) -> Void) async throws {
        let gatekeeper = Gatekeeper(review: review, routes: Routes.all, logger: logger)
        try await serve(onListening: onListening) { await gatekeeper.answer($0, on: $1) }
    }

    /// Answers every request alike with a resident's page whose text was read once, as somebody would
    /// see it: the markup of the real page without what is asked and read for each request, to measure
    /// that one against. Nobody signs in to it, so that only a program of measures may run it.
    package func run(
        fixing resident: String, asSeenBy login: String,
        onListening: @escaping @Sendable (String) -> Void
    ) async throws {
        let page = try await FixedPage(review, resident: resident, login: login)
        try await serve(onListening: onListening) { _, _ in page.answer() }
    }

    private func serve(
        onListening: @escaping @Sendable (String) -> Void,
        _ answer: @escaping @Sendable (Request, any Channel) async -> Answer
    ) async throws {
        // What is wrong with the certificate is told now, not to the first browser.
        _ = try certificates.context()
        let (ordinary, later) = (
            PageThreads(ReviewLimits.pagesAtOnce),
            PageThreads(ReviewLimits.pagesDuringSync, niceness: PageThreads.behindSync)
        )
        defer {
            ordinary.stop()
            later.stop()
        }
        let responder = CallbackResponder<ReviewContext> { [site = review.site] request, context in
            let response = await withTaskExecutorPreference(site.isSyncing ? later : ordinary) {
                StrictHeaders.response(await answer(request, context.channel))
            }
            return request.method == .head ? response.createHeadResponse() : response
        }
        var quiet = logger
        quiet.logLevel = max(quiet.logLevel, .error)
        let configuration = review.configuration
        let application = Application(
            responder: responder,
            server: HTTPServerBuilder { [certificates, review, patience] respond in
                WebDoor(
                    responder: respond, certificates: certificates, site: review.site,
                    configuration: configuration, patience: patience)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                availableConnectionsDelegate: .maximum(ReviewLimits.connections, logger: quiet)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? configuration.port
                let host = configuration.host
                onListening(host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)")
            }, logger: quiet)
        do {
            try await application.run()
        } catch let error as IOError {
            throw SiteError(
                .network,
                "the web page cannot listen on \(configuration.host):\(configuration.port) (error \(error.errnoCode)): choose another address with web.listen, or stop what listens there"
            )
        }
    }
}

/// What the server tells of a request besides its bytes.
struct ReviewContext: InitializableFromSource, Sendable {
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        channel = source.channel
    }
}
