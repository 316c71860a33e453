import Foundation
package import KithModel
import KithProtocol
package import KithStore
package import KithSync
import KithTrust
import SwiftProtobuf

/// What one session does to the store: each action of `SyncSession` in one transaction, with the time
/// handed in, and nothing of tasks, sockets or clocks.
///
/// A value: when a transaction fails, whoever drives the session keeps the worker as it was before,
/// and tells its session that it `failed`.
package struct SessionWorker: Sendable {
    /// The machine; whoever drives it hands it the events of the stream.
    package var session: SyncSession
    /// The other side.
    package let peer: StoredPeer
    private let sharings: [Sharing]
    private let allowed: Set<CompartmentID>
    /// As it was when what is shared was last looked at.
    private var sharingState: SharingState
    private var toSend: [(arrival: Int64, sharing: Int)] = []
    private var nextToSend = 0
    private var batchSize: BatchSize

    /// Prepares a session on what both sides are believed to hold now.
    package init(
        side: SyncSession.Side, with peer: StoredPeer, software: String,
        in transaction: StoreTransaction, now: Instant, batchSize: BatchSize = BatchSize(),
        isUrgent: Bool = false
    ) throws {
        self.peer = peer
        self.batchSize = batchSize
        sharings = try transaction.sharings(with: peer.site, now: now)
        sharingState = try transaction.sharingState(at: now)
        allowed = Set(sharings.map(\.id))
        let damaged = try transaction.damagedEntries() > 0
        let digests = try transaction.frontierDigests(of: sharings)
        let stated = try transaction.statementMarks(
            on: sharings.filter { $0.end == nil }.map(\.id))
        let shared = try zip(sharings, digests).map { sharing, digest in
            SyncSession.Shared(
                partnership: sharing.id.partnership, compartment: sharing.id.compartment,
                frontierDigest: FrontierDigest.digest(digest, stated: stated[sharing.id] ?? []),
                wanted: try damaged ? transaction.wanted(in: sharing.id) : [])
        }
        session = SyncSession(
            side: side, shared: shared, nonce: transaction.cryptography.randomBytes(16),
            software: software,
            hasOffers: try !transaction.partnershipsToOffer(to: peer.site, all: false).isEmpty,
            isUrgent: isUrgent)
    }

    /// Whether an action needs a transaction that writes.
    package static func isWriting(_ action: SyncSession.Action) -> Bool {
        switch action {
        case .ingest, .signStatements, .checkStatements: true
        case .send, .progress, .finish, .loadFrontiers, .loadSamples, .findMissing, .loadBatch,
            .signReceipt, .checkReceipt:
            false
        }
    }

    /// Does what the session asks for, and tells it; gives what it asks for next. Nothing of that may
    /// be done before the transaction has committed.
    ///
    /// - Parameter incoming: the batch that is to be ingested, where it has been looked at already.
    package mutating func perform(
        _ action: SyncSession.Action, incoming: IncomingBatch? = nil,
        in transaction: StoreTransaction, now: Instant
    ) throws -> [SyncSession.Action] {
        switch action {
        case .send, .progress, .finish: preconditionFailure("whoever drives the session does these")
        case .loadFrontiers(let indices):
            let told = indices.map { sharings[$0] }.filter { $0.end == nil }.map(\.id)
            let stated = try transaction.statementMarks(on: told)
            return session.frontiersLoaded(
                Dictionary(
                    uniqueKeysWithValues: try indices.map {
                        ($0, try transaction.frontier(of: sharings[$0]))
                    }),
                stated: Dictionary(
                    uniqueKeysWithValues: indices.map { ($0, stated[id($0)] ?? []) }))
        case .loadSamples(let feeds):
            return session.samplesLoaded(
                Dictionary(
                    uniqueKeysWithValues: try feeds.map {
                        (
                            $0,
                            try transaction.samples(
                                of: $0.feed, in: id($0.shared),
                                against: session.leavesOfPeer(in: $0))
                        )
                    }))
        case .findMissing(let known, let wanted):
            // Who is in comes first: it builds on nothing else, and must arrive where a quota or a
            // line that breaks keeps the rest away.
            let missing = try known.flatMap { index, leaves in
                let sharing = sharings[index]
                let rank = sharing.id.compartment == .membership ? 0 : 1
                // A former member is handed nothing twice: it may be damage of its own making.
                let again =
                    sharing.end == nil
                    ? try transaction.arrivals(of: wanted[index] ?? [], in: sharing.id) : []
                let lacking = try transaction.missing(from: leaves, in: sharing)
                return Set(lacking + again).map {
                    (rank: rank, arrival: $0, sharing: index)
                }
            }
            toSend = missing.sorted { ($0.rank, $0.arrival) < ($1.rank, $1.arrival) }
                .map { ($0.arrival, $0.sharing) }
            return session.missingFound(entries: toSend.count)
        case .loadBatch:
            try dropWhatIsNotSharedAnyMore(transaction, now)
            let batch = try transaction.batch(
                of: toSend[nextToSend...].prefix(Limits.batchEntries).map(\.arrival)[...],
                maximumBytes: batchSize.next)
            nextToSend += batch.entries.count
            batchSize.sent(batch.entries.reduce(0) { $0 + $1.byteCount })
            return session.batchLoaded(
                batch.entries, erasures: batch.erasures, isLast: nextToSend == toSend.count)
        case .ingest(let batch):
            let result = try transaction.ingest(
                incoming ?? IncomingBatch(batch.entries.map(ReceivedEntry.init)),
                erasures: batch.erasures.map(ReceivedEntry.init), allowed: allowed, now: now)
            return session.ingested(
                batch: batch.batch, stored: result.stored,
                isMembershipChanged: result.isMembershipChanged, refusal: result.refusal)
        case .signReceipt(let fingerprint):
            let (receipt, signature) = try receipt(over: fingerprint, transaction, now: now)
            return session.receiptSigned(receipt, signature: signature)
        case .checkReceipt(let receipt, let signature, let fingerprint):
            return session.receiptChecked(
                problem: problem(
                    ofReceipt: receipt, signature: signature, fingerprint: fingerprint,
                    transaction))
        case .signStatements(let stated):
            let indices = stated.keys.sorted()
            let own = try indices.map {
                try statement(
                    on: asOfNow(sharings[$0], transaction, now),
                    declared: session.leavesOfPeer(in: $0), transaction, now: now)
            }
            // Those of members are told to members alone, as long as sharing lasts.
            let shared = Set(try transaction.sharings(with: peer.site, now: now))
            let others = try indices.filter {
                sharings[$0].end == nil && shared.contains(sharings[$0])
            }.flatMap {
                try statementsOfOthers(on: sharings[$0], beyond: stated[$0] ?? [], transaction)
            }
            return session.statementsSigned(own + others)
        case .checkStatements(let statements, let ours, let theirs):
            let declared = Set(ours.keys).union(theirs.keys).sorted().map {
                (id($0), ours[$0] ?? [], theirs[$0] ?? [])
            }
            return session.statementsChecked(
                problem: try problem(of: statements, declared: declared, transaction))
        }
    }

    /// A member may be removed or narrowed, or sharing with it end, while a session with it runs.
    private mutating func dropWhatIsNotSharedAnyMore(
        _ transaction: StoreTransaction, _ now: Instant
    ) throws {
        let state = try transaction.sharingState(at: now)
        guard state != sharingState else { return }
        sharingState = state
        let shared = Set(try transaction.sharings(with: peer.site, now: now))
        guard !sharings.allSatisfy(shared.contains) else { return }
        toSend = toSend[nextToSend...].filter { shared.contains(sharings[$0.sharing]) }
        nextToSend = 0
    }

    /// What it had sent may have made a peer a member again that this side had taken for removed.
    private func asOfNow(
        _ sharing: Sharing, _ transaction: StoreTransaction, _ now: Instant
    ) throws -> Sharing {
        guard sharing.end != nil else { return sharing }
        return try transaction.sharings(with: peer.site, now: now).first { $0.id == sharing.id }
            ?? sharing
    }

    private func id(_ index: Int) -> CompartmentID { sharings[index].id }
}
