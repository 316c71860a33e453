public import Foundation
public import KithModel
public import KithProtocol

/// Who did what in one part of an entry. A class: all that was said in it shares it.
public final class StoredAct: Sendable {
    /// The entry of an act.
    struct Entry {
        let site: SiteID
        let hash: EntryHash
        let arrival: Int64
        let depth: Int64
        let recorded: Instant
        let received: Instant
    }

    /// Its row: no other act has it.
    public let row: Int64
    /// The site that signed it.
    public let site: SiteID
    /// The entry.
    public let entry: EntryHash
    /// The entry's local arrival number.
    public let arrival: Int64
    /// The entry's depth in the graph.
    public let depth: Int64
    /// The entry's class.
    public let entryClass: EntryClass
    /// Why the author wrote.
    public let change: ChangeType?
    /// The person at the keyboard.
    public let committer: Person
    /// The person who did or decided it, when another.
    public let performer: Person?
    /// When it happened, if not when it was recorded.
    public let event: FieldValue?
    /// When it was written, by the author's clock.
    public let recorded: Instant
    /// When it came here, by our clock.
    public let received: Instant
    /// The reason that was given.
    public let reason: String?
    /// Where it was first written, when it was carried over from another partnership, or written again
    /// when a decision was taken back.
    public let carried: Carried?
    /// The class of the entry that `carried` names, where that is here.
    public let carriedClass: EntryClass?

    init(
        row: Int64, entry: Entry, entryClass: EntryClass, change: ChangeType?, committer: Person,
        performer: Person?, event: FieldValue?, reason: String?, carried: Carried?,
        carriedClass: EntryClass?
    ) {
        (self.row, arrival, depth) = (row, entry.arrival, entry.depth)
        (site, self.entry) = (entry.site, entry.hash)
        (recorded, received) = (entry.recorded, entry.received)
        (self.entryClass, self.change) = (entryClass, change)
        (self.committer, self.performer) = (committer, performer)
        (self.event, self.reason) = (event, reason)
        (self.carried, self.carriedClass) = (carried, carriedClass)
    }
}

/// One operation of a record's field.
public struct StoredOperation: Sendable {
    /// Its identity.
    public let id: OperationID
    /// The field's number.
    public let field: UInt32
    /// The value's bytes; nil when erased.
    public let value: Data?
    /// Whether another operation supersedes it.
    public let isSuperseded: Bool
    /// Whether it takes effect: false when its author had been removed before it.
    public let isEffective: Bool
    /// Its rank for display.
    public let rank: DisplayRank
    /// Who did it.
    public let act: StoredAct

    /// The record that its value names.
    public var reference: RecordID? {
        // Few other values are as long: they are not read for this.
        guard let value, value.count == StoreTransaction.referenceLength,
            case .reference(let record)? = try? FieldValue(decoding: value)
        else { return nil }
        return record
    }
}

/// One record with the operations that were asked for.
public struct StoredRecord: Sendable {
    /// The row, for further queries.
    public let row: Int64
    /// Its id.
    public let id: RecordID
    /// The number of its kind.
    public let kind: UInt32
    /// The partnership.
    public let partnership: PartnershipID
    /// The compartment.
    public let compartment: Compartment
    /// The record that it is part of.
    public let parent: RecordID?
    /// Who made it.
    public let created: StoredAct
    /// Who changed it last, in the order of arrival.
    public let changed: StoredAct
    /// The live operations, by field, then rank with the greatest first.
    public let operations: [StoredOperation]
}
