import Foundation
import GRDB
import KithModel
import KithProtocol
import KithTrust

/// What a transaction has looked up and need not look up again for each of a thousand entries. Lives as
/// long as the transaction; forgotten when a part of it is taken back.
final class TransactionMemo {
    /// A site in a partnership.
    struct Member: Hashable {
        let partnership: Int64
        let site: SiteID
    }

    /// The end of a chain that this transaction has made longer.
    struct ChainEnd {
        let place: Place
        let feed: FeedID
        let partnership: Int64
        /// The row of the feed.
        let row: Int64
    }

    /// What an author is granted from some place of a chain on, since nothing is left that it may come
    /// to know of.
    struct Admitted {
        let sequence: Int64
        let grant: Grant?
    }

    /// A chain, and whether votes count.
    struct AdmittedKey: Hashable {
        let chain: Int64
        let countingVotes: Bool
    }

    /// A key of a compartment.
    struct KeyName: Hashable {
        let id: EntryHash
        let compartment: Compartment
        let partnership: Int64
    }

    /// What a batch changes with every entry and what is written once, at its end.
    struct Deferred {
        var ends: [Int64: (sequence: Int64, hash: EntryHash, arrival: Int64)] = [:]
        var bytes: [Int64: Int64] = [:]
        /// Bytes that were left of a partnership's quota when it was first looked at.
        var quotaLeft: [Int64: Int64] = [:]
    }

    /// A chain's feed, and where it grew from another: neither ever changes.
    struct Chain {
        let feed: Int64
        let parent: Int64?
        let fork: Int64
    }

    let statements: CompiledStatements
    var chains: [Int64: Chain] = [:]
    var chainsOfFeeds: [Int64: [Int64]] = [:]
    /// Nil outside of a batch that goes in as a whole.
    var deferred: Deferred?
    var partnerships: [PartnershipID: Int64] = [:]
    var chainEnds: [EntryHash: ChainEnd] = [:]
    var lastArrival: Int64?
    var people: [Person: Int64] = [:]
    /// Of the rest, a membership act may change anything.
    var roots: [Member: RootCertificate] = [:]
    var keys: [KeyName: CompartmentKey] = [:]
    var admitted: [AdmittedKey: Admitted] = [:]
    var isPlain: [Member: Bool] = [:]
    var hasCuts: Bool?
    /// The partnership and compartment of a chain's feed never change.
    var chainFeeds: [Int64: HotRow] = [:]
    var feedsOfChains: [Int64: (partnership: PartnershipID, feed: FeedID)] = [:]

    init(_ statements: CompiledStatements) { self.statements = statements }

    /// Something of the transaction was taken back.
    func forget() {
        deferred = nil
        partnerships = [:]
        chainEnds = [:]
        lastArrival = nil
        people = [:]
        chainFeeds = [:]
        feedsOfChains = [:]
        chains = [:]
        chainsOfFeeds = [:]
        forgetMembership()
    }

    /// Who is in, or what they say of themselves, has changed.
    func forgetMembership() {
        roots = [:]
        keys = [:]
        admitted = [:]
        isPlain = [:]
        hasCuts = nil
    }
}

/// The statements that run for every entry or operation.
enum Hot: String {
    case placeOfHash =
        "SELECT arrival, chain, sequence, depth FROM entry WHERE hash = ?1 AND arrival <= ?2"
    case quotaLeft =
        "SELECT coalesce(quota_bytes, 9223372036854775807) - log_bytes FROM partnership WHERE id = ?1"
    case addBytes = "UPDATE partnership SET log_bytes = log_bytes + ?1 WHERE id = ?2"
    case moveChain =
        "UPDATE chain SET last_sequence = ?1, last_hash = ?2, last_arrival = ?3 WHERE id = ?4"
    case insertEntry = """
        INSERT INTO entry
            (arrival, hash, chain, sequence, depth, recorded_ms, received_ms, header, signature)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        """
    case insertPart = "INSERT INTO part (id, skeleton, body) VALUES (?1, ?2, ?3)"
    case findRecord = """
        SELECT id FROM record WHERE partnership = ?1 AND compartment = ?2 AND kind = ?3 AND uuid = ?4
        """
    case touchRecord = """
        UPDATE record SET first_act = min(first_act, ?1), last_act = max(last_act, ?1) WHERE id = ?2
        """
    case insertRecord = """
        INSERT INTO record (partnership, compartment, kind, uuid, first_act, last_act, parent)
        VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)
        ON CONFLICT (uuid, partnership, compartment, kind) DO NOTHING
        """
    case insertAct = """
        INSERT INTO act
            (id, record, class, change, committer, performer, event, save, reason, carried,
             read_arrival)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
        """
    case setParent = "UPDATE record SET parent = ?1 WHERE id = ?2"
    case readAct = "SELECT record, class FROM act WHERE id = ?1"
    case supersede = """
        UPDATE operation SET is_superseded = 1, is_contested = 0
        WHERE record = ?1 AND is_superseded = 0 AND field = +?2 AND id = ?3
        """
    case isSuperseded = """
        SELECT 1 FROM operation WHERE record = ?1 AND is_superseded = 1 AND field = +?2 AND id = ?3
        """
    case insertEdge = "INSERT OR IGNORE INTO edge (target, source) VALUES (?1, ?2)"
    /// The `+` keeps SQLite from comparing the parameter with the 1 of `operation_archived`: it would
    /// compile the statement anew for every other field.
    case hasEffectless = """
        SELECT 1 FROM operation WHERE record = ?1 AND field = +?2 AND is_effective = 0 LIMIT 1
        """
    case contest = """
        UPDATE operation SET is_contested = 1
        WHERE record = ?1 AND is_superseded = 0 AND field = +?2 AND id = ?3 AND is_contested = 0
        """
    /// How many live ones a field has, two standing for more, and how many of those are contested.
    case liveOfField = """
        SELECT count(*), coalesce(sum(is_contested), 0) FROM (SELECT is_contested FROM operation
            WHERE record = ?1 AND field = +?2 AND is_superseded = 0 LIMIT 2)
        """
    case chainFeed = """
        SELECT partnership, compartment FROM chain JOIN feed ON feed.id = chain.feed
        WHERE chain.id = ?1
        """
}

/// The statements that insert one operation or several at once: SQLite then opens the table and its indexes
/// for all of them together.
enum InsertOperations {
    /// The most operations of one statement.
    static let most = 8
    private static let texts = (1...most).map { count in
        """
        INSERT INTO operation
            (id, record, field, value, day, is_effective, is_superseded, is_contested)
        VALUES \(Array(repeating: "(?, ?, ?, ?, ?, ?, ?, 0)", count: count).joined(separator: ", "))
        """
    }

    /// The statement for 1 to `most` operations.
    static func text(of count: Int) -> String { texts[count - 1] }
}

extension StoreTransaction {
    /// Runs what takes entries in, and writes at its end what each of them changes.
    func deferring<Result>(_ body: () throws -> Result) throws -> Result {
        memo.deferred = TransactionMemo.Deferred()
        let result = try body()
        try writeDeferred()
        memo.deferred = nil
        return result
    }

    /// Writes what is still to be written of chains' ends and of what partnerships hold.
    func writeDeferred() throws {
        guard let deferred = memo.deferred else { return }
        for (chain, end) in deferred.ends {
            try hot(.moveChain).run(
                .int(end.sequence), .id(end.hash), .int(end.arrival), .int(chain))
        }
        for (partnership, bytes) in deferred.bytes {
            try hot(.addBytes).run(.int(bytes), .int(partnership))
        }
        memo.deferred = TransactionMemo.Deferred()
    }

    /// A chain has become longer.
    func moveEnd(of chain: Int64, to hash: EntryHash, _ sequence: Int64, arrival: Int64) throws {
        if memo.deferred != nil {
            memo.deferred?.ends[chain] = (sequence, hash, arrival)
        } else {
            try hot(.moveChain).run(.int(sequence), .id(hash), .int(arrival), .int(chain))
        }
    }

    /// A partnership holds more bytes.
    func addBytes(_ count: Int, to partnership: Int64) throws {
        if memo.deferred != nil {
            memo.deferred?.bytes[partnership, default: 0] += Int64(count)
        } else {
            try hot(.addBytes).run(.int(Int64(count)), .int(partnership))
        }
    }

    /// Bytes that are left of a partnership's quota.
    func quotaLeft(of partnership: Int64) throws -> Int64 {
        if let deferred = memo.deferred, let left = deferred.quotaLeft[partnership] {
            return left - (deferred.bytes[partnership] ?? 0)
        }
        let left = try hot(.quotaLeft).number(.int(partnership)) ?? Int64.max
        memo.deferred?.quotaLeft[partnership] = left
        return left - (memo.deferred?.bytes[partnership] ?? 0)
    }

    /// A statement of the hot ones, compiled once for its connection.
    func hot(_ name: Hot) throws -> HotStatement {
        try memo.statements.statement(name.rawValue, on: database)
    }
}
