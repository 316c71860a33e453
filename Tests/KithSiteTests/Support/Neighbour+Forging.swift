import Crypto
import Foundation
import KithModel
import KithProtocol
import KithStore
import KithTrust
import Testing

@testable import KithSite

extension Neighbour {
    /// Signs a membership act with the site's key, past every check of its own programs, and takes it
    /// into its log, from where sessions carry it on like any other.
    func forge(_ act: MembershipAct, in partnership: PartnershipID) async throws {
        let (key, now) = (site.store.keys.identity, Instant(Date()))
        let compartment = CompartmentID(partnership, .membership)
        try await site.store.write { transaction in
            let cryptography = SystemCryptography()
            let skeleton = act.encoded()
            let header = EntryHeader(
                partnership: partnership,
                feed: FeedID(
                    author: key.siteID, incarnation: cryptography.randomNumber() >> 1,
                    compartment: .membership),
                sequence: 1, previous: nil, knows: try transaction.frontier(compartment),
                recorded: now, entryClass: .membership,
                parts: [
                    PartDigest(
                        key: nil, skeleton: Data(SHA256.hash(data: skeleton)),
                        skeletonBytes: skeleton.count, body: Data(), bodyBytes: 0)
                ])
            let bytes = header.encoded()
            let entry = ReceivedEntry(
                header: bytes,
                signature: try EntrySignature.sign(
                    EntryHash(header: bytes), with: key.privateKey, cryptography),
                parts: [Part(skeleton: skeleton, body: nil)])
            let result = try transaction.ingest(
                IncomingBatch([entry]), allowed: [compartment], now: now)
            #expect(result.stored == 1, "\(result.refusal ?? "")")
        }
    }
}
