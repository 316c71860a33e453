import Crypto
import Foundation
import GRDB
import KithModel
import KithProtocol
import KithStore
import KithTrust

/// A member that lies: it signs what its own store would never write, spoils what it forwards, and
/// keeps things back.
final class Liar {
    private enum Lie: CaseIterable {
        /// Two entries with one number.
        case fork
        /// Itself as a steward who reads everything.
        case selfGrant
        /// A decision, or a record, that it may not write.
        case notEntitled
        /// A value that replaces what it says it never saw.
        case unseenTarget
        /// As if it knew of nobody: after its removal, backdated.
        case forgetful
        /// A part that does not open, or holds no skeleton.
        case garbage
        /// Many entries at once.
        case flood
        /// A removal of the founder.
        case usurp
    }

    private unowned let simulation: Simulation
    let installation: Installation
    private var random: RandomSource
    private var count = 0

    /// The feeds that lies go to: never the ones that its own store goes on in.
    private static let incarnation: UInt64 = 7

    init(_ simulation: Simulation, _ installation: Installation, _ random: RandomSource) {
        self.simulation = simulation
        self.installation = installation
        self.random = random
    }

    // MARK: Entries

    /// Tells one lie in one of its partnerships.
    func lie() throws {
        let shared = try simulation.read(at: installation) { transaction in
            try self.simulation.workload.partnerships.filter {
                try transaction.holdsPartnership($0)
            }
        }
        guard let id = random.pick(shared), let lie = random.pick(Lie.allCases) else { return }
        let now = simulation.now(at: installation)
        let told = try simulation.write(at: installation) { transaction in
            try self.tell(lie, in: id, transaction, now: now)
        }
        guard told > 0 else { return }
        simulation.counts[.lies] += told
        try simulation.noteStep("\(installation.name) lies: \(lie) in \(id.short)")
    }

    /// Gives how many entries were made.
    private func tell(
        _ lie: Lie, in id: PartnershipID, _ transaction: StoreTransaction, now: Instant
    ) throws -> Int {
        switch lie {
        case .selfGrant, .usurp:
            let act: MembershipAct
            if lie == .usurp, let graph = simulation.chronicle.graphs[id],
                let founder = graph.nodes.first?.author, founder != installation.site
            {
                act = .remove(founder, Cut(covers: Set(Compartment.allCases), ends: []))
            } else {
                act = .admit(installation.profile, .founder, invitation: Data())
            }
            let header = try header(.membership, .membership, id, transaction, now: now)
            let part = Part(skeleton: act.encoded(), body: nil)
            return try keep([part], key: nil, header, transaction, now: now) ? 1 : 0
        case .flood:
            var told = 0
            for _ in 0..<random.number(in: 20...120) {
                told += try writeRecord(lie, in: id, transaction, now: now) ? 1 : 0
            }
            return told
        case .fork, .notEntitled, .unseenTarget, .forgetful, .garbage:
            return try writeRecord(lie, in: id, transaction, now: now) ? 1 : 0
        }
    }

    private func writeRecord(
        _ lie: Lie, in id: PartnershipID, _ transaction: StoreTransaction, now: Instant
    ) throws -> Bool {
        let keys = try transaction.all(
            """
            SELECT compartment_key.id, compartment, secret FROM compartment_key
            JOIN partnership ON partnership.id = partnership
            WHERE uuid = ? AND secret IS NOT NULL ORDER BY depth DESC, compartment_key.id
            """, [Data(id.bytes)])
        guard let row = random.pick(keys), let key = CompartmentKey(bytes: row["secret"]),
            let compartment = Compartment(rawValue: row["compartment"])
        else { return false }
        let entryClass: EntryClass =
            lie == .notEntitled ? random.pick([.decision, .erasure]) ?? .decision : .record
        var header = try header(
            compartment, entryClass, id, transaction, now: now, isFork: lie == .fork,
            isForgetful: lie == .forgetful || lie == .unseenTarget)
        if random.chance(permille: 300) {
            header.recorded = Instant(milliseconds: random.chance(permille: 500) ? 0 : .max)
        }
        count += 1
        let skeleton = Skeleton(
            record: target(compartment, id), kind: kind(of: compartment),
            operations: [.init(field: 10, supersedes: try targets(id, compartment))],
            change: .amend,
            committer: Person(user: "liar", name: "Liar", role: "", organisation: ""),
            performer: nil, event: nil, group: Data())
        let values = [FieldValue.text("\(Texts.marker)lie \(count)")]
        let isGarbage = lie == .garbage
        let plain = isGarbage ? random.bytes(40) : skeleton.encoded()
        let part = Part(
            skeleton: try PartSeal(header, part: 0, half: .skeleton).seal(
                plain, key: key.secret, installation.cryptography),
            body: try PartSeal(header, part: isGarbage ? 1 : 0, half: .body).seal(
                PartBody(values: values, reason: "").encoded(), key: key.secret,
                installation.cryptography))
        return try keep(
            [part], key: try Chronicle.hash(row["id"]), header, transaction, now: now)
    }

    private func target(_ compartment: Compartment, _ id: PartnershipID) -> RecordID {
        let known = simulation.workload.records(in: id).filter {
            $0.kind.compartment == compartment
        }
        return random.pick(known)?.id ?? RecordID(kind: "lie", source: "1", in: id)
    }

    private func kind(of compartment: Compartment) -> UInt32 {
        let kinds = Vocabulary.kinds.filter { $0.compartment == compartment }
        return random.pick(kinds)?.number ?? 900
    }

    /// Operations of the compartment, whether this site saw them or not.
    private func targets(_ id: PartnershipID, _ compartment: Compartment) throws -> [OperationID] {
        guard let graph = simulation.chronicle.graphs[id] else { return [] }
        let nodes = graph.nodes.filter { $0.compartment == compartment }
        return (0..<random.number(in: 0...3)).compactMap { _ in
            random.pick(nodes).map { OperationID(entry: $0.hash, part: 0, operation: 0) }
        }
    }

    private func header(
        _ compartment: Compartment, _ entryClass: EntryClass, _ id: PartnershipID,
        _ transaction: StoreTransaction, now: Instant, isFork: Bool = false,
        isForgetful: Bool = false
    ) throws -> EntryHeader {
        let feed = FeedID(
            author: installation.site, incarnation: Self.incarnation, compartment: compartment)
        let graph = simulation.chronicle.graphs[id]
        let leaves = try transaction.frontier(CompartmentID(id, compartment))
        let own = leaves.filter { $0.feed == feed }
        var previous = random.pick(own)?.hash
        if isFork, let last = previous.flatMap({ graph?.node($0) }) {
            previous = last.header.previous
        }
        let before = previous.flatMap { graph?.node($0) }
        var knows: [Position] = []
        if !isForgetful || before == nil {
            let membership =
                compartment == .membership
                ? [] : try transaction.frontier(CompartmentID(id, .membership))
            knows = (leaves + membership).filter { leaf in
                guard leaf.feed != feed, let node = graph?.node(leaf.hash) else { return false }
                return before.map { !$0.named.contains(node.index) } ?? true
            }
        }
        return EntryHeader(
            partnership: id, feed: feed, sequence: (before?.header.sequence ?? 0) + 1,
            previous: previous, knows: knows, recorded: now, entryClass: entryClass, parts: [])
    }

    /// Signs an entry and takes it in like one from elsewhere; from then on it spreads.
    private func keep(
        _ parts: [Part], key: EntryHash?, _ header: EntryHeader, _ transaction: StoreTransaction,
        now: Instant
    ) throws -> Bool {
        var header = header
        header.parts = parts.map { part in
            PartDigest(
                key: key, skeleton: Data(SHA256.hash(data: part.skeleton)),
                skeletonBytes: part.skeleton.count,
                body: part.body.map { Data(SHA256.hash(data: $0)) } ?? Data(),
                bodyBytes: part.body?.count ?? 0)
        }
        let bytes = header.encoded()
        let signature = try EntrySignature.sign(
            EntryHash(header: bytes), with: installation.card.keys.identity.privateKey,
            installation.cryptography)
        let result = try transaction.ingest(
            IncomingBatch([ReceivedEntry(header: bytes, signature: signature, parts: parts)]),
            allowed: [CompartmentID(header.partnership, header.feed.compartment)], now: now)
        return result.stored == 1
    }

    // MARK: Messages

    /// What it sends in place of a message: often the message.
    func spoiled(_ message: Kith_V1_SessionMessage) -> Kith_V1_SessionMessage {
        guard random.chance(permille: 200) else { return message }
        var message = message
        switch message.message {
        case .entries(let batch):
            simulation.counts[.lies] += 1
            let index = random.number(below: max(batch.entries.count, 1))
            guard batch.entries.indices.contains(index) else { return message }
            switch random.number(below: 6) {
            case 4, 5:
                // Later ones may vouch for it, or be of no use themselves.
                message.entries.entries[index].signature = random.bytes(64)
                let last = batch.entries.count - 1
                if random.chance(permille: 300) { message.entries.entries[last].parts = [] }
            case 0: message.entries.entries[index].signature = random.bytes(64)
            case 1: message.entries.entries.remove(at: index)
            case 2: message.entries.entries[index].parts = []
            default: impersonate(in: &message, at: index)
            }
        case .frontiers:
            simulation.counts[.lies] += 1
            for index in message.frontiers.frontiers.indices {
                message.frontiers.frontiers[index].leaves = []
            }
        case .fingerprint:
            simulation.counts[.lies] += 1
            message.fingerprint.digest = random.bytes(32)
        case .buckets:
            simulation.counts[.lies] += 1
            message.buckets.digests = message.buckets.digests.map { _ in random.bytes(8) }
        case .acknowledge:
            simulation.counts[.lies] += 1
            message.acknowledge.batch += 1
        default: break
        }
        return message
    }

    /// Puts a header of its own making, in another's name and under its own signature, into a batch.
    private func impersonate(in message: inout Kith_V1_SessionMessage, at index: Int) {
        guard var header = try? EntryHeader(decoding: message.entries.entries[index].header) else {
            return
        }
        header.recorded = Instant(milliseconds: header.recorded.milliseconds + 1)
        let bytes = header.encoded()
        message.entries.entries[index].header = bytes
        message.entries.entries[index].signature =
            (try? EntrySignature.sign(
                EntryHash(header: bytes), with: installation.card.keys.identity.privateKey,
                installation.cryptography)) ?? Data(count: 64)
    }
}
