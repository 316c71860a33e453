public import KithModel

/// Which records to list.
public struct RecordQuery: Codable, Sendable {
    /// The kind's name.
    public var kind: String
    /// Only in this partnership, by name or id.
    public var partnership: String?
    /// Only part of this record (id or its beginning), at any depth.
    public var under: String?
    /// Only those whose title or searched fields, or those of what is part of them, or the title of
    /// what they are part of, contain this, in any case: so a resident is found by room.
    public var search: String?
    /// Whether archived ones are listed too.
    public var includesArchived: Bool
    /// At most so many: of a journal the newest, else the first by title. Nil for all.
    public var limit: Int?

    /// Describes a listing.
    public init(
        kind: String, partnership: String? = nil, under: String? = nil, search: String? = nil,
        includesArchived: Bool = false, limit: Int? = nil
    ) {
        self.kind = kind
        self.partnership = partnership
        self.under = under
        self.search = search
        self.includesArchived = includesArchived
        self.limit = limit
    }
}

/// One record as this site knows it.
public struct RecordView: Codable, Sendable {
    /// Its id.
    public var id: RecordID
    /// Enough of the id to type.
    public var short: String
    /// The kind's name; `kind N` for one that needs a newer version.
    public var kind: String
    /// What people call it: made of the values shown, conflicting ones joined by " / ".
    public var title: String
    /// The partnership's name.
    public var partnership: String
    /// The partnership's id.
    public var partnershipID: PartnershipID
    /// Its compartment.
    public var compartment: Compartment
    /// The record that it is part of.
    public var parent: RecordID?
    /// What people call that one; nil for none, or where it cannot be read here.
    public var parentTitle: String?
    /// Whether it is archived.
    public var isArchived: Bool
    /// The local arrival number of the newest entry in this view: what `--seen` takes.
    public var version: Int64
    /// Whether nothing new of it comes any more: this site was removed, or may not read it now.
    public var isNoLongerUpdated: Bool
    /// Its fields in the order of the vocabulary, with those that are empty.
    public var fields: [FieldView]
    /// Who made it.
    public var created: ProvenanceView
    /// Who changed it last, in the order of arrival here.
    public var changed: ProvenanceView

    /// Describes a record.
    public init(
        id: RecordID, short: String, kind: String, title: String, partnership: String,
        partnershipID: PartnershipID, compartment: Compartment, parent: RecordID?,
        parentTitle: String? = nil, isArchived: Bool, version: Int64,
        isNoLongerUpdated: Bool = false, fields: [FieldView],
        created: ProvenanceView, changed: ProvenanceView
    ) {
        self.id = id
        self.short = short
        self.kind = kind
        self.title = title
        self.partnership = partnership
        self.partnershipID = partnershipID
        self.compartment = compartment
        self.parent = parent
        self.parentTitle = parentTitle
        self.isArchived = isArchived
        self.version = version
        self.isNoLongerUpdated = isNoLongerUpdated
        self.fields = fields
        self.created = created
        self.changed = changed
    }

    /// The field of a name.
    public func field(_ name: String) -> FieldView? {
        fields.first { $0.name == name }
    }
}

/// One field of a record: its value or values, or why there is none.
public struct FieldView: Codable, Sendable {
    /// Its name in commands.
    public var name: String
    /// Its name for people.
    public var label: String
    /// How concurrent values are shown.
    public var policy: FieldPolicy
    /// Distinct values that no one has superseded, best-ranked first. For a routine field the
    /// first is the one to show and the others are "also written"; for a safety-critical field
    /// all are to be shown.
    public var candidates: [CandidateView]
    /// Why there is no value; nil when there is one.
    public var absence: Absence?

    /// Describes a field.
    public init(
        name: String, label: String, policy: FieldPolicy, candidates: [CandidateView],
        absence: Absence?
    ) {
        self.name = name
        self.label = label
        self.policy = policy
        self.candidates = candidates
        self.absence = absence
    }

    /// Whether more than one value stands.
    public var isConflict: Bool { candidates.count > 1 }
}

/// One value that stands, and everyone who said it.
public struct CandidateView: Codable, Sendable {
    /// Its number in this view, from 1.
    public var number: Int
    /// The value; nil when it cannot be shown, then `absence` says why.
    public var value: FieldValue?
    /// The value in words.
    public var words: String
    /// Why the value cannot be shown.
    public var absence: Absence?
    /// Whether its author had been removed from the partnership.
    public var isAuthorRemoved: Bool
    /// Who said so, in the order of arrival here.
    public var provenance: [ProvenanceView]

    /// Describes a candidate.
    public init(
        number: Int, value: FieldValue?, words: String, absence: Absence?, isAuthorRemoved: Bool,
        provenance: [ProvenanceView]
    ) {
        self.number = number
        self.value = value
        self.words = words
        self.absence = absence
        self.isAuthorRemoved = isAuthorRemoved
        self.provenance = provenance
    }
}

/// Who said something, when, and as what.
public struct ProvenanceView: Codable, Sendable {
    /// The site that signed it.
    public var site: SiteID
    /// Its name.
    public var siteName: String
    /// The person at the keyboard.
    public var committer: Author
    /// The person who did or decided it, when another.
    public var performer: Author?
    /// Why they wrote.
    public var change: ChangeType?
    /// The class of the entry.
    public var entryClass: EntryClass
    /// When it happened, if not when it was recorded: a date or an RFC 3339 time.
    public var event: String?
    /// When it was written, by the author's clock.
    public var recorded: Instant
    /// When it came here, by our clock.
    public var received: Instant
    /// The local arrival number of the entry.
    public var version: Int64
    /// The reason that was given.
    public var reason: String?
    /// The hash of the entry that first said it.
    public var entry: EntryHash
    /// How it came from another partnership; all else here is then of that partnership's entry.
    public var carried: CarriedView?

    /// Describes where something comes from.
    public init(
        site: SiteID, siteName: String, committer: Author, performer: Author?,
        change: ChangeType?, entryClass: EntryClass, event: String?, recorded: Instant,
        received: Instant, version: Int64, reason: String?, entry: EntryHash,
        carried: CarriedView? = nil
    ) {
        self.site = site
        self.siteName = siteName
        self.committer = committer
        self.performer = performer
        self.change = change
        self.entryClass = entryClass
        self.event = event
        self.recorded = recorded
        self.received = received
        self.version = version
        self.reason = reason
        self.entry = entry
        self.carried = carried
    }
}

/// A person in the part they acted in.
public struct Author: Codable, Sendable, Hashable {
    /// The account or login.
    public var user: String
    /// The person's name.
    public var name: String
    /// The role they acted in.
    public var role: String
    /// The organisation, when not the site's own.
    public var organisation: String

    /// Names a person.
    public init(user: String, name: String, role: String, organisation: String = "") {
        self.user = user
        self.name = name
        self.role = role
        self.organisation = organisation
    }
}

/// One thing that was said in a record.
public struct HistoryItem: Codable, Sendable {
    /// The field's name.
    public var field: String
    /// Its name for people.
    public var label: String
    /// The value in words.
    public var words: String
    /// Whether it still stands.
    public var isCandidate: Bool
    /// Whether it was written in answer to values it supersedes, and how many.
    public var superseded: Int
    /// Who said so.
    public var provenance: ProvenanceView

    /// Describes a thing said.
    public init(
        field: String, label: String, words: String, isCandidate: Bool, superseded: Int,
        provenance: ProvenanceView
    ) {
        self.field = field
        self.label = label
        self.words = words
        self.isCandidate = isCandidate
        self.superseded = superseded
        self.provenance = provenance
    }
}
