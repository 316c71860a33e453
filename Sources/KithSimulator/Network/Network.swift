import Foundation
import KithModel
import KithProtocol
import KithSite
import KithStore
import KithSync
import SwiftProtobuf

/// Carries the messages of sessions as bytes, late and in order, or worse.
final class Network {
    private unowned let simulation: Simulation
    private var random: RandomSource
    private var connections = 0
    /// The ends of sessions that are not over.
    private var open: [SessionEnd] = []
    /// Entries that sessions sent or received, of all that ended.
    var moved = 0

    init(_ simulation: Simulation) {
        self.simulation = simulation
        random = RandomSource(seed: simulation.plan.seed, purpose: "network")
    }

    // MARK: Dialling

    /// Why a dial did not come to a session; one line.
    struct NotReached: Error {
        let why: String
    }

    /// Opens a session with a peer, like the daemon that dials and the one that answers.
    func dial(
        from caller: Installation, to peer: StoredPeer, at chosen: Installation?,
        ended: @escaping (SyncSession.Outcome) throws -> Void
    ) throws {
        guard !caller.busy.contains(peer.site) else { throw NotReached(why: "busy here") }
        // In the end every door is open, as when an operator gives the addresses that are missing.
        let isOpen = simulation.faults.areOver
        guard isOpen || !peer.addresses.isEmpty else { throw NotReached(why: "no address") }
        let reached = simulation.sites.filter {
            $0.site == peer.site && $0.isRunning && $0 !== caller && $0 === chosen ?? $0
                && (isOpen || !($0.original ?? $0).addresses.isEmpty)
                && !simulation.weather.isBlocked(from: caller, to: $0)
        }
        guard let callee = random.pick(reached) else { throw NotReached(why: "nobody answers") }
        let known = try simulation.read(at: callee) { try $0.peers() }
        guard let back = known.first(where: { $0.site == caller.site }) else {
            throw NotReached(why: "not a peer there any more")
        }
        guard !callee.busy.contains(caller.site) else { throw NotReached(why: "busy there") }
        connections += 1
        let link = Link(number: connections, begun: simulation.time)
        let dialling = try end(at: caller, with: peer, .initiator, link)
        let answering = try end(at: callee, with: back, .responder, link)
        open += [dialling, answering]
        dialling.other = answering
        answering.other = dialling
        dialling.ended = ended
        answering.ended = { [simulation] in
            try Sync.note(peer: back, $0, at: callee, simulation)
        }
        simulation.counts[.sessions] += 1
        try simulation.noteStep("session \(link.number): \(caller.name) dials \(callee.name)")
        try dialling.begin()
        try answering.begin()
        // A session that hangs is given up.
        simulation.after(30 * SimulatedClock.minute) {
            try dialling.connectionClosed("the peer did not answer in time")
            try answering.connectionClosed("the peer did not answer in time")
        }
    }

    private func end(
        at installation: Installation, with peer: StoredPeer, _ side: SyncSession.Side,
        _ link: Link
    ) throws -> SessionEnd {
        let now = simulation.now(at: installation)
        let worker = try simulation.read(at: installation) {
            // Batches that are as large as they may be from the first end where they end with real keys.
            let isSmall = simulation.faults.kinds.contains(.smallBatches)
            return try SessionWorker(
                side: side, with: peer, software: "kith-sim", in: $0,
                now: simulation.mutation.sessionTime(now),
                batchSize: BatchSize(sent: isSmall ? 0 : 2 * Limits.batchBytes))
        }
        return SessionEnd(simulation, installation, peer, side, worker, link)
    }

    // MARK: Carrying

    /// One connection: when the last message of each direction arrives.
    final class Link {
        let number: Int
        var lastArrival: [Int64] = [0, 0]
        var isCut = false
        /// Whether messages were lost, doubled or out of order, which a stream never does to them: a
        /// session must survive it unharmed, and need not be frugal.
        var isDisturbed = false

        /// When it was dialled.
        let begun: Int64

        init(number: Int, begun: Int64) {
            self.number = number
            self.begun = begun
        }
    }

    /// Takes a message to the other end, or has something happen to it.
    func carry(_ bytes: Data, from end: SessionEnd) throws {
        guard !end.link.isCut, let other = end.other else { return }
        simulation.counts[.messages] += 1
        simulation.counts[.bytes] += bytes.count
        let faults = simulation.faults
        if faults.has(.cuts), random.chance(permille: faults.cut) {
            return try cut(bytes, from: end)
        }
        if faults.has(.links), simulation.weather.isBlocked(from: end.site, to: other.site) {
            simulation.counts[.lostMessages] += 1
            end.link.isDisturbed = true
            return
        }
        if faults.has(.loss), random.chance(permille: faults.loss) {
            simulation.counts[.lostMessages] += 1
            end.link.isDisturbed = true
            return try simulation.noteStep("session \(end.link.number): a message is lost")
        }
        if faults.has(.doubling), random.chance(permille: faults.doubling) {
            simulation.counts[.doubledMessages] += 1
            end.link.isDisturbed = true
            deliver(bytes, from: end, to: other)
        }
        if faults.has(.delays), random.chance(permille: faults.delay) {
            simulation.counts[.lateMessages] += 1
            // What comes after it in the stream waits with it.
            end.link.lastArrival[end.side == .initiator ? 0 : 1] =
                simulation.time + Int64(random.number(in: 1...2_000)) * SimulatedClock.minute
        }
        var isOvertaking = false
        if faults.has(.reordering), random.chance(permille: faults.reordering) {
            simulation.counts[.reorderedMessages] += 1
            end.link.isDisturbed = true
            isOvertaking = true
        }
        deliver(bytes, from: end, to: other, isOvertaking: isOvertaking)
    }

    private func deliver(
        _ bytes: Data, from end: SessionEnd, to other: SessionEnd, isOvertaking: Bool = false
    ) {
        let direction = end.side == .initiator ? 0 : 1
        var arrival = simulation.time + Int64(random.number(in: 5...40))
        if isOvertaking {
            arrival += 500
        } else {
            arrival = max(arrival, end.link.lastArrival[direction])
            end.link.lastArrival[direction] = arrival
        }
        simulation.after(arrival - simulation.time) { [simulation] in
            guard let message = try? Kith_V1_SessionMessage(serializedBytes: bytes) else {
                return try other.connectionClosed("the connection broke")
            }
            try simulation.check { try $0.arrived(bytes, message, from: end, at: other) }
            try other.receive(message)
        }
    }

    /// The connection ends: before this message, or somewhere inside it. What of its bytes got
    /// through may even be a message.
    private func cut(_ bytes: Data, from end: SessionEnd) throws {
        guard let other = end.other else { return }
        simulation.counts[.cuts] += 1
        if !bytes.isEmpty, random.chance(permille: 500) {
            simulation.counts[.cutsInside] += 1
            let length = random.number(below: bytes.count)
            try simulation.noteStep(
                "session \(end.link.number): cut inside a message",
                hashes: ", at byte \(length) of \(bytes.count)")
            deliver(bytes.prefix(length), from: end, to: other)
        } else {
            try simulation.noteStep("session \(end.link.number): cut")
        }
        end.link.isCut = true
        close(end.link, [end, other])
    }

    private func close(_ link: Link, _ ends: [SessionEnd]) {
        let time = max(simulation.time, link.lastArrival[0], link.lastArrival[1]) + 1
        for end in ends {
            simulation.after(time - simulation.time) {
                try end.connectionClosed("the connection broke")
            }
        }
    }

    /// A process has died: its peers see their connections break.
    func died(_ installation: Installation) {
        for end in open.filter({ $0.site === installation }) { ended(end) }
    }

    /// One side has ended its stream; the other hears of it after all that was sent.
    func ended(_ end: SessionEnd) {
        open.removeAll { $0 === end }
        guard let other = end.other else { return }
        let direction = end.side == .initiator ? 0 : 1
        let time = max(simulation.time, end.link.lastArrival[direction]) + 1
        simulation.after(time - simulation.time) {
            try other.connectionClosed("the peer ended the connection")
        }
    }
}
