import Foundation
import KithModel
import KithProtocol
import KithSite
import KithStore
import KithSync
import SwiftProtobuf

/// One side of a session at one installation: events in, actions out, as `SessionDriver` does it,
/// a step at a time, so that other sessions and people come between.
final class SessionEnd {
    private enum Event {
        case message(Kith_V1_SessionMessage)
        case closed(String)
    }

    private let simulation: Simulation
    let site: Installation
    let peer: StoredPeer
    let side: SyncSession.Side
    let link: Network.Link
    private let life: Int
    private var worker: SessionWorker
    private var actions: [SyncSession.Action] = []
    private var inbox: [Event] = []
    private var isStepDue = false
    private(set) var outcome: SyncSession.Outcome?
    /// The leaves that it declared.
    private(set) var declaredLeaves: [Position] = []
    private var entriesSent = 0
    /// The entries of each batch that has come.
    private(set) var batches: [UInt64: [EntryHash]] = [:]
    weak var other: SessionEnd?
    var ended: (SyncSession.Outcome) throws -> Void = { _ in }

    init(
        _ simulation: Simulation, _ site: Installation, _ peer: StoredPeer,
        _ side: SyncSession.Side, _ worker: SessionWorker, _ link: Network.Link
    ) {
        self.simulation = simulation
        self.site = site
        self.peer = peer
        self.side = side
        self.worker = worker
        self.link = link
        life = site.life
        site.busy.insert(peer.site)
    }

    private var isAlive: Bool { site.isRunning && site.life == life && outcome == nil }

    /// The compartments of the session, in the order of its indices.
    var compartments: [SyncSession.Shared] { worker.session.compartments }

    // MARK: Events

    func begin() throws {
        actions = worker.session.start()
        stepSoon()
    }

    func receive(_ message: Kith_V1_SessionMessage) throws {
        inbox.append(.message(message))
        stepSoon()
    }

    func connectionClosed(_ why: String) throws {
        inbox.append(.closed(why))
        stepSoon()
    }

    // MARK: Steps

    private func stepSoon() {
        guard isAlive, !isStepDue, !(actions.isEmpty && inbox.isEmpty) else { return }
        isStepDue = true
        simulation.after(1, at: site) { [self] in
            isStepDue = false
            guard isAlive else { return }
            try step()
            stepSoon()
        }
    }

    private func step() throws {
        if actions.isEmpty {
            switch inbox.removeFirst() {
            case .message(let message):
                if case .entries(let batch) = message.message {
                    batches[batch.batch] = batch.entries.map {
                        simulation.chronicle.read(header: $0.header).hash
                    }
                }
                actions = worker.session.receive(
                    simulation.mutation.incoming(message))
            case .closed(let why): actions = worker.session.connectionClosed(why)
            }
            return
        }
        let action = actions.removeFirst()
        switch action {
        case .send(let message): try send(message)
        case .progress: break
        case .finish(let outcome): try finish(outcome)
        default:
            do {
                actions += try perform(action)
            } catch let error as StoreError {
                guard simulation.isExpected(error) else { throw error }
                actions += worker.session.failed(error.description)
            }
        }
    }

    private func send(_ message: Kith_V1_SessionMessage) throws {
        switch message.message {
        case .frontiers, .entries: try site.noteHighWater()
        default: break
        }
        try simulation.check { try $0.sent(message, from: self) }
        var message = simulation.mutation.outgoing(message, sent: entriesSent)
        if site.isLiar { message = simulation.weather.spoiled(message) }
        entriesSent += message.entries.entries.count
        try network.carry(message.serializedData(), from: self)
    }

    private var network: Network { simulation.network }

    private func perform(_ action: SyncSession.Action) throws -> [SyncSession.Action] {
        let now = simulation.mutation.sessionTime(simulation.now(at: site))
        var next = worker
        let answer: [SyncSession.Action]
        if case .ingest = action, simulation.mutation.losesBatch() {
            answer = try pretend(action, with: &next)
        } else if SessionWorker.isWriting(action) {
            answer = try simulation.write(at: site) {
                try next.perform(action, in: $0, now: now)
            }
        } else {
            answer = try simulation.read(at: site) { transaction in
                if case .loadFrontiers(let indices) = action {
                    try noteDeclaration(of: indices, transaction)
                }
                return try next.perform(action, in: transaction, now: now)
            }
        }
        worker = next
        return answer
    }

    /// Does an action and takes it back; the session hears that it was done.
    private func pretend(
        _ action: SyncSession.Action, with next: inout SessionWorker
    ) throws -> [SyncSession.Action] {
        struct TakenBack: Error {}
        let now = simulation.now(at: site)
        var answer: [SyncSession.Action] = []
        do {
            try site.store.writeBlocking {
                answer = try next.perform(action, in: $0, now: now)
                throw TakenBack()
            }
        } catch is TakenBack {}
        return answer
    }

    private func noteDeclaration(
        of indices: [Int], _ transaction: StoreTransaction
    ) throws {
        let sharings = try transaction.sharings(
            with: peer.site, now: simulation.now(at: site))
        declaredLeaves = try indices.map { compartments[$0] }.flatMap { shared in
            try sharings.filter {
                $0.id == CompartmentID(shared.partnership, shared.compartment)
            }.flatMap { try transaction.frontier(of: $0) }
        }
    }

    private func finish(_ outcome: SyncSession.Outcome) throws {
        self.outcome = outcome
        site.busy.remove(peer.site)
        network.ended(self)
        if side == .initiator, outcome.reason == .equal { simulation.counts[.sessionsEqual] += 1 }
        simulation.counts[.entriesReceived] += outcome.progress.received
        network.moved += outcome.progress.sent + outcome.progress.received
        let word =
            switch outcome.reason {
            case .equal: "equal"
            case .closedHere(let why): "closed here: \(why)"
            case .closedByPeer(let why): "closed by the peer: \(why)"
            case .busy: "the peer is busy"
            case .paused(let why): "paused: \(why)"
            }
        try simulation.noteStep(
            "session \(link.number): over at \(site.name), \(outcome.progress.received) entries received, \(word)"
        )
        try simulation.check { try $0.sessionEnded(self, outcome) }
        try ended(outcome)
    }
}
