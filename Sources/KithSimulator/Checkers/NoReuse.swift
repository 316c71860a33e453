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
    /// Places that were signed twice.
    private var doubtful: Set<Place> = []

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    func committed(_ arrivals: [Chronicle.Arrival], at installation: Installation) throws {
        for arrival in arrivals where arrival.isAuthored && !installation.isLiar {
            let place = Place(
                installation: installation.number, identity: installation.identity,
                partnership: arrival.header.partnership, feed: arrival.header.feed,
                sequence: arrival.header.sequence)
            signed[place, default: []].insert(arrival.hash)
            if signed[place]?.count ?? 0 > 1 { doubtful.insert(place) }
        }
    }

    func nightEnded() throws {
        for place in doubtful {
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

    func settled() throws { try nightEnded() }
}
