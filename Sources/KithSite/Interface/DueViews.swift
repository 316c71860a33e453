public import KithModel

/// What of all that is or will be due to list.
public struct DueQuery: Codable, Sendable {
    /// What is due in so many days too, 0 to 3660. What is late is always listed.
    public var within: Int
    /// Only what concerns this resident (id, its beginning, or the name).
    public var resident: String?

    /// Describes a listing.
    public init(within: Int = 14, resident: String? = nil) {
        self.within = within
        self.resident = resident
    }
}

/// Something that is or will be due.
public struct DueItem: Codable, Sendable {
    /// The record that says so, or that began the clock.
    public var record: RecordID
    /// Enough of its id to type.
    public var short: String
    /// Its kind's name.
    public var kind: String
    /// Its title.
    public var title: String
    /// The field, `FIELD.PART` of a group; nil for what is worked out from several records.
    public var field: String?
    /// What is due, in a few words.
    public var what: String
    /// By which day: of several that people say the earliest.
    public var date: PartialDate
    /// By how many days it is late; 0 today, less than 0 while there is time.
    public var overdueDays: Int
    /// Whether people say different things about the day.
    public var isContested: Bool
    /// Every day that somebody says, in order.
    public var dates: [PartialDate]
    /// The resident whom it concerns.
    public var resident: RecordID?
    /// The resident's name.
    public var residentTitle: String?
    /// Who sees to it, where that is said.
    public var who: String?
    /// The partnership's name.
    public var partnership: String
    /// What has to be known about the day, in a sentence; nil: nothing.
    public var remark: String?

    /// Describes something due.
    public init(
        record: RecordID, short: String, kind: String, title: String, field: String?, what: String,
        date: PartialDate, overdueDays: Int, isContested: Bool = false, dates: [PartialDate] = [],
        resident: RecordID? = nil, residentTitle: String? = nil, who: String? = nil,
        partnership: String, remark: String? = nil
    ) {
        self.record = record
        self.short = short
        self.kind = kind
        self.title = title
        self.field = field
        self.what = what
        self.date = date
        self.overdueDays = overdueDays
        self.isContested = isContested
        self.dates = dates
        self.resident = resident
        self.residentTitle = residentTitle
        self.who = who
        self.partnership = partnership
        self.remark = remark
    }
}
