public import KithModel

/// Which record to read with everything under it.
public struct TreeQuery: Codable, Sendable {
    /// The record: an id, the beginning of one, or a title that only it has.
    public var reference: String
    /// Its kind's name; nil for any.
    public var kind: String?
    /// The kinds to read under it; nil for all.
    public var kinds: [String]?
    /// How many records of each journal to read, the newest; nil for all.
    public var newest: Int?
    /// Whether archived ones come too.
    public var includesArchived: Bool
    /// For a resident: whether those who were found to be the same person come too, and the journals
    /// that name them.
    public var includesOthers: Bool

    /// Describes a reading.
    public init(
        _ reference: String, kind: String? = nil, kinds: [String]? = nil, newest: Int? = nil,
        includesArchived: Bool = false, includesOthers: Bool = true
    ) {
        self.reference = reference
        self.kind = kind
        self.kinds = kinds
        self.newest = newest
        self.includesArchived = includesArchived
        self.includesOthers = includesOthers
    }
}

/// Whether another site has signed that it holds a version of a record.
public struct VersionReceipt: Codable, Sendable, Hashable {
    /// Which site.
    public var site: SiteID
    /// Its name.
    public var name: String
    /// Whether it has.
    public var hasReceived: Bool
    /// When it last signed what it holds, by its clock; nil: never.
    public var signed: Instant?

    /// Describes a receipt.
    public init(site: SiteID, name: String, hasReceived: Bool, signed: Instant?) {
        self.site = site
        self.name = name
        self.hasReceived = hasReceived
        self.signed = signed
    }
}

/// A record and everything under it, as of one moment.
public struct RecordTree: Codable, Sendable {
    /// The record.
    public var record: RecordView
    /// For a resident: the others that people found to be the same person. What is part of them is
    /// among `descendants`; nothing was moved.
    public var samePerson: [RecordView]
    /// What is part of the record or of those, at any depth, in the order of the vocabulary, then as
    /// it was made; journals with the newest first.
    public var descendants: [RecordView]
    /// For a resident: journals of others that name them, for example interactions.
    public var mentions: [RecordView]
    /// How many more there are of a journal than were asked for, by kind.
    public var more: [String: Int]
    /// The compartments of its partnership that this site holds.
    public var compartments: [Compartment]
    /// Which other members have signed that they hold the record and what is part of it as it is here now.
    public var receipts: [VersionReceipt]

    /// Describes a tree.
    public init(
        record: RecordView, samePerson: [RecordView] = [], descendants: [RecordView] = [],
        mentions: [RecordView] = [], more: [String: Int] = [:], compartments: [Compartment],
        receipts: [VersionReceipt] = []
    ) {
        self.record = record
        self.samePerson = samePerson
        self.descendants = descendants
        self.mentions = mentions
        self.more = more
        self.compartments = compartments
        self.receipts = receipts
    }

    /// Those of a kind, at any depth.
    public func all(_ kind: String) -> [RecordView] {
        descendants.filter { $0.kind == kind }
    }

    /// Those that are directly part of a record.
    public func children(of record: RecordID) -> [RecordView] {
        descendants.filter { $0.parent == record }
    }

    /// Those of one kind that are directly part of a record, without what is archived.
    public func children(_ kind: String, of record: RecordID) -> [RecordView] {
        descendants.filter { $0.kind == kind && $0.parent == record && !$0.isArchived }
    }
}
