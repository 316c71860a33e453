import Foundation
import KithModel
import KithProtocol
import KithStore
import KithSync
import KithTrust
import SwiftProtobuf

// What two sites prove to each other at the end of a session (D30).
extension SessionWorker {
    /// This site's signed word on where it stands in a compartment; kept here as well, unless a site
    /// that was removed is told only a part of it.
    ///
    /// - Parameter leaves: what the peer declared. What came here after a former member's removal is not
    ///   offered to it; where it says that it has some of that, it is told that it is here. Two sites may take
    ///   each other for former members, each by what it alone has heard.
    func statement(
        on sharing: Sharing, declared leaves: [Position], _ transaction: StoreTransaction,
        now: Instant
    ) throws -> Kith_V1_SignedStatement {
        let keys = transaction.keys
        let id = sharing.id
        var frontier = try transaction.frontier(of: sharing)
        if sharing.end != nil {
            let told = Set(frontier.map(\.hash))
            frontier += try leaves.filter {
                try !told.contains($0.hash) && transaction.holds($0, in: id.partnership)
            }
        }
        if let kept = try transaction.statement(by: keys.site, on: id),
            kept.frontierDigest == FrontierDigest.digest(of: frontier)
        {
            return .with {
                $0.statement = kept.bytes
                $0.signature = kept.signature
            }
        }
        let counter = try transaction.nextStatementCounter()
        let statement = Kith_V1_Statement.with {
            $0.site = Data(keys.site.bytes)
            $0.counter = UInt64(counter)
            $0.partnership = Data(id.partnership.bytes)
            $0.compartment = Kith_V1_Compartment(id.compartment)
            $0.frontier = frontier.map(Kith_V1_Leaf.init)
            $0.timeMs = now.milliseconds
        }
        let bytes = try statement.serializedData()
        let signature = try StatementSignature.sign(
            bytes, .frontier, with: keys.identity.privateKey, transaction.cryptography)
        if sharing.end == nil {
            try transaction.keepStatement(
                bytes, signature: signature, by: keys.site, on: id, counter: counter,
                frontier: frontier, time: now)
        }
        return .with {
            $0.statement = bytes
            $0.signature = signature
        }
    }

    /// The statements of the members of a compartment, this site's aside, that are newer than those that
    /// the peer has: so everyone comes to know what has arrived where, whoever meets whom.
    func statementsOfOthers(
        on sharing: Sharing, beyond marks: [StatementMark], _ transaction: StoreTransaction
    ) throws -> [Kith_V1_SignedStatement] {
        let known = Dictionary(marks.map { ($0.site, $0) }, uniquingKeysWith: max)
        return try transaction.statements(on: sharing.id).filter {
            $0.mark.site != transaction.keys.site
                && known[$0.mark.site].map { [mark = $0.mark] in mark > $0 } ?? true
        }.map { kept in
            .with {
                $0.statement = kept.bytes
                $0.signature = kept.signature
            }
        }
    }

    /// Why the peer's statements do not prove that both sides hold what either declared; nil: they do.
    func problem(
        of statements: [Kith_V1_SignedStatement],
        declared: [(id: CompartmentID, ours: [Position], theirs: [Position])],
        _ transaction: StoreTransaction
    ) throws -> String? {
        var leaves: [CompartmentID: [Position]] = [:]
        var others: Set<StatedBy> = []
        for signed in statements {
            guard let read = Read(signed) else { return "a statement of the peer cannot be read" }
            guard declared.contains(where: { $0.id == read.id }) else {
                return "the peer states something of another compartment"
            }
            guard read.site == peer.site else {
                guard others.insert(StatedBy(site: read.site, id: read.id)).inserted else {
                    return "the peer passes on two statements of one site"
                }
                try keep(read, transaction)
                continue
            }
            guard read.isSigned(by: peer.root, transaction) else {
                return "the peer's statement is not signed by it"
            }
            leaves[read.id] = read.frontier
            try read.keep(transaction)
        }
        for (id, ours, theirs) in declared {
            guard let positions = leaves[id] else {
                return "the peer says nothing of a compartment that changed"
            }
            let hashes = Set(positions.map(\.hash))
            // A site that has left is told nothing that came after: its own word is what must arrive.
            let isMember =
                try transaction.grant(of: transaction.keys.site, in: id.partnership) != nil
            for leaf in ours
            where !hashes.contains(leaf.hash)
                && (isMember || leaf.feed.author == transaction.keys.site)
            {
                // It may have gone on since: then its leaf of that feed is a later one.
                let isCovered = positions.contains {
                    $0.feed == leaf.feed && $0.sequence > leaf.sequence
                }
                guard isCovered else { return "the peer does not hold all that we hold" }
            }
            for leaf in theirs where try !transaction.holds(leaf.hash) {
                return "we do not hold all that the peer declared"
            }
        }
        return nil
    }

    /// Keeps what the peer passes on of another's word, if that is a member's here, newer than what is
    /// here, and signed. What is not is left aside: the peer may know of members that this side does not.
    private func keep(_ read: Read, _ transaction: StoreTransaction) throws {
        let known = try transaction.statement(by: read.site, on: read.id)
        guard known.map({ read.mark > $0.mark }) ?? true,
            let root = try transaction.rootCertificate(of: read.site, in: read.id),
            read.isSigned(by: root, transaction)
        else { return }
        guard read.site != transaction.keys.site else {
            // From before a backup was restored. What it says is not so here: it is said anew.
            return try transaction.countOn(from: read.counter, on: read.id)
        }
        try read.keep(transaction)
    }

    /// This side's signed word that both sides hold the same.
    func receipt(
        over fingerprint: Data, _ transaction: StoreTransaction, now: Instant
    ) throws -> (receipt: Data, signature: Data) {
        let receipt = Kith_V1_Receipt.with {
            $0.site = Data(transaction.keys.site.bytes)
            $0.peer = Data(peer.site.bytes)
            $0.fingerprint = fingerprint
            $0.timeMs = now.milliseconds
        }
        let bytes = try receipt.serializedData()
        let signature = try StatementSignature.sign(
            bytes, .receipt, with: transaction.keys.identity.privateKey, transaction.cryptography)
        return (bytes, signature)
    }

    /// Why a receipt is not the peer's word that it holds the same as we do; nil: it is.
    func problem(
        ofReceipt bytes: Data, signature: Data, fingerprint: Data, _ transaction: StoreTransaction
    ) -> String? {
        guard
            StatementSignature.isValid(
                signature, of: bytes, .receipt, by: peer.root.publicKey, transaction.cryptography),
            let receipt = try? Kith_V1_Receipt(serializedBytes: bytes),
            SiteID(bytes: receipt.site) == peer.site,
            SiteID(bytes: receipt.peer) == transaction.keys.site,
            receipt.fingerprint == fingerprint
        else { return "the peer's receipt is not its word on this session" }
        return nil
    }
}

private struct StatedBy: Hashable {
    let site: SiteID
    let id: CompartmentID
}

/// A statement as it came; whether it is signed is still to be checked.
private struct Read {
    let signed: Kith_V1_SignedStatement
    let site: SiteID
    let id: CompartmentID
    let counter: Int64
    let frontier: [Position]
    let time: Instant

    init?(_ signed: Kith_V1_SignedStatement) {
        guard let statement = try? Kith_V1_Statement(serializedBytes: signed.statement),
            let site = SiteID(bytes: statement.site),
            let partnership = PartnershipID(bytes: statement.partnership),
            let compartment = Compartment(rawValue: statement.compartment.rawValue),
            let counter = Int64(exactly: statement.counter)
        else { return nil }
        var frontier: [Position] = []
        for leaf in statement.frontier {
            guard let author = SiteID(bytes: leaf.author), let hash = EntryHash(bytes: leaf.hash)
            else { return nil }
            let feed = FeedID(
                author: author, incarnation: leaf.incarnation, compartment: compartment)
            frontier.append(Position(feed: feed, sequence: leaf.sequence, hash: hash))
        }
        self.signed = signed
        self.site = site
        id = CompartmentID(partnership, compartment)
        self.counter = counter
        self.frontier = frontier
        time = Instant(milliseconds: statement.timeMs)
    }

    var mark: StatementMark {
        StatementMark(
            site: site, counter: UInt64(counter), digest: StatementMark.digest(of: signed.statement)
        )
    }

    func isSigned(by root: RootCertificate, _ transaction: StoreTransaction) -> Bool {
        StatementSignature.isValid(
            signed.signature, of: signed.statement, .frontier, by: root.publicKey,
            transaction.cryptography)
    }

    func keep(_ transaction: StoreTransaction) throws {
        try transaction.keepStatement(
            signed.statement, signature: signed.signature, by: site, on: id, counter: counter,
            frontier: frontier, time: time)
    }
}
