import Foundation
import KithModel
import KithProtocol
import KithSite
import KithStore

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
    private func open() async throws -> [LiveSite] {
        var places: [LiveSite] = []
        let clock = JumpingClock()
        for number in 0..<Self.sites {
            let home = programs.path(Self.home(number))
            _ = try await LocalSite.initialise(
                home: home, name: "Place \(number)", kind: "other", ods: nil)
            places.append(try await LiveSite.open(home, clock))
        }
        return places
    }

    /// Has all join one partnership, and everybody know where the next one is.
    private func gather(_ places: [LiveSite]) async throws -> PartnershipID {
        let first = places[0]
        let partnership = try await first.site.createPartnership(
            PartnershipDraft(name: "Bench", purpose: "to be measured"))
        for place in places.dropFirst() { try await first.admit(place, to: "Bench") }
        // Everybody hears of everybody.
        for place in places.dropFirst() { _ = try await place.meet(first) }
        for (place, next) in Self.pairs(places) { try await place.learn(of: next) }
        while try await !areEqual(places, partnership.id) { _ = try await night(places) }
        return partnership.id
    }

    private static func pairs(_ places: [LiveSite]) -> [(LiveSite, LiveSite)] {
        Array(zip(places, places.dropFirst() + [places[0]]))
    }

    /// Each meets the next, one after the other; gives how many entries were sent to each site.
    private func night(_ places: [LiveSite]) async throws -> [SiteID: Int] {
        var received: [SiteID: Int] = [:]
        for (place, next) in Self.pairs(places) {
            let report = try await place.meet(next)
            received[place.id, default: 0] += report.received
            received[next.id, default: 0] += report.sent
        }
        return received
    }

    private func entries(_ places: [LiveSite]) async throws -> [Int] {
        var counts: [Int] = []
        for place in places { counts.append(try await place.site.status().entries) }
        return counts
    }

    private func areEqual(_ places: [LiveSite], _ partnership: PartnershipID) async throws -> Bool {
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
