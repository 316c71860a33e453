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
    /// Whether entries of a `membership` compartment are among them.
    public var isMembershipChanged = false
    /// Why the rest was refused, if it was; no content.
    public var refusal: String?
}

extension StoreTransaction {
    /// Verifies, stores and applies a batch in its order, up to the first entry that is not valid.
    ///
    /// An entry is valid when its bytes match its digests, it belongs to a compartment that both
    /// sides hold, what it builds on is here, and its author signed it. Whether it takes effect is
    /// another question, answered when it is applied. Every signature is checked.
    ///
    /// - Parameter erasures: what erased bodies that the entries lack.
    public func ingest(
        _ batch: [ReceivedEntry], erasures: [ReceivedEntry] = [], allowed: Set<CompartmentID>,
        now: Instant
    ) throws -> IngestResult {
        var result = IngestResult()
        // Looked at when the first body is missing: who may erase may stand in this very batch.
        var proven: [PartID: ReceivedEntry]?
        func erasure(of name: PartID) throws -> ReceivedEntry? {
            let known = try proven ?? self.proven(erasures, allowed: allowed)
            proven = known
            return known[name]
        }
        for received in batch {
            do {
                if try ingest(received, erasure: erasure, allowed: allowed, now: now) {
                    result.stored += 1
                    if try isMembership(received) { result.isMembershipChanged = true }
                } else {
                    result.known += 1
                }
            } catch let fault as ProtocolFault {
                result.refusal = "an entry is not valid: \(fault.code.rawValue), \(fault)"
                return result
            } catch Refusal.quota {
                result.refusal = "the quota of the partnership is used up here"
                return result
            } catch let refusal as Refusal {
                result.refusal = "an entry does not fit: \(refusal)"
                return result
            }
        }
        return result
    }

    private func isMembership(_ received: ReceivedEntry) throws -> Bool {
        try EntryHeader(decoding: received.header).feed.compartment == .membership
    }

    private func ingest(
        _ received: ReceivedEntry, erasure: (PartID) throws -> ReceivedEntry?,
        allowed: Set<CompartmentID>, now: Instant
    ) throws -> Bool {
        let parsed = try ParsedEntry(received)
        let header = parsed.header
        guard allowed.contains(CompartmentID(header.partnership, header.feed.compartment)) else {
            throw Refusal.contradiction("not a compartment of this session")
        }
        if try place(of: parsed.hash) != nil { return false }
        let partnership = try partnershipRow(header.partnership)
        guard let root = try rootCertificate(of: parsed, in: partnership) else {
            throw Refusal.unknownAuthor
        }
        // Who is in must arrive whatever else does not, and so must an erasure: it makes room.
        if header.feed.compartment != .membership, header.entryClass != .erasure,
            try number(
                "SELECT 1 FROM partnership WHERE id = ? AND log_bytes + ? > quota_bytes",
                [partnership, received.byteCount]) != nil
        {
            throw Refusal.quota
        }
        let entry = try VerifiedEntry(parsed, by: root.publicKey, cryptography)
        // A savepoint, so that an entry that turns out not to fit leaves nothing of itself behind.
        do {
            try database.inPreparedSavepoint {
                for name in parsed.missingBodies {
                    guard let proof = try erasure(name) else {
                        throw Refusal.contradiction("a body is missing that nobody erased")
                    }
                    try noteErased(name, by: EntryHash(header: proof.header))
                    try keepAhead(proof)
                }
                _ = try insert(entry, partnership: partnership, received: now)
            }
        } catch {
            store.judgements.withLock { $0 = [:] }
            throw error
        }
        if header.feed.author == keys.site, header.feed.incarnation == (try incarnation()) {
            // Signed by this site, and not here until now: another copy of it wrote this.
            try beginIncarnation(.partnerKnowsMore, now: now)
        }
        return true
    }

    /// The certificate that an entry's signature is checked with: the author's as a member, or, for
    /// the founding act, the one that it brings.
    func rootCertificate(
        of entry: ParsedEntry, in partnership: Int64
    ) throws -> RootCertificate? {
        let author = entry.header.feed.author
        if let member = try row(
            "SELECT root FROM member WHERE partnership = ? AND site = ?",
            [partnership, author.blob])
        {
            return try? RootCertificate(der: Array(member["root"] as Data))
        }
        guard entry.header.feed.compartment == .membership, entry.header.sequence == 1,
            let part = entry.received.parts.first,
            case .found(_, _, _, let founder)? = try? MembershipAct(decoding: part.skeleton),
            founder.site == author
        else { return nil }
        return founder.root
    }
}
