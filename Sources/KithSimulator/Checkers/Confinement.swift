import Foundation
import GRDB
import KithModel
import KithProtocol
import KithStore
import KithTrust

/// No site's disk or wire ever holds a byte of a compartment that it was not granted; a relay holds
/// nothing readable; what is written after a removal is sealed against who was removed; and nothing is
/// sent past the end of an agreement.
final class Confinement: Checker {
    private unowned let simulation: Simulation
    private let marker = Data(Texts.marker.utf8)
    /// What was found to be granted once, which it is for ever.
    private var everGranted: Set<Granted> = []

    /// That a site may hold a compartment, or read it.
    private struct Granted: Hashable {
        let site: SiteID
        let compartment: Compartment
        let partnership: PartnershipID
        let isReading: Bool
    }

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    // MARK: The wire

    /// Once whoever sends knows a member to be removed, or sharing with it has ended by their clock, nothing
    /// more goes to it but who is in; what was under way already may.
    func sent(_ message: Kith_V1_SessionMessage, from end: SessionEnd) throws {
        guard case .entries(let batch) = message.message, !end.site.isLiar else { return }
        let headers = batch.entries.compactMap {
            simulation.chronicle.read(header: $0.header).header
        }
        let places = Set(headers.map { CompartmentID($0.partnership, $0.feed.compartment) })
        // A message may be late by nights, in which whoever sent it learns of a removal.
        for id in places where id.compartment != .membership {
            guard
                isKnownToBeOut(end.peer.site, id.compartment, in: id.partnership, at: end.site)
            else { continue }
            throw violation(
                "\(end.site.name) sends \(id.compartment.name) to \(end.peer.name), which it knows to be removed from it"
            )
        }
        let before = Instant(milliseconds: simulation.now(at: end.site).milliseconds - 5_000)
        try simulation.read(at: end.site) { transaction in
            for id in places where id.compartment != .membership {
                for site in [end.peer.site, end.site.site] {
                    let grant = try transaction.grant(of: site, in: id.partnership)
                    guard let ends = grant?.ends, ends <= before else { continue }
                    throw violation(
                        "\(end.site.name) sends \(id.compartment.name) of \(id.partnership.short) to \(end.peer.name), with which sharing ended before"
                    )
                }
            }
        }
    }

    func arrived(
        _ bytes: Data, _ message: Kith_V1_SessionMessage, from: SessionEnd, at end: SessionEnd
    ) throws {
        if bytes.range(of: marker) != nil {
            throw violation("\(from.site.name) sends text to \(end.site.name) that is not sealed")
        }
        guard case .entries(let batch) = message.message, !from.site.isLiar else { return }
        for entry in batch.entries {
            guard let header = simulation.chronicle.read(header: entry.header).header else {
                continue
            }
            try check(header, from: from.site, to: end.site)
        }
    }

    private func check(_ header: EntryHeader, from: Installation, to: Installation) throws {
        let compartment = header.feed.compartment
        guard compartment != .membership else { return }
        guard isEverGranted(to.site, compartment, in: header.partnership) else {
            throw violation(
                "\(from.name) sends \(compartment.name) to \(to.name), which was never granted it")
        }
    }

    /// Whether any act ever granted a site to hold a compartment, or to read it.
    private func isEverGranted(
        _ site: SiteID, _ compartment: Compartment, in partnership: PartnershipID,
        isReading: Bool = false
    ) -> Bool {
        let name = Granted(
            site: site, compartment: compartment, partnership: partnership, isReading: isReading)
        if everGranted.contains(name) { return true }
        let graph = simulation.chronicle.graphs[partnership]
        let isGranted = graph?.acts(about: site).contains { node in
            guard case .act(let act?) = node.content else { return false }
            return switch act {
            case .found: true
            case .admit(_, let grant, _), .change(_, let grant, _):
                isReading ? grant.reads(compartment) : grant.holds(compartment)
            default: false
            }
        }
        if isGranted == true { everGranted.insert(name) }
        return isGranted ?? false
    }

    /// Whether an installation has long held an act of the founder that took a compartment from a
    /// site, and nothing that was written with knowledge of it gave it back. The founder ranks
    /// highest, so that act stands, while the founder itself is a member.
    private func isKnownToBeOut(
        _ site: SiteID, _ compartment: Compartment, in partnership: PartnershipID,
        at observer: Installation
    ) -> Bool {
        guard let graph = simulation.chronicle.graphs[partnership],
            let founding = graph.nodes(in: .membership).first(where: {
                if case .act(.found) = $0.content { $0.isAllowed } else { false }
            }), site != founding.author
        else { return false }
        func held(_ node: Graph.Node) -> Bool {
            simulation.chronicle.holds(node.hash, at: observer)
        }
        let isFounderTouched = graph.acts(about: founding.author).contains {
            $0.index != founding.index && held($0)
        }
        if isFounderTouched { return false }
        let acts = graph.acts(about: site).filter(held)
        return acts.contains { out in
            guard out.author == founding.author, Self.takes(out, compartment),
                let age = simulation.chronicle.age(of: out.hash, at: observer), age > 5_000
            else { return false }
            return !acts.contains { Self.gives($0, compartment, backAfter: out) }
        }
    }

    /// Whether an act takes a compartment from the site that it is about.
    private static func takes(_ out: Graph.Node, _ compartment: Compartment) -> Bool {
        switch out.content {
        case .act(.remove?): true
        case .act(.change(_, let grant, _)?): !grant.holds(compartment)
        default: false
        }
    }

    /// Whether an act may give the site back what another took.
    private static func gives(
        _ back: Graph.Node, _ compartment: Compartment, backAfter out: Graph.Node
    ) -> Bool {
        guard back.index != out.index else { return false }
        let grant: Grant
        switch back.content {
        case .act(.admit(_, let found, _)?), .act(.change(_, let found, _)?): grant = found
        default: return false
        }
        // Acts of the founder's own that knew nothing of each other are judged by hash.
        let isTwin = back.author == out.author && !out.knows(back.index)
        return grant.holds(compartment) && (back.knows(out.index) || isTwin)
    }

    // MARK: The disk

    func committed(_ arrivals: [Chronicle.Arrival], at installation: Installation) throws {
        for arrival in arrivals {
            let compartment = arrival.header.feed.compartment
            guard compartment != .membership, !installation.isLiar else { continue }
            if !isEverGranted(installation.site, compartment, in: arrival.header.partnership) {
                throw violation(
                    "\(installation.name) holds \(compartment.name), which it was never granted")
            }
            if arrival.isAuthored { try checkSeal(of: arrival, at: installation) }
        }
        let isHanded = arrivals.contains { arrival in
            let graph = simulation.chronicle.graphs[arrival.header.partnership]
            return graph?.node(arrival.hash)?.keys(handedTo: installation.site).isEmpty == false
        }
        guard isHanded, !installation.isLiar else { return }
        try simulation.read(at: installation) { try self.checkDisk(of: installation, $0) }
    }

    /// Nothing is sealed with a key that somebody has who the author knows to be out.
    private func checkSeal(of arrival: Chronicle.Arrival, at author: Installation) throws {
        let partnership = arrival.header.partnership
        guard let graph = simulation.chronicle.graphs[partnership] else { return }
        let compartment = arrival.header.feed.compartment
        for key in Set(arrival.header.parts.compactMap(\.key)) {
            var sites: Set<SiteID> = []
            for (site, act) in graph.recipients[key] ?? []
            where simulation.chronicle.holds(graph.nodes[act].hash, at: author)
                && sites.insert(site).inserted
                && isKnownToBeOut(site, compartment, in: partnership, at: author)
            {
                throw violation(
                    "\(author.name) seals \(compartment.name) with a key of a site that it knows to be removed"
                )
            }
        }
    }

    func nightEnded() throws {
        for installation in simulation.sites where installation.isRunning && !installation.isLiar {
            try simulation.read(at: installation) { try self.checkDisk(of: installation, $0) }
        }
    }

    /// Nobody reads a compartment that it was never granted to read; a relay reads none.
    private func checkDisk(of installation: Installation, _ transaction: StoreTransaction) throws {
        for row in try transaction.all(
            """
            SELECT DISTINCT uuid, compartment FROM compartment_key
            JOIN partnership ON partnership.id = partnership WHERE secret IS NOT NULL
            UNION SELECT DISTINCT partnership.uuid, compartment FROM record
            JOIN partnership ON partnership.id = partnership
            """)
        {
            guard let partnership = PartnershipID(bytes: row["uuid"] as Data),
                let compartment = Compartment(rawValue: row["compartment"])
            else { continue }
            if !isEverGranted(installation.site, compartment, in: partnership, isReading: true) {
                throw violation(
                    "\(installation.name) reads \(compartment.name), which it was never granted to read"
                )
            }
        }
    }
}
