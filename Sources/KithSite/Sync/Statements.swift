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
    func statement(
        on sharing: Sharing, _ transaction: StoreTransaction, now: Instant
    ) throws -> Kith_V1_SignedStatement {
        let keys = transaction.keys
        let id = sharing.id
        let frontier = try transaction.frontier(of: sharing)
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

    /// Why the peer's statements do not prove that both sides hold what either declared; nil: they do.
    func problem(
        of statements: [Kith_V1_SignedStatement],
        declared: [(id: CompartmentID, ours: [Position], theirs: [Position])],
        _ transaction: StoreTransaction
    ) throws -> String? {
        var stated: [CompartmentID: Set<EntryHash>] = [:]
        var leaves: [CompartmentID: [Position]] = [:]
        for signed in statements {
            guard
                StatementSignature.isValid(
                    signed.signature, of: signed.statement, .frontier, by: peer.root.publicKey,
                    transaction.cryptography),
                let statement = try? Kith_V1_Statement(serializedBytes: signed.statement),
                SiteID(bytes: statement.site) == peer.site,
                let partnership = PartnershipID(bytes: statement.partnership),
                let compartment = Compartment(rawValue: statement.compartment.rawValue),
                let counter = Int64(exactly: statement.counter),
                let positions = positions(statement.frontier, in: compartment)
            else { return "the peer's statement is not signed by it" }
            let id = CompartmentID(partnership, compartment)
            guard declared.contains(where: { $0.id == id }) else {
                return "the peer states something of another compartment"
            }
            stated[id] = Set(positions.map(\.hash))
            leaves[id] = positions
            try transaction.keepStatement(
                signed.statement, signature: signed.signature, by: peer.site, on: id,
                counter: counter, frontier: positions, time: Instant(milliseconds: statement.timeMs)
            )
        }
        for (id, ours, theirs) in declared {
            guard let hashes = stated[id], let positions = leaves[id] else {
                return "the peer says nothing of a compartment that changed"
            }
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

    private func positions(_ leaves: [Kith_V1_Leaf], in compartment: Compartment) -> [Position]? {
        var positions: [Position] = []
        for leaf in leaves {
            guard let author = SiteID(bytes: leaf.author), let hash = EntryHash(bytes: leaf.hash)
            else { return nil }
            positions.append(
                Position(
                    feed: FeedID(
                        author: author, incarnation: leaf.incarnation, compartment: compartment),
                    sequence: leaf.sequence, hash: hash))
        }
        return positions
    }
}
