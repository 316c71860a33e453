import Foundation
import KithModel
import KithProtocol
import KithSite
import KithStore
import Logging
import Synchronization

/// One partnership of a primary care network: what each home writes in a day, and nights in which each site
/// meets the next one alone.
struct Ring {
    let programs: Programs

    /// Thirteen homes, five practices, two trusts, a council and a housing group.
    private static let sites = 22
    private static let homes = 13
    /// What a home of forty beds edits in a day.
    private static let edits = 24
    private static let mostNights = 4

    func run(_ tell: (String) -> Void) async throws -> [Measure] {
        tell("a partnership of \(Self.sites) sites")
        let places = try await open()
        let partnership = try await gather(places)
        for place in places.prefix(Self.homes) {
            try await CarePlanLog(partnership: partnership).write(Self.edits, to: place.site)
        }
        let written = Self.homes * Self.edits
        var nights = 0
        var twice = 0
        var isEqual = false
        while nights < Self.mostNights, !isEqual {
            nights += 1
            let before = try await entries(places)
            let received = try await night(places)
            let after = try await entries(places)
            for (number, place) in places.enumerated() {
                twice += (received[place.id] ?? 0) - (after[number] - before[number])
            }
            isEqual = try await areEqual(places, partnership)
            tell("night \(nights): \(received.values.reduce(0, +)) entries arrived")
        }
        for place in places { await place.close() }
        for number in 0..<Self.sites { programs.remove(Self.home(number)) }
        let what = "\(Self.sites) sites, \(written) edits"
        return [
            Measure(
                "ring-nights", isEqual ? Double(nights) : .infinity, atMost: 2,
                "nights until all are equal; \(what)"),
            Measure(
                "ring-twice", Double(twice), atMost: 0, "entries sent twice to a site; \(what)"),
        ]
    }

    private static func home(_ number: Int) -> String { "ring-\(number)" }

    // MARK: The network

    /// Sites of this process, each listening.
    private func open() async throws -> [Place] {
        var places: [Place] = []
        let clock = JumpingClock()
        for number in 0..<Self.sites {
            let home = programs.path(Self.home(number))
            _ = try await LocalSite.initialise(
                home: home, name: "Place \(number)", kind: "other", ods: nil)
            places.append(try await Place.open(home, clock))
        }
        return places
    }

    /// Has all join one partnership, and everybody know where the next one is.
    private func gather(_ places: [Place]) async throws -> PartnershipID {
        let first = places[0]
        let partnership = try await first.site.createPartnership(
            PartnershipDraft(name: "Bench", purpose: "to be measured"))
        for place in places.dropFirst() {
            let invitation = try await first.site.invite(
                InvitationDraft(partnership: "Bench", addresses: [first.address]))
            guard let code = invitation.code else { throw BenchProblem("no code was made") }
            _ = try await place.site.join(code) { _ in }
            // Nobody lets in more than a few newcomers from one address at a time, and here all have one.
            first.clock.jump(minutes: 10)
        }
        // Everybody hears of everybody.
        for place in places.dropFirst() { _ = try await place.meet(first) }
        for (place, next) in Self.pairs(places) { try await place.learn(of: next) }
        while try await !areEqual(places, partnership.id) { _ = try await night(places) }
        return partnership.id
    }

    private static func pairs(_ places: [Place]) -> [(Place, Place)] {
        Array(zip(places, places.dropFirst() + [places[0]]))
    }

    /// Each meets the next, one after the other; gives how many entries were sent to each site.
    private func night(_ places: [Place]) async throws -> [SiteID: Int] {
        var received: [SiteID: Int] = [:]
        for (place, next) in Self.pairs(places) {
            let report = try await place.meet(next)
            received[place.id, default: 0] += report.received
            received[next.id, default: 0] += report.sent
        }
        return received
    }

    private func entries(_ places: [Place]) async throws -> [Int] {
        var counts: [Int] = []
        for place in places { counts.append(try await place.site.status().entries) }
        return counts
    }

    private func areEqual(_ places: [Place], _ partnership: PartnershipID) async throws -> Bool {
        var frontiers: Set<[String]> = []
        for place in places {
            frontiers.insert(
                try await place.site.bulk { transaction in
                    try Compartment.allCases.flatMap { compartment in
                        try transaction.frontier(CompartmentID(partnership, compartment))
                            .map { "\($0.hash)" }.sorted()
                    }
                })
        }
        return frontiers.count == 1
    }
}

/// The clock of all these sites.
private final class JumpingClock: Sendable {
    private let ahead = Mutex<Int64>(0)

    var now: Instant {
        Instant(milliseconds: Instant(Date()).milliseconds + ahead.withLock { $0 })
    }

    func jump(minutes: Int64) { ahead.withLock { $0 += minutes * 60_000 } }
}

/// A site of this process that listens.
private struct Place: Sendable {
    let site: LocalSite
    let id: SiteID
    let address: String
    let clock: JumpingClock
    private let serving: Task<Void, any Error>

    static func open(_ home: String, _ clock: JumpingClock) async throws -> Place {
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
        return Place(
            site: site, id: try await site.profile().site, address: address, clock: clock,
            serving: serving)
    }

    func close() async {
        serving.cancel()
        _ = await serving.result
        await site.close()
    }

    /// Is told where another site listens.
    func learn(of other: Place) async throws {
        _ = try await site.setPeer(
            PeerChange(peer: other.id.description, addresses: [other.address]))
    }

    func meet(_ other: Place) async throws -> SyncReport {
        let reports = try await site.sync([other.id.description]) { _ in }
        guard let report = reports.first, report.isEqual else {
            throw BenchProblem("two sites did not become equal: \(reports.first?.problem ?? "")")
        }
        return report
    }
}
