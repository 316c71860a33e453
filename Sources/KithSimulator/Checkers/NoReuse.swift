import KithModel
import KithProtocol

/// One installation never signs a sequence of an incarnation twice.
final class NoReuse: Checker {
    private struct Place: Hashable {
        let installation: Int
        let identity: Int
        let partnership: PartnershipID
        let feed: FeedID
        let sequence: UInt64
    }

    private unowned let simulation: Simulation
    private var signed: [Place: EntryHash] = [:]

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    func committed(_ arrivals: [Chronicle.Arrival], at installation: Installation) throws {
        for arrival in arrivals where arrival.isAuthored && !installation.isLiar {
            let place = Place(
                installation: installation.number, identity: installation.identity,
                partnership: arrival.header.partnership, feed: arrival.header.feed,
                sequence: arrival.header.sequence)
            if let other = signed[place], other != arrival.hash {
                throw violation(
                    "\(installation.name) signed number \(place.sequence) of a feed in \(place.feed.compartment.name) twice: \(other.short) and \(arrival.hash.short)"
                )
            }
            signed[place] = arrival.hash
        }
    }
}
