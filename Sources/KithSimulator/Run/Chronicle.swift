import Foundation
import GRDB
import KithModel
import KithProtocol
import KithStore
import KithTrust

/// What really happened: who wrote what and when, who held what since when. The checkers compare
/// what sites say with this.
final class Chronicle {
    /// An entry that came to an installation, or was written there.
    struct Arrival {
        let hash: EntryHash
        let header: EntryHeader
        /// Whether it was written there, by this very write.
        let isAuthored: Bool
    }

    /// Who wrote an entry.
    struct Authorship {
        let installation: Installation
        /// Which copy of it.
        let identity: Int
        /// When, in commits since the beginning.
        let commit: Int
    }

    /// What came to one installation.
    private final class Holding {
        /// The commit with which an entry first came to it.
        var firstHeld: [EntryHash: Int] = [:]
        /// The arrival numbers of what is on its disk now, that by number, and the last of them.
        var arrivals: [EntryHash: Int64] = [:]
        var entries: [Int64: EntryHash] = [:]
        var scanned: Int64 = 0
        /// The entries that came, or were found, with another signature than their author's.
        var spoiled: Set<EntryHash> = []
        /// Entries that its last write made.
        var lastAuthored: [EntryHash] = []
    }

    private unowned let simulation: Simulation
    private(set) var graphs: [PartnershipID: Graph] = [:]
    private(set) var authorships: [EntryHash: Authorship] = [:]
    /// By the number of the installation.
    private var holdings: [Holding] = []
    private var headers: [EntryHash: EntryHeader] = [:]
    /// What was read of the bytes of headers, which come by again and again.
    private var readHeaders: [Data: (hash: EntryHash, header: EntryHeader?)] = [:]
    private var secrets: [EntryHash: CompartmentKey] = [:]
    private var commits = 0
    /// When each installation's commits were, in true time.
    private var commitTimes: [Int64] = [0]
    /// The signatures that authors gave their entries.
    private var signatures: [EntryHash: Data] = [:]
    /// Entries that people were told are saved, by installation.
    private(set) var acknowledged: [Int: [EntryHash]] = [:]
    /// How often each installation's disk was set back.
    private(set) var timesSetBack: [Int: Int] = [:]
    /// Of these, what an installation may have lost because its disk was set back.
    private(set) var setBack: Set<EntryHash> = []
    /// Decisions of conflicts.
    private(set) var resolutions: [Resolution] = []

    /// Somebody decided between candidates.
    struct Resolution {
        let entry: EntryHash
        let partnership: PartnershipID
        let seen: [OperationID]
        let entryClass: EntryClass
    }

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    // MARK: Writing

    /// Takes in what a commit of an installation brought.
    ///
    /// - Parameter isFresh: false where a disk has been read anew, whose entries were looked at before.
    func committed(at installation: Installation, isFresh: Bool = true) throws {
        commits += 1
        commitTimes.append(simulation.time)
        let holding = holding(of: installation)
        holding.lastAuthored = []
        let fresh = try simulation.read(at: installation) {
            try arrivals(to: holding, of: installation, $0)
        }
        guard !fresh.isEmpty else { return }
        try simulation.check { try $0.committed(fresh, at: installation) }
        try simulation.steps.committed(fresh, at: installation, isFresh: isFresh)
        if isFresh { try simulation.survey.committed(fresh, at: installation) }
    }

    private func holding(of installation: Installation) -> Holding {
        while holdings.count <= installation.number { holdings.append(Holding()) }
        return holdings[installation.number]
    }

    /// What has come since the last time.
    private func arrivals(
        to holding: Holding, of installation: Installation, _ transaction: StoreTransaction
    ) throws -> [Arrival] {
        try transaction.all(
            "SELECT arrival, hash, signature FROM entry WHERE arrival > ? ORDER BY arrival",
            [holding.scanned]
        ).map { row in
            let (arrival, hash): (Int64, EntryHash) = try (row[0], Self.hash(row[1]))
            let header = try header(of: hash, arrival, transaction)
            holding.scanned = arrival
            holding.arrivals[hash] = arrival
            holding.entries[arrival] = hash
            let isNew = holding.firstHeld[hash] == nil
            if isNew { holding.firstHeld[hash] = commits }
            let isAuthored =
                isNew && header.feed.author == installation.site && authorships[hash] == nil
            if isAuthored {
                authorships[hash] = Authorship(
                    installation: installation, identity: installation.identity, commit: commits)
                holding.lastAuthored.append(hash)
                simulation.counts[.entries] += 1
            }
            let signature: Data = row[2]
            if signatures[hash, default: signature] != signature {
                holding.spoiled.insert(hash)
                if isNew { simulation.counts[.spoiledSignatures] += 1 }
            } else if isNew {
                signatures[hash] = signature
            }
            // What came before is in the graph.
            if isNew { try keep(hash, header, arrival, transaction) }
            return Arrival(hash: hash, header: header, isAuthored: isAuthored)
        }
    }

    /// The header of an entry on a disk, on which it may have been damaged since it was first read.
    private func header(
        of hash: EntryHash, _ arrival: Int64, _ transaction: StoreTransaction
    ) throws -> EntryHeader {
        if let known = headers[hash] { return known }
        let bytes =
            try transaction.all("SELECT header FROM entry WHERE arrival = ?", [arrival])
            .map { $0[0] as Data }.first ?? Data()
        let header = try read(header: bytes).header ?? EntryHeader(decoding: bytes)
        headers[hash] = header
        return header
    }

    private func keep(
        _ hash: EntryHash, _ header: EntryHeader, _ arrival: Int64, _ transaction: StoreTransaction
    ) throws {
        let graph = graphs[header.partnership] ?? Graph(header.partnership)
        graphs[header.partnership] = graph
        guard graph.indices[hash] == nil else { return }
        let parts = try transaction.all(
            "SELECT skeleton, body FROM part WHERE id BETWEEN ? AND ? ORDER BY id",
            [arrival << 10, arrival << 10 | 1023]
        ).map { Part(skeleton: $0["skeleton"], body: $0["body"]) }
        if header.feed.compartment == .membership, let part = parts.first,
            case .mint? = try? MembershipAct(decoding: part.skeleton)
        {
            try keepSecret(of: hash, transaction)
        }
        // A liar's key may have come first to a site that it was not sealed to; who writes with it has it.
        for key in header.parts.compactMap(\.key) { try keepSecret(of: key, transaction) }
        graph.add(hash, header, parts, secrets: secrets)
    }

    private func keepSecret(of key: EntryHash, _ transaction: StoreTransaction) throws {
        guard secrets[key] == nil,
            let row = try transaction.all(
                "SELECT secret FROM compartment_key WHERE id = ? AND secret IS NOT NULL",
                [Data(key.bytes)]
            ).first
        else { return }
        secrets[key] = CompartmentKey(bytes: row["secret"] as Data)
    }

    static func hash(_ cell: Cell) throws -> EntryHash {
        guard let hash = try? EntryHash(blob: cell) else {
            throw Violation("Prefix", "an entry's hash has another length than hashes have")
        }
        return hash
    }

    /// The disk has been read into a new process: the same content, perhaps with less.
    func diskReplaced(at installation: Installation) throws {
        let holding = holding(of: installation)
        (holding.scanned, holding.arrivals, holding.entries) = (0, [:], [:])
        holding.spoiled = []
        simulation.steps.forget(installation)
        try committed(at: installation, isFresh: false)
    }

    /// The disk is as it once was: what was said since may be gone.
    func diskSetBack(at installation: Installation) throws {
        setBack.formUnion(acknowledged[installation.number] ?? [])
        timesSetBack[installation.number, default: 0] += 1
        simulation.survey.forget(installation)
        try diskReplaced(at: installation)
    }

    /// The person who made the last write of an installation was told that it is saved.
    @discardableResult
    func acknowledge(at installation: Installation) -> [EntryHash] {
        let hashes = holding(of: installation).lastAuthored
        acknowledged[installation.number, default: []] += hashes
        return hashes
    }

    /// Somebody decided between candidates, with the last write of an installation.
    func resolved(
        _ seen: [OperationID], in partnership: PartnershipID, class entryClass: EntryClass,
        at installation: Installation
    ) {
        for entry in holding(of: installation).lastAuthored
        where graphs[partnership]?.node(entry)?.compartment != .membership {
            resolutions.append(
                Resolution(
                    entry: entry, partnership: partnership, seen: seen, entryClass: entryClass))
        }
    }

    // MARK: Reading

    /// What the bytes of a header say, and their hash.
    func read(header bytes: Data) -> (hash: EntryHash, header: EntryHeader?) {
        if let known = readHeaders[bytes] { return known }
        let read = (EntryHash(header: bytes), try? EntryHeader(decoding: bytes))
        readHeaders[bytes] = read
        return read
    }

    /// The arrival number of an entry on an installation's disk; nil when it is not there.
    func arrival(of hash: EntryHash, at installation: Installation) -> Int64? {
        holding(of: installation).arrivals[hash]
    }

    /// The entry with an arrival number on an installation's disk; nil when there is none.
    func entry(at arrival: Int64, of installation: Installation) -> EntryHash? {
        holding(of: installation).entries[arrival]
    }

    func holds(_ hash: EntryHash, at installation: Installation) -> Bool {
        arrival(of: hash, at: installation) != nil
    }

    /// The entries at an installation whose signature is not the one that their author gave them. They
    /// may have come that way, or become so on its disk.
    func spoiled(at installation: Installation) throws -> Set<EntryHash> {
        let holding = holding(of: installation)
        guard !holding.spoiled.isEmpty else { return [] }
        holding.spoiled = try simulation.read(at: installation) { transaction in
            try holding.spoiled.filter { hash in
                let row = try transaction.all(
                    "SELECT signature FROM entry WHERE hash = ?", [Data(hash.bytes)]
                ).first
                return row.map { $0["signature"] as Data != signatures[hash] } ?? false
            }
        }
        return holding.spoiled
    }

    /// Whether whoever wrote an entry held another when writing it.
    func wasHeld(_ target: EntryHash, byAuthorOf entry: EntryHash) -> Bool {
        guard let authorship = authorships[entry] else { return false }
        // A copy holds what was held where it was copied.
        var installation: Installation? = authorship.installation
        while let holder = installation {
            if let held = holding(of: holder).firstHeld[target], held <= authorship.commit {
                return true
            }
            installation = holder.original
        }
        return false
    }

    /// Whether an entry ever came to an installation other than this one.
    func isKnown(_ hash: EntryHash, outside installation: Installation) -> Bool {
        holdings.enumerated().contains {
            $0.offset != installation.number && $0.element.firstHeld[hash] != nil
        }
    }

    /// For how many milliseconds an installation has held an entry; nil when it never did.
    func age(of hash: EntryHash, at installation: Installation) -> Int64? {
        holding(of: installation).firstHeld[hash].map { simulation.time - commitTimes[$0] }
    }

    /// What an installation holds of a compartment and of `membership`, in a causal order.
    func held(
        _ id: CompartmentID, at installation: Installation
    ) -> [Graph.Node] {
        guard let graph = graphs[id.partnership] else { return [] }
        return [.membership, id.compartment].flatMap { compartment in
            graph.nodes(in: compartment).filter { holds($0.hash, at: installation) }
        }
    }
}

extension StoreTransaction {
    /// The rows of a query on what is stored, which only checkers and lies ask.
    func all(_ sql: String, _ arguments: Arguments = []) throws -> [StoredRow] {
        try rows(sql, arguments)
    }

    /// The partnerships in which a site is granted anything, or a role.
    func granted(to site: SiteID, atLeast role: Role = .relay) throws -> Set<PartnershipID> {
        Set(
            try all(
                """
                SELECT uuid FROM standing JOIN partnership ON partnership.id = partnership
                WHERE site = ? AND role >= ?
                """, [Data(site.bytes), role.rawValue]
            ).map { try PartnershipID(blob: $0[0]) })
    }

    /// Whether a site has taken a partnership in.
    func holdsPartnership(_ id: PartnershipID) throws -> Bool {
        try !all("SELECT 1 FROM partnership WHERE uuid = ?", [Data(id.bytes)]).isEmpty
    }
}
