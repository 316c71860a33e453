import KithModel
import KithProtocol
import KithStore
import KithTrust

/// What a person was told is saved is at its author after any crash, and in the end at every member
/// that holds its compartment; and what a peer was told is saved is on disk.
final class NothingLost: Checker {
    private unowned let simulation: Simulation

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    func sent(_ message: Kith_V1_SessionMessage, from end: SessionEnd) throws {
        guard case .acknowledge(let acknowledge) = message.message, !end.site.isLiar else { return }
        for hash in end.batches[acknowledge.batch] ?? []
        where !simulation.chronicle.holds(hash, at: end.site) {
            throw violation(
                "\(end.site.name) acknowledges \(hash.short), which is not on its disk")
        }
    }

    func restarted(_ installation: Installation) throws {
        let chronicle = simulation.chronicle
        for hash in chronicle.acknowledged[installation.number] ?? []
        where !chronicle.setBack.contains(hash) && !chronicle.holds(hash, at: installation) {
            throw violation(
                "\(installation.name) has lost \(hash.short), which it had said was saved")
        }
    }

    func settled() throws {
        let honest = simulation.sites.filter { !$0.isLiar }
        for author in honest {
            try restarted(author)
            var fellows: [CompartmentID: [Installation]] = [:]
            for hash in simulation.chronicle.acknowledged[author.number] ?? [] {
                guard simulation.chronicle.holds(hash, at: author),
                    let node = simulation.chronicle.graphs.values.lazy.compactMap({ $0.node(hash) })
                        .first
                else { continue }
                let id = CompartmentID(node.header.partnership, node.compartment)
                let members =
                    try fellows[id]
                    ?? honest.filter { try isFellow($0, of: author, in: id, honest) }
                fellows[id] = members
                try check(hash, of: author, in: id, isAt: members)
            }
        }
    }

    private func check(
        _ hash: EntryHash, of author: Installation, in id: CompartmentID,
        isAt members: [Installation]
    ) throws {
        let chronicle = simulation.chronicle
        for member in members where !chronicle.holds(hash, at: member) {
            let holders = simulation.sites.filter { chronicle.holds(hash, at: $0) }
            throw violation(
                "\(hash.short) of \(author.name), saved long ago in \(id.compartment.name) of \(id.partnership.short), is not at \(member.name), only at \(holders.map(\.name).joined(separator: ", "))"
            )
        }
    }

    /// Whether both sites say that both hold a compartment. Two installations of one site meet only
    /// through others: what nobody holds whom both of them know stays where it is.
    private func isFellow(
        _ member: Installation, of author: Installation, in id: CompartmentID,
        _ honest: [Installation]
    ) throws -> Bool {
        if member !== author, member.site == author.site,
            try !honest.contains(where: {
                let both = [$0.site, author.site]
                return try $0.site != author.site
                    && simulation.agree($0, author, that: both, in: id)
                    && simulation.agree($0, member, that: both, in: id)
            })
        {
            return false
        }
        return try simulation.agree(member, author, that: [member.site, author.site], in: id)
    }
}

extension Simulation {
    /// Whether two installations both say that some sites hold a compartment, and share it to this day.
    func agree(
        _ one: Installation, _ other: Installation, that sites: [SiteID], in id: CompartmentID
    ) throws -> Bool {
        try [one, other].allSatisfy { observer in
            let now = now(at: observer)
            return try read(at: observer) { transaction in
                guard try transaction.holdsPartnership(id.partnership) else { return false }
                return try sites.allSatisfy {
                    try transaction.grant(of: $0, in: id.partnership)?
                        .shares(id.compartment, at: now)
                        ?? false
                }
            }
        }
    }
}
