public import KithModel

/// A change to one record, in the texts that a person typed.
public struct RecordEdit: Codable, Sendable {
    /// What is edited.
    public enum Target: Codable, Sendable {
        /// A new record of a kind; `partnership` by name or id, nil where only one is shared;
        /// `parent` by id or its beginning.
        case new(kind: String, partnership: String?, parent: String?)
        /// A record by id or its beginning; of a kind and in a partnership, where they are known:
        /// nothing keeps another member from giving a record of its own the same id.
        case existing(String, kind: String? = nil, in: PartnershipID? = nil)
    }

    /// One assignment: `FIELD` or `FIELD.PART`, and the text; an empty text clears.
    public struct Assignment: Codable, Sendable {
        /// `FIELD`, or `FIELD.PART` for an atomic group.
        public var field: String
        /// The text.
        public var text: String

        /// Puts a text under a field.
        public init(_ field: String, _ text: String) {
            self.field = field
            self.text = text
        }
    }

    /// What is edited.
    public var target: Target
    /// The assignments, in order.
    public var values: [Assignment]
    /// The version of the view that the author read. Required for a safety-critical field that
    /// already has a value; what arrived after it is not superseded.
    public var seen: Int64?
    /// Why; nil: created or changed.
    public var change: ChangeType?
    /// The reason, for people.
    public var reason: String?
    /// Who did or decided it, when not the committer.
    public var performer: Author?
    /// When it happened, if not now: a date, or a day and time.
    public var event: String?
    /// Whether the entry claims to be a clinical decision (class `decision`).
    public var isAttested: Bool

    /// Describes an edit.
    public init(
        target: Target, values: [Assignment], seen: Int64? = nil, change: ChangeType? = nil,
        reason: String? = nil, performer: Author? = nil, event: String? = nil,
        isAttested: Bool = false
    ) {
        self.target = target
        self.values = values
        self.seen = seen
        self.change = change
        self.reason = reason
        self.performer = performer
        self.event = event
        self.isAttested = isAttested
    }
}

/// Which conflicts to list.
public struct ConflictQuery: Codable, Sendable {
    /// Only of this severity.
    public var severity: FieldPolicy?
    /// Only in this partnership, by name or id.
    public var partnership: String?
    /// Only about this resident or record (id or its beginning), at any depth.
    public var under: String?

    /// Describes a listing.
    public init(severity: FieldPolicy? = nil, partnership: String? = nil, under: String? = nil) {
        self.severity = severity
        self.partnership = partnership
        self.under = under
    }
}

/// A field of which several values stand.
public struct ConflictView: Codable, Sendable {
    /// `RECORD.field`, with the beginning of the record's id.
    public var id: String
    /// What kind of conflict it is: `field`.
    public var kind: String
    /// How grave it is.
    public var severity: FieldPolicy
    /// The partnership's name.
    public var partnership: String
    /// The record.
    public var record: RecordID
    /// The record's kind.
    public var recordKind: String
    /// The record's title.
    public var title: String
    /// The title of the resident it is about, if any.
    public var resident: String?
    /// The field.
    public var field: FieldView
    /// Since when more than one value stands here.
    public var opened: Instant
    /// What `--seen` takes.
    public var version: Int64
    /// Whether only a clinical decision by a member that may attest settles it.
    public var needsAttestation: Bool

    /// Describes a conflict.
    public init(
        id: String, kind: String, severity: FieldPolicy, partnership: String, record: RecordID,
        recordKind: String, title: String, resident: String?, field: FieldView, opened: Instant,
        version: Int64, needsAttestation: Bool
    ) {
        self.id = id
        self.kind = kind
        self.severity = severity
        self.partnership = partnership
        self.record = record
        self.recordKind = recordKind
        self.title = title
        self.resident = resident
        self.field = field
        self.opened = opened
        self.version = version
        self.needsAttestation = needsAttestation
    }
}

/// How a conflict is decided.
public struct Resolution: Codable, Sendable {
    /// What is to stand.
    public enum Choice: Codable, Sendable {
        /// The candidate of this number in the view that was seen.
        case pick(Int)
        /// A new value: one assignment, or one for each part of an atomic group.
        case value([RecordEdit.Assignment])
    }

    /// The conflict's id.
    public var conflict: String
    /// What is to stand.
    public var choice: Choice
    /// The version of the view that was read; candidates that arrived after it stay.
    public var seen: Int64
    /// Why; never empty.
    public var reason: String
    /// Whether it is a clinical decision.
    public var isAttested: Bool
    /// The clinician who decided, when not the committer.
    public var performer: Author?

    /// Describes a decision.
    public init(
        conflict: String, choice: Choice, seen: Int64, reason: String, isAttested: Bool = false,
        performer: Author? = nil
    ) {
        self.conflict = conflict
        self.choice = choice
        self.seen = seen
        self.reason = reason
        self.isAttested = isAttested
        self.performer = performer
    }
}
