/// What kind of act an entry is. An operation never supersedes one of a higher class.
public enum EntryClass: Int, Sendable, Comparable, NamedCase {
    /// A remark on something; changes no record.
    case comment = 1
    /// An ordinary change to records.
    case record = 2
    /// A clinical decision by a member that may attest.
    case decision = 3
    /// A membership act.
    case membership = 4
    /// An erasure of parts.
    case erasure = 5

    /// The word for it in text.
    public var name: String {
        switch self {
        case .comment: "comment"
        case .record: "record"
        case .decision: "decision"
        case .membership: "membership"
        case .erasure: "erasure"
        }
    }

    /// Orders comment, record, decision, then what no operation of a record competes with.
    public static func < (left: EntryClass, right: EntryClass) -> Bool {
        left.rawValue < right.rawValue
    }

    /// Reads the word.
    public init(from decoder: any Decoder) throws { self = try Self.named(in: decoder) }

    /// Writes the word.
    public func encode(to encoder: any Encoder) throws { try encodeName(to: encoder) }
}

/// Why an author wrote, as the change log of DAPB4102 asks.
public enum ChangeType: Int, Sendable, NamedCase {
    /// Made a record.
    case create = 1
    /// Changed it.
    case amend = 2
    /// Signed a clinical decision.
    case attest = 3
    /// Took it out of daily view.
    case archive = 4
    /// Brought it back.
    case restore = 5
    /// Decided between candidates.
    case resolve = 6
    /// Took it over from another system.
    case `import` = 7
    /// Joined two records about one thing.
    case merge = 8
    /// Erased what was said in it.
    case erase = 9

    /// The word for it in JSON.
    public var name: String {
        switch self {
        case .create: "create"
        case .amend: "amend"
        case .attest: "attest"
        case .archive: "archive"
        case .restore: "restore"
        case .resolve: "resolve"
        case .import: "import"
        case .merge: "merge"
        case .erase: "erase"
        }
    }

    /// What the author did, as a verb in the past tense.
    public var past: String {
        switch self {
        case .create: "created"
        case .amend: "changed"
        case .attest: "attested"
        case .archive: "archived"
        case .restore: "restored"
        case .resolve: "resolved"
        case .import: "imported"
        case .merge: "merged"
        case .erase: "erased"
        }
    }

    /// Reads the word.
    public init(from decoder: any Decoder) throws { self = try Self.named(in: decoder) }

    /// Writes the word.
    public func encode(to encoder: any Encoder) throws { try encodeName(to: encoder) }
}
