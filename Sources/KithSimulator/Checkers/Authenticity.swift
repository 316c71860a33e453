import Foundation
import GRDB
import KithModel
import KithProtocol
import KithStore
import KithTrust

/// No state derives from an entry that its stated author did not sign, and nothing takes effect
/// that its author was not entitled to write.
final class Authenticity: Checker {
    private unowned let simulation: Simulation
    private let cards: [SiteID: SiteCard]
    /// What each site was granted by acts of sites that were stewards by such acts.
    private var granted: [PartnershipID: [SiteID: [Grant]]] = [:]
    private var looked: Set<EntryHash> = []

    init(_ simulation: Simulation) {
        self.simulation = simulation
        cards = Dictionary(uniqueKeysWithValues: SiteCard.all.map { ($0.keys.site, $0) })
    }

    /// What was damaged on a site's disk is not sent on.
    func sent(_ message: Kith_V1_SessionMessage, from end: SessionEnd) throws {
        guard case .entries(let batch) = message.message, !end.site.isLiar else { return }
        for entry in batch.entries {
            let hash = EntryHash(header: entry.header)
            guard let parsed = try? ParsedEntry(ReceivedEntry(entry)),
                let node = simulation.chronicle.graphs[parsed.header.partnership]?.node(hash),
                let card = cards[node.author],
                EntrySignature.isValid(
                    parsed.received.signature, of: hash, by: card.keys.identity.publicKey,
                    end.site.cryptography)
            else {
                throw violation(
                    "\(end.site.name) sends \(hash.short), which is not as it was signed")
            }
        }
    }

    func committed(_ arrivals: [Chronicle.Arrival], at installation: Installation) throws {
        for arrival in arrivals {
            let author = arrival.header.feed.author
            guard let card = cards[author],
                simulation.book.holds(entry: arrival.hash.bytes, by: card.publicKey)
            else {
                throw violation(
                    "\(installation.name) holds the entry \(arrival.hash.short), which its author never signed"
                )
            }
            if looked.insert(arrival.hash).inserted { note(arrival) }
        }
        try checkEffects(of: arrivals, at: installation)
    }

    /// The entries come here in a causal order, so whoever admits was admitted before.
    private func note(_ arrival: Chronicle.Arrival) {
        let partnership = arrival.header.partnership
        guard
            case .act(let act?) = simulation.chronicle.graphs[partnership]?.node(arrival.hash)?
                .content
        else { return }
        let author = arrival.header.feed.author
        let isSteward = granted[partnership]?[author]?.contains { $0.role == .steward } ?? false
        func add(_ grant: Grant, to site: SiteID) {
            granted[partnership, default: [:]][site, default: []].append(grant)
        }
        switch act {
        case .found(let nonce, _, _, let founder)
        where PartnershipID(founder: author, nonce: Array(nonce)) == partnership:
            add(.founder, to: founder.site)
        case .admit(let profile, let grant, _) where isSteward: add(grant, to: profile.site)
        case .change(let site, let grant, _) where isSteward || site == author:
            let isNarrower = granted[partnership]?[site]?.contains { grant.isWithin($0) } ?? false
            if isSteward || isNarrower { add(grant, to: site) }
        case .elect(let site):
            let votes = granted[partnership]?[author]?.contains { $0.writes } ?? false
            if votes { add(Grant(role: .steward, compartments: [], mayAttest: false), to: site) }
        default: break
        }
    }

    private func checkEffects(
        of arrivals: [Chronicle.Arrival], at installation: Installation
    ) throws {
        for arrival in arrivals where arrival.header.feed.compartment != .membership {
            let grants = granted[arrival.header.partnership]?[arrival.header.feed.author] ?? []
            let joined = grants.reduce(nil as Grant?) { $0?.joined(with: $1) ?? $1 }
            let mayWrite =
                joined?.mayWrite(arrival.header.entryClass, in: arrival.header.feed.compartment)
                ?? false
            if mayWrite { continue }
            let isApplied = try simulation.read(at: installation) { transaction in
                try !transaction.all(
                    """
                    SELECT 1 FROM entry WHERE hash = ?
                        AND NOT EXISTS (SELECT 1 FROM set_aside WHERE entry = arrival)
                    """, [Data(arrival.hash.bytes)]
                ).isEmpty
            }
            if isApplied {
                throw violation(
                    "\(installation.name) applies \(arrival.hash.short), which its author was never entitled to write"
                )
            }
        }
    }
}
