import Foundation
package import KithDaemon
package import KithModel
package import KithSite

// What the daemon asks of a site beyond what everyone does.
extension LocalSite: DaemonSite {
    package func servePeers(
        listen: ListenAddress, onListening: @escaping @Sendable (String) -> Void
    ) async throws {
        try await servePeers(on: listen.description, onListening: onListening)
    }

    package func renewCertificateIfNeeded(at now: Instant) async throws {
        try renewCertificate(ifNeededAt: now)
    }
}
