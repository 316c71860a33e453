import Foundation
import KithModel
import KithStore
import KithSync

/// Who dials whom and how often, as the daemon does it.
enum Sync {
    /// One night of an installation: a session with each peer that it can dial, one after another.
    /// On some nights of some runs there is time for a few of them only.
    static func night(of installation: Installation, _ simulation: Simulation) throws {
        try scrub(installation, simulation)
        try simulation.workload.registrar.pairAgain(installation)
        let peers = try simulation.read(at: installation) { try $0.peers() }
            .filter {
                $0.isEnabled && !$0.addresses.isEmpty && simulation.faults.hasTimeForPeer()
            }.map(\.site)
        try simulation.noteStep("the night of \(installation.name): \(peers.count) peers")
        dialNext(peers[...], from: installation, simulation)
    }

    /// Looks through what came since the last time, and all of it every four weeks, or at once where a
    /// disk is in doubt.
    static func scrub(_ installation: Installation, _ simulation: Simulation) throws {
        // In the end `Prefix` looks at every entry itself.
        let days = installation.beforeDamage != nil ? 0 : simulation.faults.areOver ? 1_000 : 28
        let now = simulation.now(at: installation)
        do {
            var isMoreDue = true
            while isMoreDue {
                let step = try simulation.write(at: installation) {
                    try $0.scrub(400, every: days, now: now)
                }
                simulation.counts[.scrubbed] += step.checked
                if step.damaged > 0 {
                    try simulation.noteStep(
                        "\(installation.name) finds \(step.damaged) entries damaged")
                }
                isMoreDue = step.isMoreDue
            }
        } catch let error as StoreError where simulation.isExpected(error) {
            return try simulation.noteStep(
                "\(installation.name) cannot look its log through: \(error.description)")
        }
        try simulation.check { try $0.scrubbed(installation) }
    }

    private static func dialNext(
        _ peers: ArraySlice<SiteID>, from installation: Installation, _ simulation: Simulation
    ) {
        guard let peer = peers.first else { return }
        simulation.after(1_000, at: installation) {
            try run(from: installation, to: peer, simulation) { _ in
                dialNext(peers.dropFirst(), from: installation, simulation)
            }
        }
    }

    /// Sessions with one peer until no more compartments come into reach; three at the most. Then
    /// is told whether they proved equality, and nil when none was possible. Of a copied peer chance
    /// chooses one, where none is named.
    static func run(
        from installation: Installation, to site: SiteID, at callee: Installation? = nil,
        _ simulation: Simulation, round: Int = 1,
        then: @escaping (SyncSession.Outcome?) throws -> Void
    ) throws {
        let peers = try simulation.read(at: installation) { try $0.peers() }
        guard let peer = peers.first(where: { $0.site == site }) else { return try then(nil) }
        do {
            try simulation.workload.registrar.acceptOffers(at: installation, of: peer)
            try simulation.network.dial(from: installation, to: peer, at: callee) { outcome in
                try note(peer: peer, outcome, at: installation, simulation)
                let isAgain =
                    outcome.isMembershipChanged && outcome.reason == .equal && round < 3
                guard isAgain else { return try then(outcome) }
                // The other side is still ending its stream.
                simulation.after(1_000, at: installation) {
                    try run(
                        from: installation, to: site, at: callee, simulation, round: round + 1,
                        then: then)
                }
            }
        } catch let problem as Network.NotReached {
            simulation.counts[.refusedDials] += 1
            try simulation.noteStep(
                "\(installation.name) does not reach \(peer.name): \(problem.why)")
            try then(nil)
        }
    }

    /// Notes how a session ended.
    static func note(
        peer: StoredPeer, _ outcome: SyncSession.Outcome, at installation: Installation,
        _ simulation: Simulation
    ) throws {
        let now = simulation.now(at: installation)
        let problem: String? =
            switch outcome.reason {
            case .equal: nil
            case .closedHere(let why), .closedByPeer(let why), .paused(let why): why
            case .busy: "busy"
            }
        do {
            try simulation.write(at: installation) {
                if outcome.isMembershipChanged { try $0.handOverKeys(now: now) }
                try $0.noteSession(
                    with: peer, at: now, problem: problem, isEqual: outcome.reason == .equal,
                    isLeafExpired: nil)
            }
        } catch let error as StoreError where simulation.isExpected(error) {
            try simulation.noteStep("\(installation.name) cannot note it: \(error.description)")
        }
    }
}
