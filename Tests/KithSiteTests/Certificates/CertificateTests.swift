import Foundation
import KithModel
import KithSite
import KithTransport
import KithTrust
import Synchronization
import Testing

/// TLS certificates of a site that runs for months, over real TLS.
@Suite(.timeLimit(.minutes(10))) struct CertificateTests {
    private static let day: Int64 = 86_400_000

    private func inDays(_ days: Int64) -> Instant {
        Instant(milliseconds: Instant(Date()).milliseconds + days * Self.day)
    }

    @Test func `a leaf is renewed well before it ends, while the site goes on serving`()
        async throws
    {
        let elm = try await OpenSite("Elm House")
        let stranger = try Stranger()
        try await elm.serving { address in
            // An invitation lets the stranger look at the certificate that is shown.
            let inviter = try await elm.invitation(at: address).inviter
            func isExpired(at now: Instant) async throws -> Bool {
                let identity = try stranger.issuer.issue(now: Instant(Date()))
                return try await PeerClient(identity: { identity }, now: { now }).withConnection(
                    to: HostPort(text: address), expecting: inviter, root: nil
                ) { $0.isLeafExpired }
            }
            let first = try await elm.site.status().certificateEnds
            try elm.site.renewCertificate(ifNeededAt: inDays(59))
            #expect(try await elm.site.status().certificateEnds == first, "there is time yet")
            #expect(try await isExpired(at: inDays(91)))
            try elm.site.renewCertificate(ifNeededAt: inDays(61))
            #expect(try await elm.site.status().certificateEnds > first)
            #expect(try await !isExpired(at: inDays(91)), "shown without a restart")
            // A daemon whose clock ran ahead does not keep a leaf of the future.
            try elm.site.renewCertificate(ifNeededAt: inDays(4000))
            try elm.site.renewCertificate(ifNeededAt: inDays(0))
            #expect(try await elm.site.status().certificateEnds < inDays(91))
        }
    }

    @Test func `a partner whose leaf has expired meets, and its people are to be told`()
        async throws
    {
        let (elm, riverside) = (try await OpenSite("Elm House"), try await OpenSite("Riverside"))
        try await elm.serving { address in
            let code = try await elm.invitation(at: address)
            _ = try await riverside.site.join(code.text, progress: { _ in })
            func warnings() async throws -> [Finding] {
                try await elm.site.doctor().filter { $0.check == "certificate" }
            }
            #expect(try await warnings().isEmpty)
            // Riverside's daemon as it would be after a year without renewal.
            let old = try riverside.leaf(at: inDays(-400))
            try await PeerClient(identity: { old }).withConnection(
                to: HostPort(text: address), expecting: code.inviter, root: nil
            ) { connection in
                try await connection.runSession { _ in }
            }
            for _ in 0..<500 where try await warnings().isEmpty {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(try await warnings().first?.message.contains("Riverside has expired") == true)
            #expect(try await elm.site.status().peers.first?.isCertificateExpired == true)
            // With a renewed leaf all is well again.
            try await riverside.syncAll()
            #expect(try await warnings().isEmpty)
        }
    }
}
