public import KithModel

/// One resident in a list of all, with what tells people where to look.
public struct ResidentSummary: Codable, Sendable {
    /// The resident.
    public var resident: RecordView
    /// Where they live and lived, unless archived.
    public var stays: [RecordView]
    /// Their plans, unless archived.
    public var plans: [RecordView]
    /// The newest of what belongs to them.
    public var lastVersion: Int64
    /// When it came here.
    public var lastChange: Instant

    /// Describes a resident in a list.
    public init(
        resident: RecordView, stays: [RecordView], plans: [RecordView], lastVersion: Int64,
        lastChange: Instant
    ) {
        self.resident = resident
        self.stays = stays
        self.plans = plans
        self.lastVersion = lastVersion
        self.lastChange = lastChange
    }
}

/// Which changes are wanted.
public struct ChangesQuery: Codable, Sendable {
    /// The record whose family they are in, by id or its beginning.
    public var reference: String
    /// What of it, by compartment.
    public var compartments: [Compartment]
    /// After this version.
    public var since: Int64
    /// At most so many moments, the newest; 0: none.
    public var moments: Int

    /// Describes what is wanted.
    public init(
        reference: String, compartments: [Compartment] = Compartment.granted, since: Int64,
        moments: Int = 0
    ) {
        self.reference = reference
        self.compartments = compartments
        self.since = since
        self.moments = moments
    }
}

/// What changed in a family since a version.
public struct ChangesView: Codable, Sendable {
    /// One field that is not as it was.
    public struct Change: Codable, Sendable {
        /// The record.
        public var record: RecordID
        /// Its kind.
        public var kind: String
        /// Its title.
        public var title: String
        /// Whether the record itself is new since then.
        public var isNew: Bool
        /// The field as it was; its candidates may be none.
        public var before: FieldView
        /// The field as it is.
        public var after: FieldView

        /// Describes a change.
        public init(
            record: RecordID, kind: String, title: String, isNew: Bool, before: FieldView,
            after: FieldView
        ) {
            self.record = record
            self.kind = kind
            self.title = title
            self.isNew = isNew
            self.before = before
            self.after = after
        }
    }

    /// One act in a family's past.
    public struct Moment: Codable, Sendable {
        /// The record.
        public var record: RecordID
        /// Its kind.
        public var kind: String
        /// Its title as it is now.
        public var title: String
        /// Who and when.
        public var provenance: ProvenanceView

        /// Describes an act.
        public init(record: RecordID, kind: String, title: String, provenance: ProvenanceView) {
            self.record = record
            self.kind = kind
            self.title = title
            self.provenance = provenance
        }
    }

    /// The record.
    public var root: RecordView
    /// Since when.
    public var since: Int64
    /// Until when: now.
    public var version: Int64
    /// What changed, in the order of records and their fields.
    public var changes: [Change]
    /// What was done, the newest first.
    public var moments: [Moment]

    /// Describes changes.
    public init(
        root: RecordView, since: Int64, version: Int64, changes: [Change], moments: [Moment]
    ) {
        self.root = root
        self.since = since
        self.version = version
        self.changes = changes
        self.moments = moments
    }
}
