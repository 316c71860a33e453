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

    /// The record that the edit of a number (from 1) of the same save makes: where an id is asked for,
    /// as the parent or in a field that refers to a record.
    public static func made(by number: Int) -> String { "#\(number)" }

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
