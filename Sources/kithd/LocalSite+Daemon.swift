import Foundation
package import KithDaemon
package import KithModel
import KithReview
package import KithSite
package import Logging

// What the daemon asks of a site beyond what everyone does.
extension LocalSite: DaemonSite {
    package func servePeers(
        listen: ListenAddress, onListening: @escaping @Sendable (String) -> Void
    ) async throws {
        try await servePeers(on: listen.description, onListening: onListening)
    }

    package func serveWeb(
        _ settings: WebSettings, logger: Logger,
        onListening: @escaping @Sendable (String) -> Void
    ) async throws {
        var files: ReviewConfiguration.Files?
        if let chain = settings.certificate, let key = settings.key {
            files = ReviewConfiguration.Files(chain: chain, key: key)
        }
        let configuration = ReviewConfiguration(
            host: settings.listen.host, port: settings.listen.port, names: settings.names,
            certificate: files,
            browsers: settings.needsBrowserCertificate ? .certificate : .any)
        try await ReviewServer(site: self, configuration: configuration, logger: logger)
            .run(onListening: onListening)
    }

    package func renewCertificateIfNeeded(at now: Instant) async throws {
        try renewCertificate(ifNeededAt: now)
    }

    package func awaitWriter() async throws { try await waitForWriter() }

    package func scrub() async throws -> Bool { try await scrubSome() }
}
