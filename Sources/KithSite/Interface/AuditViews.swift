public import KithModel

/// What somebody did at this site, for those who may have to ask later.
public struct AuditItem: Codable, Sendable {
    /// What kind of thing was done.
    public enum Action: String, Codable, Sendable, CaseIterable {
        /// Looked at records.
        case read
        /// Wrote records, or decided a conflict.
        case write
        /// Changed who is in, keys, backups, or the site itself.
        case administer
        /// Exchanged entries with a partner.
        case exchange
        /// Signed in to the web page, or tried to.
        case signIn
        /// Took the right to read what a role does not include.
        case breakGlass = "break-glass"
        /// Said what was found about that.
        case review
    }

    /// Where it came in.
    public enum Channel: String, Codable, Sendable {
        /// `kith`.
        case commandLine
        /// The web page.
        case webPage
        /// A session with a partner.
        case sync
    }

    /// Its number, from 1, without gaps.
    public var number: Int64
    /// When, by this site's clock.
    public var time: Instant
    /// Who: a person; for an exchange the partner.
    public var actor: Author
    /// Where it came in.
    public var channel: Channel
    /// What kind of thing.
    public var action: Action
    /// What was done, in words.
    public var what: String
    /// The record that it was about; nil for none or many.
    public var record: RecordID?
    /// The resident that the record belongs to, if any.
    public var resident: RecordID?
    /// For a break-glass act: what it gives.
    public var breakGlass: BreakGlass?
    /// For what was read under such an act: its number.
    public var act: Int64?
    /// For a review: the number of the act.
    public var reviewed: Int64?
    /// For a review: what was found.
    public var finding: String?

    /// Describes what was done.
    public init(
        number: Int64 = 0, time: Instant, actor: Author, channel: Channel, action: Action,
        what: String, record: RecordID? = nil, resident: RecordID? = nil,
        breakGlass: BreakGlass? = nil, act: Int64? = nil, reviewed: Int64? = nil,
        finding: String? = nil
    ) {
        self.number = number
        self.time = time
        self.actor = actor
        self.channel = channel
        self.action = action
        self.what = what
        self.record = record
        self.resident = resident
        self.breakGlass = breakGlass
        self.act = act
        self.reviewed = reviewed
        self.finding = finding
    }
}

/// Which items of the audit are wanted.
public struct AuditQuery: Codable, Sendable {
    /// Not before this time.
    public var since: Instant?
    /// Before this time.
    public var until: Instant?
    /// Only of people whose login or name holds this.
    public var user: String?
    /// Only of this kind.
    public var action: AuditItem.Action?
    /// Only about this record or this resident, by id or its beginning.
    public var record: String?
    /// Break-glass acts, with what reviews found.
    public var isBreakGlass: Bool
    /// At most so many, the newest.
    public var limit: Int

    /// Describes what is wanted.
    public init(
        since: Instant? = nil, until: Instant? = nil, user: String? = nil,
        action: AuditItem.Action? = nil, record: String? = nil,
        isBreakGlass: Bool = false, limit: Int = 100
    ) {
        self.since = since
        self.until = until
        self.user = user
        self.action = action
        self.record = record
        self.isBreakGlass = isBreakGlass
        self.limit = limit
    }
}
