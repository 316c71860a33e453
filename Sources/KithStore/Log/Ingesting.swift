import Foundation
import GRDB
public import KithModel
public import KithProtocol
import KithTrust
import Synchronization

/// One compartment of one partnership.
public struct CompartmentID: Hashable, Sendable, Comparable {
    /// The partnership.
    public let partnership: PartnershipID
    /// The compartment.
    public let compartment: Compartment

    /// Names a compartment.
    public init(_ partnership: PartnershipID, _ compartment: Compartment) {
        self.partnership = partnership
        self.compartment = compartment
    }

    /// Orders by partnership, then compartment.
    public static func < (left: CompartmentID, right: CompartmentID) -> Bool {
        (left.partnership, left.compartment) < (right.partnership, right.compartment)
    }
}

/// What became of a batch.
public struct IngestResult: Sendable {
    /// Entries that are new and on disk now.
    public var stored = 0
    /// Entries that were here already.
    public var known = 0
    /// Of those, entries that were damaged here and are well again.
    public var mended = 0
    /// Whether entries of a `membership` compartment are among them.
    public var isMembershipChanged = false
    /// Why the rest was refused, if it was; no content.
    public var refusal: String?
}

extension StoreTransaction {
    /// Verifies, stores and applies a batch in its order, up to the first entry that is not valid.
    ///
    /// An entry is valid when its bytes match its digests, it belongs to a compartment that both
    /// sides hold, what it builds on is here, and its author signed it, or a later entry of the batch
    /// that continues it: a hash chain vouches for what comes before (D2), but for an erasure. Whether it
    /// takes effect is another question, answered when it is applied.
    ///
    /// - Parameter erasures: what erased bodies that the entries lack.
    public func ingest(
        _ batch: IncomingBatch, erasures: [ReceivedEntry] = [], allowed: Set<CompartmentID>,
        now: Instant
    ) throws -> IngestResult {
        let signed = try signed(batch)
        // Most batches are well. One that is not is taken back and gone through again, each entry by
        // itself, so that one that does not fit leaves nothing of itself behind. Then each has to be
        // signed: the later one that would vouch for it may not be kept, and an entry that nothing
        // vouches for could never be sent on.
        do {
            return try database.inPreparedSavepoint {
                try deferring {
                    var ingestion = Ingestion(self, signed, erasures, allowed, now)
                    for entry in batch.entries { try ingestion.take(entry) }
                    if let fault = batch.fault { throw fault }
                    return ingestion.result
                }
            }
        } catch is ProtocolFault {
        } catch is Refusal {
        }
        forget()
        var ingestion = Ingestion(self, [], erasures, allowed, now)
        for entry in batch.entries {
            do {
                try database.inPreparedSavepoint { try ingestion.take(entry) }
            } catch let fault as ProtocolFault {
                forget()
                return ingestion.refused(because: fault)
            } catch let refusal as Refusal {
                forget()
                return ingestion.refused(because: refusal)
            }
        }
        return batch.fault.map { ingestion.refused(because: $0) } ?? ingestion.result
    }

    private func forget() {
        memo.forget()
        store.judgements.withLock { $0 = [:] }
    }

    /// The entries of a batch that their author signed, or signed a later one of the batch that
    /// continues them. An author whom only the batch makes known may come in it after its entries, which
    /// are refused then: that is looked at one by one.
    private func signed(_ batch: IncomingBatch) throws -> Set<EntryHash> {
        var signed: Set<EntryHash> = []
        for end in batch.ends where try place(of: end.hash) == nil {
            guard
                let partnership = try number(
                    "SELECT id FROM partnership WHERE uuid = ?", [end.header.partnership.blob]),
                let root = try rootCertificate(of: end, in: partnership)
                    ?? batch.certificate(of: end.header.feed.author),
                EntrySignature.isValid(
                    end.received.signature, of: end.hash, by: root.publicKey, cryptography)
            else { continue }
            signed.formUnion(batch.chain(endingAt: end))
        }
        return signed
    }

    /// The certificate that an entry's signature is checked with: the author's as a member, or, for
    /// the founding act, the one that it brings.
    func rootCertificate(
        of entry: ParsedEntry, in partnership: Int64
    ) throws -> RootCertificate? {
        let author = entry.header.feed.author
        let name = TransactionMemo.Member(partnership: partnership, site: author)
        if let known = memo.roots[name] { return known }
        if let member = try row(
            "SELECT root FROM member WHERE partnership = ? AND site = ?",
            [partnership, author.blob])
        {
            let root = try? RootCertificate(der: Array(member["root"] as Data))
            memo.roots[name] = root
            return root
        }
        guard entry.header.feed.compartment == .membership, entry.header.sequence == 1,
            let part = entry.received.parts.first,
            case .found(_, _, _, let founder)? = try? MembershipAct(decoding: part.skeleton),
            founder.site == author
        else { return nil }
        return founder.root
    }
}

/// The entries of a batch going into the log, one after the other.
private struct Ingestion {
    private let transaction: StoreTransaction
    private let signed: Set<EntryHash>
    private let erasures: [ReceivedEntry]
    private let allowed: Set<CompartmentID>
    private let now: Instant
    private(set) var result = IngestResult()
    /// Looked at when the first body is missing: who may erase may stand in this very batch.
    private var proven: [PartID: ReceivedEntry]?

    init(
        _ transaction: StoreTransaction, _ signed: Set<EntryHash>, _ erasures: [ReceivedEntry],
        _ allowed: Set<CompartmentID>, _ now: Instant
    ) {
        self.transaction = transaction
        self.signed = signed
        self.erasures = erasures
        self.allowed = allowed
        self.now = now
    }

    /// Stores and applies an entry, unless it is here; what it throws leaves the count as it was.
    mutating func take(_ incoming: IncomingBatch.Entry) throws {
        let entry = incoming.parsed
        let header = entry.header
        guard allowed.contains(CompartmentID(header.partnership, header.feed.compartment)) else {
            throw Refusal.contradiction("not a compartment of this session")
        }
        if !transaction.continuesAnEnd(header), let place = try transaction.place(of: entry.hash) {
            if try transaction.mend(entry, at: place) { result.mended += 1 }
            result.known += 1
            return
        }
        let partnership = try transaction.partnershipRow(header.partnership)
        try checkSignature(entry, partnership)
        // Who is in must arrive whatever else does not, and so must an erasure: it makes room.
        if header.feed.compartment != .membership, header.entryClass != .erasure,
            try transaction.quotaLeft(of: partnership) < entry.received.byteCount
        {
            throw Refusal.quota
        }
        for name in entry.missingBodies { try noteErased(name) }
        _ = try transaction.insert(
            entry, opened: incoming.opened, partnership: partnership, received: now)
        if header.feed.author == transaction.site,
            header.feed.incarnation == (try transaction.incarnation())
        {
            // Signed by this site, and not here until now: another copy of it wrote this.
            try transaction.beginIncarnation(.partnerKnowsMore, now: now)
        }
        result.stored += 1
        if header.feed.compartment == .membership { result.isMembershipChanged = true }
    }

    private func checkSignature(_ entry: ParsedEntry, _ partnership: Int64) throws {
        guard let root = try transaction.rootCertificate(of: entry, in: partnership) else {
            throw Refusal.unknownAuthor
        }
        // An erasure goes on without what its author wrote after it, where it says what erased a body.
        guard
            entry.header.entryClass != .erasure && signed.contains(entry.hash)
                || EntrySignature.isValid(
                    entry.received.signature, of: entry.hash, by: root.publicKey,
                    transaction.cryptography)
        else { throw ProtocolFault(.signature, "entry") }
    }

    private mutating func noteErased(_ name: PartID) throws {
        let known = try proven ?? transaction.proven(erasures, allowed: allowed)
        proven = known
        guard let proof = known[name] else {
            throw Refusal.contradiction("a body is missing that nobody erased")
        }
        try transaction.noteErased(name, by: EntryHash(header: proof.header))
        try transaction.keepAhead(proof)
    }

    /// What came before a fault is kept.
    func refused(because fault: ProtocolFault) -> IngestResult {
        refused("an entry is not valid: \(fault.code.rawValue), \(fault)")
    }

    /// What came before an entry that does not fit is kept.
    func refused(because refusal: Refusal) -> IngestResult {
        refused(
            refusal == .quota
                ? "the quota of the partnership is used up here"
                : "an entry does not fit: \(refusal)")
    }

    private func refused(_ why: String) -> IngestResult {
        var result = result
        result.refusal = why
        return result
    }
}
