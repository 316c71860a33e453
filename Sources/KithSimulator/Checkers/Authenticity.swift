import Foundation
import GRDB
import KithModel
import KithProtocol
import KithStore
import KithTrust

/// No state derives from an entry that its stated author did not sign, and nothing takes effect
/// that its author was not entitled to write. A signature that somebody spoiled on the way is let in
/// where a later entry vouches for it (D2): the next scrub lists it, and in the end it is well wherever
/// a fellow member holds it well.
final class Authenticity: Checker {
    private unowned let simulation: Simulation
    private let cards: [SiteID: SiteCard]
    /// What each site was granted by acts of sites that were stewards by such acts.
    private var granted: [PartnershipID: [SiteID: [Grant]]] = [:]
    /// All of that joined, which is what an author may write by.
    private var joined: [PartnershipID: [SiteID: Grant]] = [:]
    private var looked: Set<EntryHash> = []
    /// What was sent before and matched its digests, and the signatures that were their authors'.
    private var whole: [EntryHash: Kith_V1_Entry] = [:]
    private var signed: [EntryHash: Data] = [:]
    /// What each installation listed as damaged when it was last looked at.
    private var listed: [Int: Set<EntryHash>] = [:]

    init(_ simulation: Simulation) {
        self.simulation = simulation
        cards = Dictionary(uniqueKeysWithValues: SiteCard.all.map { ($0.keys.site, $0) })
    }

    /// What was damaged on a site's disk is not sent on: each entry is signed, or one of the batch that
    /// continues it is; and what erased something is signed itself.
    func sent(_ message: Kith_V1_SessionMessage, from end: SessionEnd) throws {
        guard case .entries(let batch) = message.message, !end.site.isLiar else { return }
        var vouched: Set<EntryHash> = []
        for entry in batch.entries.reversed() {
            let (hash, header) = simulation.chronicle.read(header: entry.header)
            guard whole[hash] == entry || (try? ParsedEntry(ReceivedEntry(entry))) != nil,
                let header,
                let node = simulation.chronicle.graphs[header.partnership]?.node(hash),
                vouched.contains(hash) && header.entryClass != .erasure
                    || isSigned(entry, hash, by: node.author, end.site)
            else {
                throw violation(
                    "\(end.site.name) sends \(hash.short), which is not as it was signed")
            }
            whole[hash] = entry
            if let previous = node.header.previous { vouched.insert(previous) }
        }
        for proof in batch.erasures {
            let (hash, header) = simulation.chronicle.read(header: proof.header)
            guard let author = header?.feed.author, isSigned(proof, hash, by: author, end.site)
            else {
                throw violation(
                    "\(end.site.name) proves an erasure by \(hash.short), which is not signed")
            }
        }
    }

    private func isSigned(
        _ entry: Kith_V1_Entry, _ hash: EntryHash, by author: SiteID, _ sender: Installation
    ) -> Bool {
        if signed[hash] == entry.signature { return true }
        guard let card = cards[author],
            EntrySignature.isValid(
                entry.signature, of: hash, by: card.root.publicKey, sender.cryptography)
        else { return false }
        signed[hash] = entry.signature
        return true
    }

    func scrubbed(_ installation: Installation) throws {
        let spoiled = try simulation.chronicle.spoiled(at: installation)
        let now = try look(at: installation)
        if let hidden = spoiled.subtracting(now).min() {
            throw violation(
                "\(installation.name) has looked its log through, and does not list \(hidden.short), whose signature is spoiled"
            )
        }
    }

    /// What an installation lists as damaged.
    private func look(at installation: Installation) throws -> Set<EntryHash> {
        let now = try simulation.read(at: installation) { try $0.damagedHashes() }
        let mended = (listed[installation.number] ?? []).subtracting(now).filter {
            simulation.chronicle.holds($0, at: installation)
        }
        simulation.counts[.mended] += mended.count
        listed[installation.number] = now
        return now
    }

    func settled() throws {
        let honest = simulation.sites.filter { !$0.isLiar }
        let unwell = try honest.map { try look(at: $0) }
        for (installation, damaged) in zip(honest, unwell) {
            for hash in damaged.sorted() {
                guard
                    let node = simulation.chronicle.graphs.values.lazy.compactMap({ $0.node(hash) })
                        .first
                else { continue }
                let id = CompartmentID(node.header.partnership, node.compartment)
                let helper = try zip(honest, unwell).first { other, theirs in
                    try other.site != installation.site && !theirs.contains(hash)
                        && simulation.chronicle.holds(hash, at: other)
                        && simulation.agree(
                            installation, other, that: [installation.site, other.site], in: id)
                }
                if let helper {
                    throw violation(
                        "\(hash.short) is damaged at \(installation.name) to the end, and well at \(helper.0.name)"
                    )
                }
            }
        }
    }

    func committed(_ arrivals: [Chronicle.Arrival], at installation: Installation) throws {
        // Which entries were ever signed does not change.
        for arrival in arrivals where looked.insert(arrival.hash).inserted {
            let author = arrival.header.feed.author
            guard let card = cards[author],
                simulation.book.holds(entry: arrival.hash.bytes, by: card.publicKey)
            else {
                throw violation(
                    "\(installation.name) holds the entry \(arrival.hash.short), which its author never signed"
                )
            }
            note(arrival)
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
            let before = joined[partnership]?[site]
            joined[partnership, default: [:]][site] = before?.joined(with: grant) ?? grant
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
            let grant = joined[arrival.header.partnership]?[arrival.header.feed.author]
            let mayWrite =
                grant?.mayWrite(arrival.header.entryClass, in: arrival.header.feed.compartment)
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

extension StoreTransaction {
    /// The entries that are listed as damaged.
    fileprivate func damagedHashes() throws -> Set<EntryHash> {
        Set(
            try all("SELECT hash FROM damaged JOIN entry ON arrival = damaged.entry")
                .map { try Chronicle.hash($0["hash"]) })
    }
}
