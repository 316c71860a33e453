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

    @Test
    func `three sites that were off for a year meet at once, warn, and are renewed as they run`()
        async throws
    {
        let (village, clock, plans) = (try Village(), VillageClock(), "Plans")
        let practice = try await village.site("Riverside", kind: "gp-practice", clock: clock.read)
        let elm = try await village.site("Elm", clock: clock.read)
        let oak = try await village.site("Oak", clock: clock.read)
        let sites = [practice, elm, oak]
        try await practice.found(plans)
        for site in [elm, oak] { try await practice.admit(site, to: plans) }
        try await elm.sync(with: practice)
        try await elm.meet(oak)
        func warnings(_ site: Neighbour) async throws -> [String] {
            try await site.site.doctor().filter { $0.check == "certificate" }.map(\.message)
                .sorted()
        }
        for site in sites { #expect(try await warnings(site).isEmpty, "\(site.name)") }

        // Suspended, all three, with nobody to renew anything; and then all at once awake.
        clock.pass(days: 400)
        for site in sites {
            let status = try await site.site.status()
            #expect(status.certificateEnds < clock.read(), "\(site.name)")
            let said = try await warnings(site)
            #expect(said.count == 1 && said[0].contains("own ends at"), "\(said)")
        }
        let resident = try await elm.add("resident", to: plans, "familyName=Whitfield")
        for (one, another) in [(elm, practice), (oak, practice), (elm, oak)] {
            let report = try await one.sync(with: another)
            #expect(report.isEqual, "\(report.problem ?? "")")
        }
        #expect(try await oak.words(resident, "familyName") == ["Whitfield"])
        for site in sites {
            // Each is told of the two others, that they were let in, and what to do.
            let expired = try await warnings(site).filter {
                $0.contains("it is accepted all the same")
            }
            #expect(expired.count == 2, "\(site.name): \(expired)")
            #expect(
                try await site.site.status().peers.filter(\.isCertificateExpired).count == 2,
                "\(site.name)")
        }

        // The daemons come to renew, while they serve and without a restart.
        for site in sites { try site.site.renewCertificate(ifNeededAt: clock.read()) }
        for (one, another) in [(elm, practice), (oak, practice), (elm, oak)] {
            #expect(try await one.sync(with: another).isEqual)
        }
        for site in sites {
            #expect(try await warnings(site).isEmpty, "\(site.name)")
            #expect(try await site.site.status().certificateEnds > clock.read(), "\(site.name)")
        }
        // One that was off altogether comes up with a leaf of that day.
        await oak.close()
        clock.pass(days: 400)
        let again = try await Neighbour.open(
            "Oak", home: oak.home, clock: clock.read, wiretap: village.wiretap)
        #expect(try await again.sync(with: practice).isEqual)
        #expect(
            try await warnings(again) == [
                "that of Riverside has expired; it is accepted all the same"
            ])
        try await village.expectEqual(plans, practice, again)
        await village.close(practice, elm, again)
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
