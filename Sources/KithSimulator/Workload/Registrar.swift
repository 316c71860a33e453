import Foundation
import KithModel
import KithStore
import KithTrust

/// Who is in: stewards admit, change and remove, members leave, writers vote.
final class Registrar {
    private unowned let simulation: Simulation
    private var random: RandomSource

    init(_ simulation: Simulation) {
        self.simulation = simulation
        random = RandomSource(seed: simulation.plan.seed, purpose: "registrar")
    }

    /// What a site of a kind is usually granted.
    static func grant(for installation: Installation, isFirst: Bool) -> Grant {
        switch installation.kind {
        case "gpPractice":
            Grant(
                role: isFirst ? .steward : .contributor,
                compartments: [.relations, .personal, .clinical], mayAttest: true)
        case "acuteTrust", "communityTrust":
            Grant(
                role: .contributor, compartments: [.relations, .personal, .clinical],
                mayAttest: true)
        case "localAuthority":
            Grant(
                role: .contributor, compartments: [.relations, .personal, .restricted],
                mayAttest: false)
        case "housing":
            Grant(role: .contributor, compartments: [.relations], mayAttest: false)
        case "hospice":
            Grant(
                role: .reviewer, compartments: [.relations, .personal, .clinical], mayAttest: false)
        default:
            Grant(
                role: .relay, compartments: Set(Compartment.granted), mayAttest: false)
        }
    }

    /// Lets a site join, both sides of it, and has it call the inviter.
    func admit(
        _ joiner: Installation, _ grant: Grant, to id: PartnershipID, by inviter: Installation
    ) throws {
        let now = simulation.now(at: inviter)
        try simulation.write(at: inviter) {
            try $0.admit(joiner.profile, grant, invitation: Data(), to: id, now: now)
        }
        simulation.counts[.membershipActs] += 1
        simulation.chronicle.acknowledge(at: inviter)
        try simulation.noteStep(
            "\(inviter.name) admits \(joiner.name) as \(grant.role.name) to \(id.short)")
        guard joiner.isRunning else { return }
        let joined = simulation.now(at: joiner)
        try simulation.write(at: joiner) { transaction in
            if try !transaction.holdsPartnership(id) {
                try transaction.addPartnership(
                    id, name: "joining", purpose: "", isPrivate: false, sponsor: inviter.site,
                    now: joined)
            }
            try transaction.setPeer(
                inviter.site, name: inviter.name, root: inviter.card.root,
                addresses: ["\(inviter.name):4720"], isEnabled: true)
        }
        simulation.after(1_000, at: joiner) { [self] in
            try Sync.run(from: joiner, to: inviter.site, simulation) { _ in }
        }
    }

    /// One act about the members of a partnership, by one that may.
    func act(in id: PartnershipID, among sites: [Installation]) throws {
        let able = try sites.filter { installation in
            try installation.isRunning && !installation.isLiar && installation.original == nil
                && grant(of: installation, in: id, at: installation)?.writes == true
        }
        guard let actor = random.pick(able), let own = try grant(of: actor, in: id, at: actor)
        else { return }
        let members = try simulation.read(at: actor) { transaction in
            try transaction.partnerships().first { $0.id == id }?.members ?? []
        }
        do {
            if own.role == .steward {
                try actAsSteward(actor, own, members, in: id, among: sites)
            } else if members.allSatisfy({ $0.grant.role != .steward }) {
                try elect(members, in: id, by: actor)
            } else if random.chance(permille: 200) {
                try remove(actor.site, from: id, by: actor)
            }
        } catch let error as StoreError where error.code == .other {
            simulation.counts[.refusedEdits] += 1
            try simulation.noteStep("\(actor.name) refuses: \(error.description)")
        }
    }

    private func grant(
        of installation: Installation, in id: PartnershipID, at observer: Installation
    ) throws -> Grant? {
        try simulation.read(at: observer) { transaction in
            guard try transaction.holdsPartnership(id) else { return nil }
            return try transaction.grant(of: installation.site, in: id)
        }
    }

    private func actAsSteward(
        _ actor: Installation, _ own: Grant, _ members: [StoredMember], in id: PartnershipID,
        among sites: [Installation]
    ) throws {
        let others = members.filter { $0.profile.site != actor.site }
        let outside = sites.filter { site in
            site.original == nil && !members.contains { $0.profile.site == site.site }
        }
        switch random.number(below: 10) {
        case ..<4:
            guard let joiner = random.pick(outside) else { return }
            var grant = Self.grant(for: joiner, isFirst: false)
            grant.compartments.formIntersection(own.compartments)
            try admit(joiner, grant, to: id, by: actor)
        case ..<8:
            guard let member = random.pick(others) else { return }
            try change(member, within: own, in: id, by: actor)
        default:
            guard let member = random.pick(others), members.count > 3 else { return }
            try remove(member.profile.site, from: id, by: actor)
        }
    }

    /// Gives a member more or less than it has.
    private func change(
        _ member: StoredMember, within own: Grant, in id: PartnershipID, by actor: Installation
    ) throws {
        var grant = member.grant
        if random.chance(permille: 500), let more = random.pick(own.compartments.sorted()) {
            if grant.compartments.remove(more) == nil { grant.compartments.insert(more) }
        } else {
            let roles: [Role] = [.reviewer, .contributor, .contributor, .steward]
            grant.role = random.pick(roles) ?? .contributor
        }
        guard grant != member.grant else { return }
        let now = simulation.now(at: actor)
        try simulation.write(at: actor) {
            try $0.change(member.profile.site, to: grant, in: id, now: now)
        }
        try told(
            actor,
            "changes \(member.profile.name) to \(grant.role.name) of \(grant.compartments.sorted().map(\.name).joined(separator: ", "))",
            id)
    }

    private func remove(_ site: SiteID, from id: PartnershipID, by actor: Installation) throws {
        let now = simulation.now(at: actor)
        try simulation.write(at: actor) { try $0.remove(site, from: id, now: now) }
        let name = simulation.sites.first { $0.site == site }?.name ?? site.short
        try told(actor, site == actor.site ? "leaves" : "removes \(name)", id)
    }

    private func elect(
        _ members: [StoredMember], in id: PartnershipID, by actor: Installation
    ) throws {
        // Everyone votes for the same one, or there is never a steward again.
        guard
            let chosen = members.filter(\.grant.writes).map(\.profile).min(by: { $0.site < $1.site }
            )
        else { return }
        let now = simulation.now(at: actor)
        try simulation.write(at: actor) { try $0.elect(chosen.site, in: id, now: now) }
        try told(actor, "votes for \(chosen.name)", id)
    }

    private func told(_ actor: Installation, _ what: String, _ id: PartnershipID) throws {
        simulation.counts[.membershipActs] += 1
        simulation.chronicle.acknowledge(at: actor)
        try simulation.noteStep("\(actor.name) \(what) in \(id.short)")
    }
}
