public import KithModel

/// Who a site is.
public struct SiteView: Codable, Sendable {
    /// Its identity.
    public var site: SiteID
    /// What people call it.
    public var name: String
    /// The code of its kind of organisation.
    public var kind: String
    /// Its ODS code, if it has one.
    public var ods: String?
    /// The version of the program.
    public var version: String
    /// The folder it lives in.
    public var home: String
    /// Where partners reach it, as HOST:PORT, by what people said; empty when nobody has.
    public var addresses: [String]

    /// Describes a site.
    public init(
        site: SiteID, name: String, kind: String, ods: String?, version: String, home: String,
        addresses: [String] = []
    ) {
        self.site = site
        self.name = name
        self.kind = kind
        self.ods = ods
        self.version = version
        self.home = home
        self.addresses = addresses
    }
}

/// One screen of how a site stands.
public struct StatusView: Codable, Sendable {
    /// The site.
    public var site: SiteView
    /// Whether the daemon answers.
    public var daemonRunning: Bool
    /// Its partnerships.
    public var partnerships: [PartnershipView]
    /// Its peers.
    public var peers: [PeerView]
    /// Open conflicts of safety-critical fields.
    public var safetyCriticalConflicts: Int
    /// Open conflicts of routine fields.
    public var routineConflicts: Int
    /// When the oldest open safety-critical conflict arose here.
    public var oldestConflict: Instant?
    /// When the oldest open routine conflict arose here.
    public var oldestRoutineConflict: Instant?
    /// Open conflicts whose day has passed.
    public var overdueConflicts: Int
    /// Open conflicts that nobody has taken on.
    public var unownedConflicts: Int
    /// Parts of entries that are kept but cannot be read or applied yet.
    public var partsWaiting: Int
    /// Entries that are kept but not applied, because of what they are.
    public var entriesSetAside: Int
    /// Entries that are damaged here, and fetched again from partners.
    public var entriesDamaged: Int
    /// Entries in the log.
    public var entries: Int
    /// Bytes of the database and its write-ahead log.
    public var diskBytes: Int64
    /// Bytes still free where the home is.
    public var diskFreeBytes: Int64
    /// With less free space than this a batch may not fit any more.
    public static let leastFreeBytes: Int64 = 256 * 1_048_576
    /// When the site's TLS leaf ends.
    public var certificateEnds: Instant
    /// Sites that wrote two entries with one number: they were copied or rolled back.
    public var forks: [ForkView]
    /// When this site itself last went on in new feeds, and why; nil when it never had to.
    public var rollback: RollbackView?
    /// Partnerships that peers offer, which nobody has accepted yet.
    public var offers: Int
    /// Reviews, follow-ups and other things whose day has passed.
    public var overdue: Int
    /// The day by which the oldest of them was due.
    public var overdueSince: PartialDate?
    /// Join requests of this site that wait at a relay.
    public var waitingJoins: [WaitingJoinView]
    /// Break-glass acts that nobody has reviewed.
    public var unreviewedBreakGlass: Int

    /// Describes how a site stands.
    public init(
        site: SiteView, daemonRunning: Bool, partnerships: [PartnershipView], peers: [PeerView],
        safetyCriticalConflicts: Int, routineConflicts: Int, oldestConflict: Instant?,
        partsWaiting: Int, entriesSetAside: Int, entries: Int, diskBytes: Int64,
        diskFreeBytes: Int64, certificateEnds: Instant, forks: [ForkView] = [],
        rollback: RollbackView? = nil, offers: Int = 0, waitingJoins: [WaitingJoinView] = [],
        unreviewedBreakGlass: Int = 0,
        overdue: Int = 0, overdueSince: PartialDate? = nil,
        oldestRoutineConflict: Instant? = nil, overdueConflicts: Int = 0, unownedConflicts: Int = 0,
        entriesDamaged: Int = 0
    ) {
        self.site = site
        self.daemonRunning = daemonRunning
        self.partnerships = partnerships
        self.peers = peers
        self.safetyCriticalConflicts = safetyCriticalConflicts
        self.routineConflicts = routineConflicts
        self.oldestConflict = oldestConflict
        self.oldestRoutineConflict = oldestRoutineConflict
        self.overdueConflicts = overdueConflicts
        self.unownedConflicts = unownedConflicts
        self.partsWaiting = partsWaiting
        self.entriesSetAside = entriesSetAside
        self.entriesDamaged = entriesDamaged
        self.entries = entries
        self.diskBytes = diskBytes
        self.diskFreeBytes = diskFreeBytes
        self.certificateEnds = certificateEnds
        self.forks = forks
        self.rollback = rollback
        self.offers = offers
        self.overdue = overdue
        self.overdueSince = overdueSince
        self.waitingJoins = waitingJoins
        self.unreviewedBreakGlass = unreviewedBreakGlass
    }
}

/// A site that wrote two entries with one number. Both are kept and shown; nothing is lost.
public struct ForkView: Codable, Sendable {
    /// Whose feed.
    public var site: SiteID
    /// Its name.
    public var name: String
    /// The partnership's name.
    public var partnership: String
    /// The compartment.
    public var compartment: Compartment
    /// The number that both have.
    public var sequence: UInt64

    /// Describes a fork.
    public init(
        site: SiteID, name: String, partnership: String, compartment: Compartment,
        sequence: UInt64
    ) {
        self.site = site
        self.name = name
        self.partnership = partnership
        self.compartment = compartment
        self.sequence = sequence
    }
}

/// That this site went on in new feeds, because its old ones may have been rolled back.
public struct RollbackView: Codable, Sendable {
    /// What happened, in plain words.
    public var words: String
    /// When it was noticed.
    public var time: Instant

    /// Describes a rollback.
    public init(words: String, time: Instant) {
        self.words = words
        self.time = time
    }
}

/// Something that `doctor` noticed.
public struct Finding: Codable, Sendable {
    /// How urgent it is.
    public enum Level: String, Codable, Sendable {
        /// As it should be.
        case ok
        /// Will become a problem.
        case warning
        /// Is a problem.
        case problem
    }

    /// How urgent it is.
    public var level: Level
    /// What was checked, in a word or two.
    public var check: String
    /// What was found.
    public var message: String
    /// What to do about it; nil when nothing.
    public var remedy: String?

    /// Describes a finding.
    public init(_ level: Level, check: String, message: String, remedy: String? = nil) {
        self.level = level
        self.check = check
        self.message = message
        self.remedy = remedy
    }
}
