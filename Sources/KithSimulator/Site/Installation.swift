import Foundation
import GRDB
import KithModel
import KithProtocol
import KithStore
import KithTrust

/// One installation: keys, a database, a clock, and what its home notes outside the database.
///
/// A copied home is a second installation of the same site.
final class Installation {
    /// Where the process is.
    enum State: Equatable {
        case running
        case off
        /// Never comes back: a copy that was noticed, a disk that was replaced.
        case retired
    }

    /// The vocabulary of the program that its people write with.
    enum Version {
        /// Lacks the newest kinds and fields.
        case older
        case current
        /// Has kinds and fields that the others do not know.
        case newer
    }

    /// The process died in the middle of something.
    struct Crash: Swift.Error {}

    let number: Int
    let name: String
    let kind: String
    let card: SiteCard
    let cryptography: SeededCryptography
    /// Where others dial it; none: it only dials.
    let addresses: [String]
    /// The vocabulary that its people use.
    let version: Version
    /// Whether it is a member that lies; nothing is promised to it or about it.
    var isLiar = false
    /// The installation that it was copied from.
    let original: Installation?
    private(set) var disk: SimulatedDisk
    private(set) var store: Store
    var state = State.running
    var clock = SimulatedClock()
    /// What the home noted of its feeds, and where it was then.
    private(set) var noted: OwnPosition?
    private(set) var isInPlace = true
    /// Whether the disk takes nothing more.
    private(set) var isDiskFull = false
    /// The disk as it was before a bit of the log flipped on it; nil while all is well.
    private(set) var beforeDamage: SimulatedDisk?
    /// Where that was: the table, its column and what is in it since.
    private var flipped: (table: String, column: String, bytes: Data)?
    /// Peers that it is in a session with.
    var busy: Set<SiteID> = []
    /// Grows with every start; what was begun before one is void.
    private(set) var life = 0
    var lastNight: Instant?
    /// Grows when the home is set back as a whole: what was signed after the image was made, was
    /// signed by another copy.
    private(set) var identity = 0

    init(
        number: Int, name: String, kind: String, card: SiteCard, cryptography: SeededCryptography,
        isReachable: Bool, version: Version
    ) throws {
        self.number = number
        self.name = name
        self.kind = kind
        self.card = card
        self.cryptography = cryptography
        self.version = version
        addresses = isReachable ? ["\(name):4720"] : []
        original = nil
        disk = SimulatedDisk()
        store = try Store(serialAt: disk.path, keys: card.keys, cryptography: cryptography)
    }

    /// A copy of another installation's home: the same keys and database. Nothing tells it that it
    /// is one, unless it is in another place.
    init(
        copying other: Installation, number: Int, name: String, cryptography: SeededCryptography,
        isInPlace: Bool
    ) throws {
        self.number = number
        self.name = name
        kind = other.kind
        card = other.card
        self.cryptography = cryptography
        addresses = []
        version = other.version
        original = other
        noted = other.noted
        self.isInPlace = isInPlace
        clock = other.clock
        disk = SimulatedDisk(copyOf: other.disk)
        store = try Store(serialAt: disk.path, keys: card.keys, cryptography: cryptography)
    }

    var site: SiteID { card.keys.site }
    var isRunning: Bool { state == .running }

    var profile: SiteProfile {
        SiteProfile(
            root: card.root, sealingKey: Data(card.keys.sealing.publicKey), name: name, kind: kind,
            ods: "", addresses: addresses)
    }

    // MARK: Life

    /// Starts the process on what is on disk.
    func start(now: Instant, trustingDatabase: Bool = false) throws {
        life += 1
        busy = []
        state = .running
        noted = try store.writeBlocking { transaction in
            if !trustingDatabase,
                let reason = try transaction.rollbackReason(noted: noted, isInPlace: isInPlace)
            {
                try transaction.beginIncarnation(reason, now: now)
            }
            return try transaction.ownPosition()
        }
        isInPlace = true
    }

    /// Ends the process; the disk stays as it is.
    func stop() {
        state = .off
        busy = []
    }

    /// Ends the process without warning, and perhaps the power with it: what is in memory is gone, and
    /// of the disk there is what the loss leaves.
    func die(_ loss: SimulatedDisk.Loss) throws {
        stop()
        let left = SimulatedDisk(leftOf: disk, loss)
        // A dead process closes nothing; what this one says to its disk comes to nothing.
        try? store.close()
        disk.discard()
        (disk, isDiskFull) = (left, false)
        store = try Store(serialAt: disk.path, keys: card.keys, cryptography: cryptography)
    }

    /// Ends everything.
    func close() {
        try? store.close()
        disk.discard()
    }

    /// A copy of the disk as it is now.
    func imageOfDisk() -> SimulatedDisk { SimulatedDisk(copyOf: disk) }

    /// From now on the disk takes nothing more, or does again.
    func setDiskFull(_ isFull: Bool) {
        isDiskFull = isFull
        if isFull { disk.fail(at: 1, .full, isLasting: true) } else { disk.mend() }
    }

    /// Flips a bit of something that the log holds.
    func damage(_ random: inout RandomSource) throws {
        beforeDamage = imageOfDisk()
        let columns = random.shuffled([
            ("entry", "header"), ("entry", "signature"), ("part", "skeleton"), ("part", "body"),
        ])
        let (chosenRow, chosenBit) = (random.bits(), random.bits())
        try store.writeBlocking { transaction in
            for (table, column) in columns {
                let key = table == "entry" ? "arrival" : "entry"
                let rows = try transaction.all(
                    """
                    SELECT \(key) AS place, \(column) AS bytes FROM \(table)
                    WHERE length(\(column)) > 0 ORDER BY \(key), \(column)
                    """)
                // A site may hold no bodies yet.
                guard !rows.isEmpty else { continue }
                let row = rows[Int(chosenRow % UInt64(rows.count))]
                var bytes: Data = row["bytes"]
                let bit = Int(chosenBit % UInt64(bytes.count * 8))
                bytes[bytes.startIndex + bit / 8] ^= 1 << UInt8(bit % 8)
                flipped = (table, column, bytes)
                return try transaction.database.execute(
                    sql: "UPDATE \(table) SET \(column) = ? WHERE \(key) = ? AND \(column) = ?",
                    arguments: [bytes, row["place"] as Int64, row["bytes"] as Data])
            }
        }
    }

    /// Flips a bit of the header of one entry.
    func damage(_ entry: EntryHash) throws {
        beforeDamage = imageOfDisk()
        try store.writeBlocking { transaction in
            for row in try transaction.all(
                "SELECT header FROM entry WHERE hash = ?", [Data(entry.bytes)])
            {
                var bytes: Data = row["header"]
                bytes[bytes.startIndex + bytes.count / 2] ^= 1
                flipped = ("entry", "header", bytes)
                try transaction.database.execute(
                    sql: "UPDATE entry SET header = ? WHERE hash = ?",
                    arguments: [bytes, Data(entry.bytes)])
            }
        }
    }

    /// Puts another signature in the place of an entry's, as a forwarder may.
    func spoilSignature(of entry: EntryHash) throws {
        try store.writeBlocking { transaction in
            try transaction.database.execute(
                sql: "UPDATE entry SET signature = zeroblob(length(signature)) WHERE hash = ?",
                arguments: [Data(entry.bytes)])
        }
    }

    /// Whether what flipped is still on disk. A partner may have mended it, or an erasure taken it away.
    func isDamageThere() throws -> Bool {
        guard let (table, column, bytes) = flipped else { return false }
        return try store.readBlocking {
            try !$0.all("SELECT 1 FROM \(table) WHERE \(column) = ?", [bytes]).isEmpty
        }
    }

    /// The disk is well again by itself.
    func damageIsGone() {
        beforeDamage?.discard()
        beforeDamage = nil
    }

    /// Puts a backup in the place of the database, as `kith restore` does.
    func restore(_ backup: SimulatedDisk, now: Instant, forgettingErasures: Bool) throws {
        let erased = forgettingErasures ? [] : try store.readBlocking { try $0.erasedBodies() }
        try replaceDisk(with: backup)
        noted = try store.writeBlocking { transaction in
            try transaction.goOn(fromBackupReplacing: erased, now: now)
            return try transaction.ownPosition()
        }
        damageIsGone()
    }

    /// Puts the content of another disk into the place of this one's.
    func replaceDisk(with image: SimulatedDisk) throws {
        try? store.close()
        disk.discard()
        (disk, isDiskFull) = (SimulatedDisk(copyOf: image), false)
        store = try Store(serialAt: disk.path, keys: card.keys, cryptography: cryptography)
    }

    /// The whole home is as it once was: it cannot know that it had gone on since, and to everyone
    /// else it is a copy of itself.
    func homeWasSetBack(noted: OwnPosition?) {
        self.noted = noted
        identity += 1
    }

    /// Whether it can tell, by what it noted, that the database is an older one.
    func noticesItWasSetBack() throws -> Bool {
        try store.readBlocking {
            try $0.rollbackReason(noted: noted, isInPlace: true) != nil
        }
    }

    /// Notes outside the database how far the feeds are, before anybody is told.
    func noteHighWater() throws { noted = try store.readBlocking { try $0.ownPosition() } }
}
