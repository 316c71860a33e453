/// What a file is to be made of.
public enum ExportOrder: Sendable {
    /// A FHIR bundle of residents with all that is under them; none named: all of the partnership.
    case fhir(residents: [String], partnership: String?, includesRestricted: Bool)
    /// Contacts and organisations as `vcard` or `csv`.
    case contacts(format: ContactFileFormat, partnership: String?)
    /// What is due, as an iCalendar file.
    case calendar(partnership: String?)
}

/// How contacts are written.
public enum ContactFileFormat: String, Sendable, CaseIterable {
    /// vCard 4.0.
    case vcard
    /// Comma-separated values.
    case csv
}

/// A file that was made of a site's records.
public struct ExportedFile: Sendable {
    /// Its text.
    public var text: String
    /// What is in it, by what it is called.
    public var counts: [String: Int]
    /// Records in it in which something safety-critical is undecided.
    public var undecided: Int
    /// The partnership's name.
    public var partnership: String
    /// Whether safeguarding records were left out, because nobody asked for them.
    public var hasRestrictedLeft: Bool

    /// Describes a file.
    public init(
        text: String, counts: [String: Int], undecided: Int, partnership: String,
        hasRestrictedLeft: Bool = false
    ) {
        self.text = text
        self.counts = counts
        self.undecided = undecided
        self.partnership = partnership
        self.hasRestrictedLeft = hasRestrictedLeft
    }
}
