import KithModel
import KithProtocol

/// One installation never signs a sequence of an incarnation twice, where the first has come to
/// anybody. What was lost with the disk before that cannot be told from what never was.
final class NoReuse: Checker {
    private struct Place: Hashable {
        let installation: Int
        let identity: Int
        let partnership: PartnershipID
        let feed: FeedID
        let sequence: UInt64
    }

    private unowned let simulation: Simulation
    private var signed: [Place: Set<EntryHash>] = [:]
    /// What was signed at places that were signed twice.
    private var suspects: [EntryHash: Place] = [:]

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    func committed(_ arrivals: [Chronicle.Arrival], at installation: Installation) throws {
        for arrival in arrivals {
            if arrival.isAuthored, !installation.isLiar { note(arrival, at: installation) }
            if let place = suspects[arrival.hash] { try check(place) }
        }
    }

    private func note(_ arrival: Chronicle.Arrival, at installation: Installation) {
        let place = Place(
            installation: installation.number, identity: installation.identity,
            partnership: arrival.header.partnership, feed: arrival.header.feed,
            sequence: arrival.header.sequence)
        let all = signed[place, default: []].union([arrival.hash])
        signed[place] = all
        guard all.count > 1 else { return }
        for hash in all { suspects[hash] = place }
    }

    private func check(_ place: Place) throws {
        let installation = simulation.sites[place.installation]
        let known = (signed[place] ?? []).filter {
            simulation.chronicle.isKnown($0, outside: installation)
        }
        guard known.count < 2 else {
            throw violation(
                "\(installation.name) signed number \(place.sequence) of a feed in \(place.feed.compartment.name) \(known.count) times: \(known.map(\.short).sorted().joined(separator: " "))"
            )
        }
    }
}
