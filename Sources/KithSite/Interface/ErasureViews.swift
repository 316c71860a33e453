public import KithModel

/// What is to be erased.
public struct ErasureDraft: Codable, Sendable {
    /// The record, by id, by its beginning, or by a title that only it has.
    public var record: String
    /// Only what was said in the entry of this version; nil: everything, in the records under it too.
    public var version: Int64?
    /// Why.
    public var reason: String
    /// Whether nothing is erased, and only the report is wanted.
    public var isPreview: Bool

    /// Describes what is to be erased.
    public init(record: String, version: Int64?, reason: String, isPreview: Bool) {
        self.record = record
        self.version = version
        self.reason = reason
        self.isPreview = isPreview
    }
}

/// What an erasure touches.
public struct ErasureReport: Codable, Sendable {
    /// The record's title, from before.
    public var title: String
    /// The partnership's name.
    public var partnership: String
    /// Records that are touched, by the name of their kind.
    public var records: [String: Int]
    /// Parts that are erased: each is what one person said at once in one record.
    public var parts: Int

    /// Describes an erasure.
    public init(title: String, partnership: String, records: [String: Int], parts: Int) {
        self.title = title
        self.partnership = partnership
        self.records = records
        self.parts = parts
    }
}

/// One erasure in the log.
public struct ErasureView: Codable, Sendable {
    /// The entry.
    public var entry: EntryHash
    /// The partnership's name.
    public var partnership: String
    /// Which compartment.
    public var compartment: Compartment
    /// The site that asked.
    public var siteName: String
    /// Who there, and when; nil when this site cannot read it.
    public var committer: Author?
    /// When, by that site's clock.
    public var recorded: Instant
    /// Why; nil when this site cannot read it.
    public var reason: String?
    /// Parts that it names.
    public var parts: Int
    /// Members that have signed that they erased, by name.
    public var done: [String]
    /// Members that have not yet, by name.
    public var awaited: [String]

    /// Describes an erasure.
    public init(
        entry: EntryHash, partnership: String, compartment: Compartment, siteName: String,
        committer: Author?, recorded: Instant, reason: String?, parts: Int, done: [String],
        awaited: [String]
    ) {
        self.entry = entry
        self.partnership = partnership
        self.compartment = compartment
        self.siteName = siteName
        self.committer = committer
        self.recorded = recorded
        self.reason = reason
        self.parts = parts
        self.done = done
        self.awaited = awaited
    }
}
