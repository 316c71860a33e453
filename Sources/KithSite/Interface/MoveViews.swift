public import KithModel

/// Which resident is to move where.
public struct ResidentMove: Codable, Sendable {
    /// The resident, by id or title.
    public var resident: String
    /// The partnership to move to, by name or id.
    public var partnership: String
    /// Why; written where the resident is archived.
    public var reason: String?

    /// Describes a move.
    public init(resident: String, partnership: String, reason: String? = nil) {
        self.resident = resident
        self.partnership = partnership
        self.reason = reason
    }
}

/// What a move carried over.
public struct MoveReport: Codable, Sendable {
    /// The resident's title.
    public var title: String
    /// The partnership that it left.
    public var from: String
    /// The partnership that it is in now.
    public var to: String
    /// Its id there.
    public var resident: RecordID
    /// Records of which something was carried over, by kind.
    public var records: [String: Int]
    /// Values that were carried over.
    public var values: Int
    /// Whether everything was there already, and nothing was written.
    public var isUnchanged: Bool

    /// Describes a move that was made.
    public init(
        title: String, from: String, to: String, resident: RecordID, records: [String: Int],
        values: Int, isUnchanged: Bool
    ) {
        self.title = title
        self.from = from
        self.to = to
        self.resident = resident
        self.records = records
        self.values = values
        self.isUnchanged = isUnchanged
    }
}

/// How something came from another partnership.
public struct CarriedView: Codable, Sendable {
    /// The name of the partnership that it was written in, or its id where this site does not know it.
    public var partnership: String
    /// Who carried it over.
    public var by: Author
    /// The name of the site that signed that.
    public var siteName: String
    /// When, by that site's clock.
    public var time: Instant
    /// The entry here that carries it.
    public var entry: EntryHash
    /// Whether it was written in this very partnership, and again when a decision was taken back.
    public var isRecalled: Bool

    /// Describes where something was carried over from.
    public init(
        partnership: String, by: Author, siteName: String, time: Instant, entry: EntryHash,
        isRecalled: Bool = false
    ) {
        self.partnership = partnership
        self.by = by
        self.siteName = siteName
        self.time = time
        self.entry = entry
        self.isRecalled = isRecalled
    }
}
