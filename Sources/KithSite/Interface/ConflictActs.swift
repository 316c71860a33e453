public import KithModel

/// How a conflict is decided.
public struct Resolution: Codable, Sendable {
    /// What is to stand.
    public enum Choice: Codable, Sendable {
        /// The candidate or the option of this number in the view that was seen.
        case pick(Int)
        /// The option of this word.
        case word(String)
        /// A new value: one assignment, or one for each part of an atomic group. Between records: what
        /// changes in one of them, as `NUMBER.FIELD`.
        case value([RecordEdit.Assignment])
    }

    /// The conflict's id.
    public var conflict: String
    /// What is to stand.
    public var choice: Choice
    /// The version of the view that was read; what arrived after it stays undecided.
    public var seen: Int64
    /// Why; never empty.
    public var reason: String
    /// Whether it is a clinical decision.
    public var isAttested: Bool
    /// The clinician who decided, when not the committer.
    public var performer: Author?
    /// Only says what would come of it; nothing is written.
    public var isPreview: Bool

    /// Describes a decision.
    public init(
        conflict: String, choice: Choice, seen: Int64, reason: String, isAttested: Bool = false,
        performer: Author? = nil, isPreview: Bool = false
    ) {
        self.conflict = conflict
        self.choice = choice
        self.seen = seen
        self.reason = reason
        self.isAttested = isAttested
        self.performer = performer
        self.isPreview = isPreview
    }
}

/// What a decision came to, or would come to.
public struct ResolutionOutcome: Codable, Sendable {
    /// The conflict's id.
    public var conflict: String
    /// What it is about, in words.
    public var about: String
    /// What stands after it, in words.
    public var stands: [String]
    /// What it replaces, in words.
    public var replaces: [String]
    /// Whether something is left to decide: what was not seen.
    public var isOpen: Bool
    /// The conflict as it is then; nil when nothing is open.
    public var rest: ConflictView?
    /// The contested record; nil when it is about an entry.
    public var record: RecordID?

    /// Says what a decision came to.
    public init(
        conflict: String, about: String, stands: [String], replaces: [String], isOpen: Bool,
        rest: ConflictView? = nil, record: RecordID?
    ) {
        self.conflict = conflict
        self.about = about
        self.stands = stands
        self.replaces = replaces
        self.isOpen = isOpen
        self.rest = rest
        self.record = record
    }
}

/// Takes back a decision: what it replaced is written again, and is open again.
public struct ConflictUndo: Codable, Sendable {
    /// The id of the conflict that was decided.
    public var conflict: String
    /// Why; never empty.
    public var reason: String
    /// Whether it is a clinical decision: needed to take one back.
    public var isAttested: Bool
    /// The clinician who decided so, when not the committer.
    public var performer: Author?
    /// Only says what would come of it; nothing is written.
    public var isPreview: Bool

    /// Describes an undo.
    public init(
        conflict: String, reason: String, isAttested: Bool = false, performer: Author? = nil,
        isPreview: Bool = false
    ) {
        self.conflict = conflict
        self.reason = reason
        self.isAttested = isAttested
        self.performer = performer
        self.isPreview = isPreview
    }
}

/// Work on an open conflict that decides nothing: whose it is, until when, what was found out.
public struct ConflictWork: Codable, Sendable {
    /// The conflict's id.
    public var conflict: String
    /// Who takes it on; empty: nobody any more; nil: as it is.
    public var owner: String?
    /// By when it is to be decided; empty: no day any more; nil: as it is.
    public var due: String?
    /// A note; nil: none.
    public var note: String?

    /// Describes work on a conflict.
    public init(conflict: String, owner: String? = nil, due: String? = nil, note: String? = nil) {
        self.conflict = conflict
        self.owner = owner
        self.due = due
        self.note = note
    }
}

/// Decides many routine conflicts alike.
public struct BulkResolution: Codable, Sendable {
    /// The names of the fields; never empty. `KIND.FIELD` means the field of one kind.
    public var fields: [String]
    /// The site whose value is to stand, by name or by a beginning of its id.
    public var preferredSite: String
    /// Only those open since before this moment.
    public var openedBefore: Instant?
    /// Only in this partnership.
    public var partnership: String?
    /// Only about this resident or record.
    public var under: String?
    /// The version of the dry run; what arrived after it stays. Nil in a dry run.
    public var seen: Int64?
    /// The most that may be decided; more are refused whole.
    public var limit: Int
    /// Why; never empty.
    public var reason: String
    /// Only says what would come of it; nothing is written.
    public var isPreview: Bool

    /// Describes a decision of many.
    public init(
        fields: [String], preferredSite: String, openedBefore: Instant? = nil,
        partnership: String? = nil, under: String? = nil, seen: Int64? = nil, limit: Int = 1000,
        reason: String, isPreview: Bool
    ) {
        self.fields = fields
        self.preferredSite = preferredSite
        self.openedBefore = openedBefore
        self.partnership = partnership
        self.under = under
        self.seen = seen
        self.limit = limit
        self.reason = reason
        self.isPreview = isPreview
    }
}

/// What a decision of many came to, or would come to.
public struct BulkReport: Codable, Sendable {
    /// One that is decided.
    public struct Item: Codable, Sendable {
        /// The conflict's id.
        public var conflict: String
        /// What it is about, in words.
        public var about: String
        /// The value that stands.
        public var stands: String
        /// The values that it replaces.
        public var replaces: [String]
        /// The record.
        public var record: RecordID

        /// Describes an item.
        public init(
            conflict: String, about: String, stands: String, replaces: [String], record: RecordID
        ) {
            self.conflict = conflict
            self.about = about
            self.stands = stands
            self.replaces = replaces
            self.record = record
        }
    }

    /// Those that are decided.
    public var items: [Item]
    /// The ids of those that match but stay open: the site said nothing there, or several things.
    public var skipped: [String]
    /// The version that it was decided at: what `--seen` takes.
    public var version: Int64
    /// Whether it was written.
    public var isWritten: Bool

    /// Says what a decision of many came to.
    public init(items: [Item], skipped: [String], version: Int64, isWritten: Bool) {
        self.items = items
        self.skipped = skipped
        self.version = version
        self.isWritten = isWritten
    }
}
