public import Foundation
public import KithModel
import SwiftProtobuf

/// Where something was first written that a site carried over into another partnership, as that site
/// says. The entry named is not in the same log, so it proves nothing there.
public struct Carried: Hashable, Sendable {
    /// The partnership in which it was written.
    public var partnership: PartnershipID
    /// The entry.
    public var entry: EntryHash
    /// The site that signed it.
    public var author: SiteID
    /// That site's name then.
    public var authorName: String
    /// When it was written, by its author's clock.
    public var recorded: Instant
    /// The person who carried it over.
    public var carrier: Person
    /// The partnership in which the record was before it was ever moved.
    public var originPartnership: PartnershipID
    /// Its id there.
    public var originRecord: RecordID

    /// Says where something comes from.
    public init(
        partnership: PartnershipID, entry: EntryHash, author: SiteID, authorName: String,
        recorded: Instant, carrier: Person, originPartnership: PartnershipID,
        originRecord: RecordID
    ) {
        self.partnership = partnership
        self.entry = entry
        self.author = author
        self.authorName = authorName
        self.recorded = recorded
        self.carrier = carrier
        self.originPartnership = originPartnership
        self.originRecord = originRecord
    }

    /// Its bytes, as the state keeps them.
    public func encoded() -> Data { Kith_V1_Carried(self).bytes() }

    /// Reads what `encoded` gave.
    public init(decoding bytes: Data) throws(ProtocolFault) {
        try self.init(Kith_V1_Carried(checked: bytes, "carried"))
    }
}

extension Kith_V1_Carried {
    init(_ carried: Carried) {
        self.init()
        partnership = Data(carried.partnership.bytes)
        entry = Data(carried.entry.bytes)
        author = Data(carried.author.bytes)
        authorName = carried.authorName
        recordedMs = carried.recorded.milliseconds
        carrier = Kith_V1_Person(carried.carrier)
        originPartnership = Data(carried.originPartnership.bytes)
        originRecord = Data(carried.originRecord.bytes)
    }
}

extension Carried {
    init(_ message: Kith_V1_Carried) throws(ProtocolFault) {
        guard let partnership = PartnershipID(bytes: message.partnership),
            let entry = EntryHash(bytes: message.entry), let author = SiteID(bytes: message.author),
            let originPartnership = PartnershipID(bytes: message.originPartnership),
            let originRecord = RecordID(bytes: message.originRecord)
        else { throw ProtocolFault(.malformed, "carried") }
        guard message.authorName.utf8.count <= Limits.personBytes else {
            throw ProtocolFault(.limit, "carried")
        }
        self.init(
            partnership: partnership, entry: entry, author: author,
            authorName: message.authorName, recorded: Instant(milliseconds: message.recordedMs),
            carrier: try Person(message.carrier), originPartnership: originPartnership,
            originRecord: originRecord)
    }
}
