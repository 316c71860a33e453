public import KithModel

/// Which compartments a person's role at this site includes. Who is in (`membership`) everyone sees.
public struct AccessScope: Codable, Sendable, Hashable {
    /// The compartments; nil: all that the site holds.
    public var compartments: [Compartment]?

    /// A role that includes some compartments.
    public init(_ compartments: [Compartment]) { self.compartments = compartments }

    private init() {}

    /// A role that includes all that the site holds: the administrator at the command line.
    public static let all = AccessScope()

    /// Whether the role includes a compartment.
    public func includes(_ compartment: Compartment) -> Bool {
        compartment == .membership || compartments.map { $0.contains(compartment) } ?? true
    }
}

/// The wish to read, of one resident, a compartment that one's role does not include.
public struct BreakGlassRequest: Codable, Sendable {
    /// Which compartment.
    public var compartment: Compartment
    /// The resident, by id or its beginning.
    public var resident: String
    /// Why; never empty.
    public var reason: String

    /// Describes a wish.
    public init(compartment: Compartment, resident: String, reason: String) {
        self.compartment = compartment
        self.resident = resident
        self.reason = reason
    }
}

/// That somebody may read, of one resident and for a time, a compartment that their role does not
/// include; kept in the audit and reviewed by somebody else.
public struct BreakGlass: Codable, Sendable, Hashable {
    /// For how long it holds, in minutes.
    public static let minutes: Int64 = 60

    /// Which compartment.
    public var compartment: Compartment
    /// The resident.
    public var resident: RecordID
    /// Why.
    public var reason: String
    /// From when.
    public var from: Instant
    /// Until when.
    public var until: Instant
    /// What the newest review found; nil: nobody has reviewed it.
    public var review: Review?

    /// What a review found.
    public struct Review: Codable, Sendable, Hashable {
        /// The number of the audit's item that says so.
        public var number: Int64
        /// Who reviewed it.
        public var by: Author
        /// When.
        public var time: Instant
        /// What they found.
        public var finding: String

        /// Describes a review.
        public init(number: Int64, by: Author, time: Instant, finding: String) {
            self.number = number
            self.by = by
            self.time = time
            self.finding = finding
        }
    }

    /// Describes an act.
    public init(
        compartment: Compartment, resident: RecordID, reason: String, from: Instant,
        until: Instant, review: Review? = nil
    ) {
        self.compartment = compartment
        self.resident = resident
        self.reason = reason
        self.from = from
        self.until = until
        self.review = review
    }

    /// Whether it holds at a time. A clock that was set back before it began does not prolong it.
    public func stands(at now: Instant) -> Bool { from <= now && now < until }
}

/// What somebody found about a break-glass act of another.
public struct BreakGlassReview: Codable, Sendable {
    /// The number of the act in the audit.
    public var act: Int64
    /// What they found; never empty.
    public var finding: String

    /// Describes a review.
    public init(act: Int64, finding: String) {
        self.act = act
        self.finding = finding
    }
}
