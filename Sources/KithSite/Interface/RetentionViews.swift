public import KithModel

/// How long a partnership's records are kept after the end of care.
public struct RetentionChange: Codable, Sendable {
    /// The partnership, by name or id.
    public var partnership: String
    /// Years, 1 to 100.
    public var years: Int

    /// Describes a rule.
    public init(partnership: String, years: Int) {
        self.partnership = partnership
        self.years = years
    }
}

/// A resident whose records have been kept for as long as the rule says. Only proposed: whether they
/// are erased a person says.
public struct RetentionItem: Codable, Sendable {
    /// The resident.
    public var resident: RecordID
    /// The beginning of the id that is enough to type.
    public var short: String
    /// The title.
    public var title: String
    /// The partnership's name.
    public var partnership: String
    /// When care ended: the date of death, or the end of the last stay; the latest of what is said.
    public var ended: PartialDate
    /// Since when the records are due.
    public var due: PartialDate

    /// Describes a proposal.
    public init(
        resident: RecordID, short: String, title: String, partnership: String, ended: PartialDate,
        due: PartialDate
    ) {
        self.resident = resident
        self.short = short
        self.title = title
        self.partnership = partnership
        self.ended = ended
        self.due = due
    }
}
