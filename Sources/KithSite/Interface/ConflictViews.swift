public import KithModel

/// Which conflicts to list.
public struct ConflictQuery: Codable, Sendable {
    /// Only of this severity.
    public var severity: FieldPolicy?
    /// Only of these kinds; empty: of all.
    public var kinds: [ConflictKind]
    /// Only in this partnership, by name or id.
    public var partnership: String?
    /// Only about this resident or record (id or its beginning), at any depth.
    public var under: String?
    /// Only of the field of this name.
    public var field: String?
    /// Only those of whose owners one contains this, in any case.
    public var owner: String?
    /// Only those that nobody has taken on.
    public var isUnowned: Bool
    /// Only those open since before this moment.
    public var openedBefore: Instant?
    /// Only those due before this day.
    public var dueBefore: PartialDate?
    /// Whether those in archived records are listed too.
    public var includesArchived: Bool

    /// Describes a listing.
    public init(
        severity: FieldPolicy? = nil, kinds: [ConflictKind] = [], partnership: String? = nil,
        under: String? = nil, field: String? = nil, owner: String? = nil, isUnowned: Bool = false,
        openedBefore: Instant? = nil, dueBefore: PartialDate? = nil, includesArchived: Bool = false
    ) {
        self.severity = severity
        self.kinds = kinds
        self.partnership = partnership
        self.under = under
        self.field = field
        self.owner = owner
        self.isUnowned = isUnowned
        self.openedBefore = openedBefore
        self.dueBefore = dueBefore
        self.includesArchived = includesArchived
    }
}

/// Something that people have to decide: a work item that ages (D14).
///
/// A list leaves `details` out: ten thousand have to fit on a screen's wait.
public struct ConflictView: Codable, Sendable {
    /// What people type: the beginning of a record's id, a point, a field or a kind.
    public var id: String
    /// What kind of conflict it is.
    public var kind: ConflictKind
    /// How grave it is.
    public var severity: FieldPolicy
    /// The partnership's name.
    public var partnership: String
    /// The partnership.
    public var partnershipID: PartnershipID
    /// The compartment that it is in.
    public var compartment: Compartment
    /// The record, or the first of several; nil when it is about an entry.
    public var record: RecordID?
    /// The record's kind; empty when it is about an entry.
    public var recordKind: String
    /// The record's title.
    public var title: String
    /// The title of the resident it is about, if any.
    public var resident: String?
    /// What about it, for people: the field's label, or the kind's.
    public var about: String
    /// The field's name, when it is about one.
    public var fieldName: String?
    /// What stands, in words: the values, or the records.
    public var values: [String]
    /// Since when, by this site's clock.
    public var opened: Instant
    /// Whether it was decided before, and is open again.
    public var isReopened: Bool
    /// Who has taken it on; several when two people were named at once.
    public var owners: [String]
    /// The day by which it is to be decided; the earliest when there are several.
    public var due: PartialDate?
    /// What `--seen` takes.
    public var version: Int64
    /// Whether only a clinical decision by a member that may attest settles it.
    public var needsAttestation: Bool
    /// The field with all its candidates; nil in lists, and when it is not about one.
    public var field: FieldView?
    /// All else that helps to decide; nil in lists.
    public var details: ConflictDetails?

    /// Describes a conflict.
    public init(
        id: String, kind: ConflictKind, severity: FieldPolicy, partnership: String,
        partnershipID: PartnershipID, compartment: Compartment, record: RecordID?,
        recordKind: String, title: String,
        resident: String?, about: String, fieldName: String? = nil, values: [String],
        opened: Instant, isReopened: Bool = false, owners: [String] = [], due: PartialDate? = nil,
        version: Int64, needsAttestation: Bool = false, field: FieldView? = nil,
        details: ConflictDetails? = nil
    ) {
        self.id = id
        self.kind = kind
        self.severity = severity
        self.partnership = partnership
        self.partnershipID = partnershipID
        self.compartment = compartment
        self.record = record
        self.recordKind = recordKind
        self.title = title
        self.resident = resident
        self.about = about
        self.fieldName = fieldName
        self.values = values
        self.opened = opened
        self.isReopened = isReopened
        self.owners = owners
        self.due = due
        self.version = version
        self.needsAttestation = needsAttestation
        self.field = field
        self.details = details
    }

    /// Whether the day by which it was to be decided has passed on a day (`Instant.day(in:)`).
    public func isOverdue(on day: Int) -> Bool { due.map { $0.lastDay < day } ?? false }
}

/// Everything about one conflict that helps to decide it.
public struct ConflictDetails: Codable, Sendable {
    /// What the author of each candidate had seen, by its number.
    public var knowledge: [CandidateKnowledge]
    /// What the candidates were made of, for narrative that has a common ancestor.
    public var comparison: TextComparison?
    /// The records that stand side by side; empty when it is about a field.
    public var sides: [ConflictSide]
    /// What can be chosen by number, besides a candidate.
    public var options: [ConflictOption]
    /// Decisions that were made before, the oldest first.
    public var decisions: [DecisionView]
    /// What people noted on it, the oldest first.
    public var notes: [ConflictNote]
    /// The names of the members that may attest, when that is needed.
    public var attesters: [String]

    /// Gathers what helps to decide.
    public init(
        knowledge: [CandidateKnowledge] = [],
        comparison: TextComparison? = nil, sides: [ConflictSide] = [],
        options: [ConflictOption] = [], decisions: [DecisionView] = [],
        notes: [ConflictNote] = [], attesters: [String] = []
    ) {
        self.knowledge = knowledge
        self.comparison = comparison
        self.sides = sides
        self.options = options
        self.decisions = decisions
        self.notes = notes
        self.attesters = attesters
    }
}

/// What the author of a candidate had seen when they wrote it.
public struct CandidateKnowledge: Codable, Sendable {
    /// The candidate's number.
    public var candidate: Int
    /// The values that it replaced, in words.
    public var replaced: [String]
    /// The numbers of the other candidates that were at the author's site, and were left standing.
    public var leftStanding: [Int]
    /// The numbers of those that the author's site did not have.
    public var unknown: [Int]

    /// Says what an author had seen.
    public init(candidate: Int, replaced: [String], leftStanding: [Int], unknown: [Int]) {
        self.candidate = candidate
        self.replaced = replaced
        self.leftStanding = leftStanding
        self.unknown = unknown
    }
}

/// The latest text that every candidate replaced, and where each differs from it.
public struct TextComparison: Codable, Sendable {
    /// That text.
    public var base: String
    /// Who said so.
    public var provenance: ProvenanceView
    /// The differences; versions are in the order of the candidates.
    public var words: WordComparison

    /// Compares candidates with what they were made of.
    public init(base: String, provenance: ProvenanceView, words: WordComparison) {
        self.base = base
        self.provenance = provenance
        self.words = words
    }
}

/// One of several records that do not go together.
public struct ConflictSide: Codable, Sendable {
    /// Its number in this view, from 1.
    public var number: Int
    /// The record; nil for an entry.
    public var record: RecordID?
    /// Its kind, for people.
    public var kind: String
    /// Its title.
    public var title: String
    /// Why it is here, in words.
    public var why: String
    /// Who made it so.
    public var provenance: ProvenanceView?
    /// What is safety-critical in it, and in what is part of it.
    public var lines: [SideLine]

    /// Describes a side.
    public init(
        number: Int, record: RecordID?, kind: String, title: String, why: String,
        provenance: ProvenanceView?, lines: [SideLine] = []
    ) {
        self.number = number
        self.record = record
        self.kind = kind
        self.title = title
        self.why = why
        self.provenance = provenance
        self.lines = lines
    }
}

/// A field of a side, or of a record that is part of it.
public struct SideLine: Codable, Sendable {
    /// The name of the record's kind.
    public var kind: String
    /// The record's title, when it is not the side itself.
    public var title: String?
    /// The field.
    public var field: FieldView

    /// Describes a line.
    public init(kind: String, title: String?, field: FieldView) {
        self.kind = kind
        self.title = title
        self.field = field
    }
}

/// Something that can be chosen by its number or its word.
public struct ConflictOption: Codable, Sendable {
    /// Its number, from 1.
    public var number: Int
    /// A word for it that is easy to type.
    public var word: String
    /// What it does.
    public var words: String

    /// Describes an option.
    public init(number: Int, word: String, words: String) {
        self.number = number
        self.word = word
        self.words = words
    }
}

/// How a conflict was decided before.
public struct DecisionView: Codable, Sendable {
    /// What was decided, in words.
    public var words: String
    /// What it replaced, in words.
    public var replaced: [String]
    /// Whether it still stands.
    public var stands: Bool
    /// Who decided.
    public var provenance: ProvenanceView

    /// Describes a decision.
    public init(words: String, replaced: [String], stands: Bool, provenance: ProvenanceView) {
        self.words = words
        self.replaced = replaced
        self.stands = stands
        self.provenance = provenance
    }
}

/// What somebody noted on a conflict.
public struct ConflictNote: Codable, Sendable {
    /// The words.
    public var text: String
    /// Who noted it.
    public var provenance: ProvenanceView

    /// Describes a note.
    public init(text: String, provenance: ProvenanceView) {
        self.text = text
        self.provenance = provenance
    }
}
