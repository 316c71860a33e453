import Foundation
import KithModel
import KithSite
import Logging
import Synchronization

/// The clock of all these sites.
final class JumpingClock: Sendable {
    private let ahead = Mutex<Int64>(0)

    var now: Instant {
        Instant(milliseconds: Instant(Date()).milliseconds + ahead.withLock { $0 })
    }

    func jump(minutes: Int64) { ahead.withLock { $0 += minutes * 60_000 } }
}

/// A site of this process that listens.
struct LiveSite: Sendable {
    let site: LocalSite
    let id: SiteID
    let address: String
    let clock: JumpingClock
    private let serving: Task<Void, any Error>

    static func open(_ home: String, _ clock: JumpingClock) async throws -> LiveSite {
        let quiet = Logger(label: "kith-bench") { _ in SwiftLogNoOpLogHandler() }
        let site = try await LocalSite.open(home: home, logger: quiet, clock: { clock.now })
        let (addresses, listening) = AsyncStream<String>.makeStream()
        let serving = Task {
            defer { listening.finish() }
            try await site.servePeers(on: "127.0.0.1:0") { listening.yield($0) }
        }
        guard let address = await addresses.first(where: { _ in true }) else {
            throw BenchProblem("a site does not listen")
        }
        return LiveSite(
            site: site, id: try await site.profile().site, address: address, clock: clock,
            serving: serving)
    }

    func close() async {
        serving.cancel()
        _ = await serving.result
        await site.close()
    }

    /// Lets another site in, with a code, as people do.
    func admit(_ other: LiveSite, to partnership: String) async throws {
        let invitation = try await site.invite(
            InvitationDraft(partnership: partnership, addresses: [address]))
        guard let code = invitation.code else { throw BenchProblem("no code was made") }
        _ = try await other.site.join(code) { _ in }
        // Nobody lets in more than a few newcomers from one address at a time, and here all have one.
        clock.jump(minutes: 10)
    }

    /// Is told where another site listens.
    func learn(of other: LiveSite) async throws {
        _ = try await site.setPeer(
            PeerChange(peer: other.id.description, addresses: [other.address]))
    }

    func meet(_ other: LiveSite) async throws -> SyncReport {
        let reports = try await site.sync([other.id.description]) { _ in }
        guard let report = reports.first, report.isEqual else {
            throw BenchProblem("two sites did not become equal: \(reports.first?.problem ?? "")")
        }
        return report
    }
}
