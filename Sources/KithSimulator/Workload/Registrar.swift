import Foundation
import KithModel
import KithProtocol
import KithStore
import KithTrust

/// Who is in: stewards admit, change and remove, members leave, writers vote.
final class Registrar {
    private unowned let simulation: Simulation
    private var random: RandomSource
    /// Who was let in to what, and by whom.
    private var admissions:
        [(joiner: Installation, partnership: PartnershipID, inviter: Installation)] = []

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
        // Noted first: the inviter may die right after it is on disk.
        admissions.append((joiner, id, inviter))
        try simulation.write(at: inviter) {
            try $0.admit(joiner.profile, grant, invitation: Data(), to: id, now: now)
        }
        simulation.counts[.membershipActs] += 1
        simulation.chronicle.acknowledge(at: inviter)
        try simulation.noteStep(
            "\(inviter.name) admits \(joiner.name) as \(grant.role.name) to \(id.short)")
        try join(joiner, id, invitedBy: inviter)
    }

    /// Whether somebody let a site in who does not lie, is a member to this day, and takes it for one: who
    /// had been made less than a steward may have let in nobody.
    func wasLetIn(_ joiner: Installation, to id: PartnershipID) throws -> Bool {
        try admissions.contains { admission in
            try admission.joiner === joiner && admission.partnership == id
                && !admission.inviter.isLiar && isMember(admission.inviter, of: id)
                && grant(of: joiner, in: id, at: admission.inviter) != nil
        }
    }

    private func isMember(_ installation: Installation, of id: PartnershipID) throws -> Bool {
        try grant(of: installation, in: id, at: installation) != nil
    }

    /// People pair a site again whose disk has forgotten what it was let in to.
    func pairAgain(_ joiner: Installation) throws {
        for admission in admissions where admission.joiner === joiner {
            let (id, inviter) = (admission.partnership, admission.inviter)
            let isKnown = try simulation.read(at: joiner) { try $0.holdsPartnership(id) }
            guard !isKnown else { continue }
            let isStillIn = try simulation.read(at: inviter) {
                try $0.holdsPartnership(id) && $0.grant(of: joiner.site, in: id) != nil
            }
            if inviter.isRunning, isStillIn { try join(joiner, id, invitedBy: inviter) }
        }
    }

    /// The joiner's side; its people try again when it does not work.
    private func join(
        _ joiner: Installation, _ id: PartnershipID, invitedBy inviter: Installation
    ) throws {
        func again() {
            simulation.after(3 * SimulatedClock.hour) { [self] in
                try join(joiner, id, invitedBy: inviter)
            }
        }
        guard joiner.isRunning else { return again() }
        guard try simulation.read(at: joiner, { try Self.isOutside(id, orWaitingIn: $0) }) else {
            return
        }
        let now = simulation.now(at: joiner)
        do {
            try simulation.write(at: joiner) { transaction in
                try transaction.setPeer(
                    inviter.site, name: inviter.name, root: inviter.card.root,
                    addresses: ["\(inviter.name):4720"], isEnabled: true)
                try transaction.join(
                    id, name: "joining", purpose: "", through: inviter.site, now: now)
            }
        } catch {
            again()
            throw error
        }
        simulation.after(1_000, at: joiner) { [self] in
            try Sync.run(from: joiner, to: inviter.site, simulation) { _ in }
        }
    }

    /// People accept what a peer tells them that they are members of: after an admission by a steward
    /// that never met them, again after a removal, or when their own disk has forgotten it.
    func acceptOffers(at installation: Installation, of peer: StoredPeer) throws {
        guard !installation.isLiar,
            let offering = simulation.sites.first(where: {
                $0.site == peer.site && $0.isRunning && !$0.isLiar
            })
        else { return }
        // What is not offered is nothing to accept, and there is seldom anything else.
        let within = try simulation.read(at: installation) { try $0.granted(to: installation.site) }
        let offered = try simulation.read(at: offering) { try $0.granted(to: installation.site) }
        let wanted = try simulation.read(at: installation) { transaction in
            try self.simulation.workload.partnerships.filter {
                try offered.contains($0) && !within.contains($0)
                    && Self.isOutside($0, transaction)
            }
        }
        let now = simulation.now(at: installation)
        for id in wanted where try knowsAllThat(installation, holds: id, offering) {
            try simulation.write(at: installation) {
                try $0.join(id, name: "offered", purpose: "", through: peer.site, now: now)
            }
            try simulation.noteStep("\(installation.name) accepts to be in \(id.short)")
        }
    }

    /// Whether a site is not in a partnership, as far as it knows.
    private static func isOutside(
        _ id: PartnershipID, _ transaction: StoreTransaction
    ) throws -> Bool {
        guard try isOutside(id, orWaitingIn: transaction) else { return false }
        // One that has joined and was told nothing yet waits for it.
        return try !transaction.holdsPartnership(id)
            || !transaction.frontier(CompartmentID(id, .membership)).isEmpty
    }

    /// Whether a new code is of use to a site: it is outside, or was told nothing by who let it in.
    private static func isOutside(
        _ id: PartnershipID, orWaitingIn transaction: StoreTransaction
    ) throws -> Bool {
        guard try transaction.holdsPartnership(id) else { return true }
        return try transaction.grant(of: transaction.keys.site, in: id) == nil
    }

    /// Whether whoever offers knows of every act that a site knows, its removal among them.
    private func knowsAllThat(
        _ installation: Installation, holds id: PartnershipID, _ offering: Installation
    ) throws -> Bool {
        let leaves = try simulation.read(at: installation) { transaction in
            try transaction.holdsPartnership(id)
                ? transaction.frontier(CompartmentID(id, .membership)) : []
        }
        return leaves.allSatisfy { simulation.chronicle.holds($0.hash, at: offering) }
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
        } catch let error as StoreError where simulation.isExpected(error) {
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
            site.original == nil && site.isRunning
                && !members.contains { $0.profile.site == site.site }
        }
        switch random.number(below: 10) {
        case ..<4:
            guard let joiner = random.pick(outside) else { return }
            var grant = Self.grant(for: joiner, isFirst: false)
            grant.compartments.formIntersection(own.compartments)
            if random.chance(permille: 250) { grant.ends = someEnd(by: actor) }
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
        if member.grant.role != .steward, random.chance(permille: 250) {
            return try changeEnd(of: member, in: id, by: actor)
        }
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

    /// Sets when sharing with a member ends; where it was to end or has ended, it is prolonged.
    private func changeEnd(
        of member: StoredMember, in id: PartnershipID, by actor: Installation
    ) throws {
        var grant = member.grant
        let now = simulation.now(at: actor)
        let isLonger = grant.ends != nil
        grant.ends = isLonger && random.chance(permille: 500) ? nil : someEnd(by: actor)
        guard grant != member.grant else { return }
        try simulation.write(at: actor) { transaction in
            // What it had is joined with more.
            if isLonger {
                try transaction.admit(member.profile, grant, invitation: Data(), to: id, now: now)
            } else {
                try transaction.change(member.profile.site, to: grant, in: id, now: now)
            }
        }
        try told(
            actor,
            "lets sharing with \(member.profile.name) end at \(grant.ends?.rfc3339 ?? "no time")",
            id)
    }

    /// A moment in the days to come, by somebody's clock.
    private func someEnd(by actor: Installation) -> Instant {
        simulation.counts[.agreementsEnded] += 1
        let hours = Int64(random.number(in: 12...12 * 24))
        return Instant(
            milliseconds: simulation.now(at: actor).milliseconds + hours * SimulatedClock.hour)
    }

    func remove(_ site: SiteID, from id: PartnershipID, by actor: Installation) throws {
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
