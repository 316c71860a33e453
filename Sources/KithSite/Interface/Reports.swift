public import KithModel

/// Records taken from another system, ready to be written.
public struct ImportBatch: Codable, Sendable {
    /// The partnership, by name or id; nil where only one is shared.
    public var partnership: String?
    /// The records, in any order.
    public var records: [ImportRecord]

    /// Gathers records.
    public init(partnership: String?, records: [ImportRecord]) {
        self.partnership = partnership
        self.records = records
    }
}

/// One record taken from another system.
public struct ImportRecord: Codable, Sendable {
    /// Names a record by where it comes from; the record's id is derived from it.
    public struct Source: Codable, Sendable, Hashable {
        /// The kind's name.
        public var kind: String
        /// What names the thing in the other system, for example `fhir:Patient/123`.
        public var identity: String

        /// Names a source.
        public init(kind: String, identity: String) {
            self.kind = kind
            self.identity = identity
        }
    }

    /// A field and its value; a field that is given more than once holds all of them.
    public struct Field: Codable, Sendable {
        /// The field's name.
        public var name: String
        /// The value; ignored when `target` is given.
        public var value: FieldValue
        /// For a reference: the record it points to.
        public var target: Source?

        /// Puts a value under a field.
        public init(_ name: String, _ value: FieldValue) {
            self.name = name
            self.value = value
        }

        /// Points a field at another record of the same source system.
        public init(_ name: String, to target: Source) {
            self.name = name
            value = .cleared
            self.target = target
        }
    }

    /// Where it comes from.
    public var source: Source
    /// The record it is part of.
    public var parent: Source?
    /// Its fields.
    public var fields: [Field]
    /// When it was recorded there: a date or an RFC 3339 time.
    public var event: FieldValue?
    /// Who recorded or asserted it there.
    public var performer: Author?

    /// Describes a record from elsewhere.
    public init(
        source: Source, parent: Source? = nil, fields: [Field], event: FieldValue? = nil,
        performer: Author? = nil
    ) {
        self.source = source
        self.parent = parent
        self.fields = fields
        self.event = event
        self.performer = performer
    }
}

/// How far an import is.
public struct ImportProgress: Codable, Sendable {
    /// Records looked at so far.
    public var done: Int
    /// Records in all.
    public var total: Int

    /// Describes progress.
    public init(done: Int, total: Int) {
        self.done = done
        self.total = total
    }
}

/// What an import did.
public struct ImportReport: Codable, Sendable {
    /// The partnership's name.
    public var partnership: String
    /// Records that are new, by kind.
    public var created: [String: Int]
    /// Records of which fields changed, by kind.
    public var changed: [String: Int]
    /// Records that were already here unchanged, by kind.
    public var unchanged: [String: Int]

    /// Describes what an import did.
    public init(
        partnership: String, created: [String: Int], changed: [String: Int],
        unchanged: [String: Int]
    ) {
        self.partnership = partnership
        self.created = created
        self.changed = changed
        self.unchanged = unchanged
    }
}

/// What `verify` found.
public struct VerifyReport: Codable, Sendable {
    /// One partnership of the log.
    public struct Partnership: Codable, Sendable {
        /// Its id.
        public var id: PartnershipID
        /// Its name.
        public var name: String
        /// The compartments that this site has entries of.
        public var compartments: [CompartmentDigest]

        /// Describes a partnership.
        public init(id: PartnershipID, name: String, compartments: [CompartmentDigest]) {
            self.id = id
            self.name = name
            self.compartments = compartments
        }
    }

    /// One compartment of the log.
    public struct CompartmentDigest: Codable, Sendable {
        /// Its name.
        public var name: Compartment
        /// Entries of it here.
        public var entries: Int
        /// SHA-256 over the leaves of its feeds, in hexadecimal.
        public var frontier: String
        /// SHA-256 over its candidates, in hexadecimal.
        public var stateDigest: String

        /// Describes a compartment.
        public init(name: Compartment, entries: Int, frontier: String, stateDigest: String) {
            self.name = name
            self.entries = entries
            self.frontier = frontier
            self.stateDigest = stateDigest
        }
    }

    /// The partnerships, by name.
    public var partnerships: [Partnership]
    /// What is wrong, a line each; empty when all is well.
    public var problems: [String]
    /// Whether all is well.
    public var ok: Bool

    /// Describes what was found.
    public init(partnerships: [Partnership], problems: [String]) {
        self.partnerships = partnerships
        self.problems = problems
        ok = problems.isEmpty
    }
}

/// What `rebuild` found.
public struct RebuildReport: Codable, Sendable {
    /// Entries replayed.
    public var entries: Int
    /// Whether the fresh state equals the old one.
    public var isEqual: Bool
    /// What differs, a line each.
    public var differences: [String]
    /// Whether the fresh state was put in place.
    public var isReplaced: Bool

    /// Describes what was found.
    public init(entries: Int, isEqual: Bool, differences: [String], isReplaced: Bool) {
        self.entries = entries
        self.isEqual = isEqual
        self.differences = differences
        self.isReplaced = isReplaced
    }
}

/// A recovery kit: what to print and lock away.
public struct RecoveryKitView: Codable, Sendable {
    /// The keys and partners under the passphrase, as checked groups with hyphens between them.
    public var code: String
    /// The site, its name and kind.
    public var site: SiteView
    /// When it was made.
    public var made: Instant
    /// Whom the site can ask for everything back.
    public var partners: [PeerView]

    /// Describes a kit.
    public init(code: String, site: SiteView, made: Instant, partners: [PeerView]) {
        self.code = code
        self.site = site
        self.made = made
        self.partners = partners
    }
}

/// What came of recovering a site.
public struct RecoveryReport: Codable, Sendable {
    /// A partner of the kit.
    public struct Partner: Codable, Sendable {
        /// Which site.
        public var site: SiteID
        /// Where it was dialled.
        public var addresses: [String]
        /// Partnerships that it told of, which this site takes part in again.
        public var partnerships: [String]
        /// Why it was not reached; nil when it was.
        public var problem: String?

        /// Describes a partner.
        public init(
            site: SiteID, addresses: [String], partnerships: [String] = [], problem: String? = nil
        ) {
            self.site = site
            self.addresses = addresses
            self.partnerships = partnerships
            self.problem = problem
        }
    }

    /// The site.
    public var site: SiteView
    /// When its kit was made.
    public var made: Instant
    /// The partners of the kit.
    public var partners: [Partner]
    /// The first sessions with those that were reached.
    public var sessions: [SyncReport]

    /// Describes what came of it.
    public init(site: SiteView, made: Instant, partners: [Partner], sessions: [SyncReport]) {
        self.site = site
        self.made = made
        self.partners = partners
        self.sessions = sessions
    }
}

/// A backup that was written, or one that was restored.
public struct BackupReport: Codable, Sendable {
    /// The file.
    public var file: String
    /// Whose it is.
    public var site: String
    /// When it was made.
    public var made: Instant
    /// Entries in its log.
    public var entries: Int
    /// Bytes of the file.
    public var bytes: Int64
    /// Where the database that a restore replaced is kept; nil when there was none.
    public var replaced: String?

    /// Describes a backup.
    public init(
        file: String, site: String, made: Instant, entries: Int, bytes: Int64,
        replaced: String? = nil
    ) {
        self.file = file
        self.site = site
        self.made = made
        self.entries = entries
        self.bytes = bytes
        self.replaced = replaced
    }
}

extension ImportRecord.Source {
    /// The identity of a record that was made here: another site that takes it over derives a record
    /// from it, and in its own partnership it is that record itself.
    public static func own(_ record: RecordID, _ partnership: PartnershipID) -> String {
        "kith:\(partnership)/\(record)"
    }

    /// The record of that partnership which the identity names; nil for any other identity.
    package func own(in partnership: PartnershipID) -> RecordID? {
        let start = "kith:\(partnership)/"
        guard identity.utf8.starts(with: start.utf8) else { return nil }
        return RecordID(
            text: String(decoding: identity.utf8.dropFirst(start.utf8.count), as: UTF8.self))
    }
}
