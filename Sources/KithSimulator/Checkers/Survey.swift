import Foundation
import GRDB
import KithModel
import KithProtocol
import KithStore

/// Where a compartment stands at an installation.
struct Standing {
    let installation: Installation
    let id: CompartmentID
    /// Digests of the leaves of the compartment, and of those of `membership`.
    let frontier: Data
    let membership: Data
    /// Parts that wait for their key here.
    let unread: Int
    /// Digest of the state.
    let state: Data
    /// The parts whose bodies were erased here.
    let erased: Set<PartID>
    /// The operations that are superseded, and those that stand.
    let superseded: [OperationID]
    let live: [OperationID]
}

/// Finds the compartments that changed since the last time: after some commits that say who is in, where
/// they were made, and few others, after a night at a quarter of all installations, and at all of them in the end.
/// What a commit touches itself, `Steps` looks at.
final class Survey {
    private unowned let simulation: Simulation
    private var seen: [Int: [CompartmentID: CompartmentMark]] = [:]
    /// Every compartment that holds something else than before, at each running honest installation.
    private(set) var changed: [Standing] = []
    /// The installations at which any did but `membership`.
    private(set) var changedInstallations: [Installation] = []

    private var random: RandomSource

    init(_ simulation: Simulation) {
        self.simulation = simulation
        random = RandomSource(seed: simulation.plan.seed, purpose: "survey")
    }

    /// A night is over, or everything is.
    func look() throws {
        try look(
            at: simulation.sites.filter { _ in
                random.chance(permille: 250) || simulation.faults.areOver
            })
    }

    /// A commit has brought something to an installation. Who is in decides on what was written long ago.
    func committed(_ arrivals: [Chronicle.Arrival], at installation: Installation) throws {
        let isAboutMembers = arrivals.contains { arrival in
            let graph = simulation.chronicle.graphs[arrival.header.partnership]
            guard case .act(let act?)? = graph?.node(arrival.hash)?.content else { return false }
            return act.subject != nil
        }
        if random.chance(permille: isAboutMembers ? 100 : 4) { try look(at: [installation]) }
    }

    /// Another disk is at an installation.
    func forget(_ installation: Installation) { seen[installation.number] = nil }

    private func look(at installations: [Installation]) throws {
        var found: [Standing] = []
        for installation in installations where installation.isRunning && !installation.isLiar {
            found += try simulation.read(at: installation) { transaction in
                try self.changed(at: installation, transaction)
            }
        }
        changed = found
        let numbers = Set(
            found.filter { $0.id.compartment != .membership }.map(\.installation.number))
        changedInstallations = simulation.sites.filter { numbers.contains($0.number) }
        try simulation.check { try $0.surveyed() }
    }

    private func changed(
        at installation: Installation, _ transaction: StoreTransaction
    ) throws -> [Standing] {
        let marks = try transaction.marks()
        let before = seen.updateValue(marks, forKey: installation.number) ?? [:]
        let fresh = Set(
            marks.keys.filter {
                // Who is in decides what stands in the other compartments.
                let membership = CompartmentID($0.partnership, .membership)
                return before[$0] != marks[$0] || before[membership] != marks[membership]
            })
        guard !fresh.isEmpty else { return [] }
        var memberships: [PartnershipID: Data] = [:]
        return try fresh.sorted {
            ($0.partnership, $0.compartment) < ($1.partnership, $1.compartment)
        }.map { id in
            let mark = marks[id]
            let membership =
                try memberships[id.partnership]
                ?? transaction.frontierDigest(CompartmentID(id.partnership, .membership))
            memberships[id.partnership] = membership
            let (live, superseded) = try operations(in: id, at: installation, transaction)
            return Standing(
                installation: installation, id: id,
                frontier: try transaction.frontierDigest(id), membership: membership,
                unread: mark?.unread ?? 0, state: try transaction.stateDigest(id),
                erased: mark?.erased == 0 ? [] : try transaction.erasedParts(in: id),
                superseded: superseded, live: live)
        }
    }

    /// The operations of a compartment that stand, and those that are superseded.
    private func operations(
        in id: CompartmentID, at installation: Installation, _ transaction: StoreTransaction
    ) throws -> (live: [OperationID], superseded: [OperationID]) {
        var (live, superseded): ([OperationID], [OperationID]) = ([], [])
        for row in try transaction.all(
            """
            SELECT operation.id, is_superseded
            FROM record JOIN partnership ON partnership.id = record.partnership
            JOIN operation ON operation.record = record.id
            WHERE partnership.uuid = ? AND record.compartment = ?
            """, [Data(id.partnership.bytes), id.compartment.rawValue])
        {
            let number: Int64 = row[0]
            guard let entry = simulation.chronicle.entry(at: number >> 22, of: installation) else {
                throw Violation(
                    EqualsOracle.name,
                    "\(installation.name) has an operation of an entry that it does not hold")
            }
            let name = OperationID(entry: entry, index: UInt32(number & 4_194_303))
            if row[1] { superseded.append(name) } else { live.append(name) }
        }
        return (live, superseded)
    }
}

extension CompartmentID {
    /// Reads the first two columns of a row; nil for none.
    fileprivate init?(_ row: StoredRow) {
        guard let partnership = PartnershipID(bytes: row[0] as Data),
            let compartment = Compartment(rawValue: row[1])
        else { return nil }
        self.init(partnership, compartment)
    }
}

/// What a compartment at an installation is known by: its newest entry, and how much was erased or waits.
/// Whatever changes what stands changes one of these.
struct CompartmentMark: Equatable {
    let arrival: Int64
    let hash: Data
    var erased = 0
    var unread = 0
}

extension StoreTransaction {
    /// The marks of all compartments that hold entries.
    fileprivate func marks() throws -> [CompartmentID: CompartmentMark] {
        var marks: [CompartmentID: CompartmentMark] = [:]
        // The columns beside a maximum are those of its row.
        for row in try all(
            """
            SELECT uuid, compartment, max(last_arrival), last_hash FROM chain
            JOIN feed ON feed.id = chain.feed JOIN partnership ON partnership.id = feed.partnership
            GROUP BY feed.partnership, compartment
            """)
        {
            guard let id = CompartmentID(row) else { continue }
            marks[id] = CompartmentMark(arrival: row[2], hash: row[3])
        }
        for row in try all(Self.erasedByCompartment) {
            if let id = CompartmentID(row) { marks[id]?.erased = row[2] }
        }
        for row in try all(Self.unreadByCompartment) {
            if let id = CompartmentID(row) { marks[id]?.unread = row[2] }
        }
        return marks
    }

    private static let erasedByCompartment = """
        SELECT uuid, compartment, count(*) FROM erased
        JOIN entry ON entry.hash = erased.entry JOIN chain ON chain.id = entry.chain
        JOIN feed ON feed.id = chain.feed JOIN partnership ON partnership.id = feed.partnership
        GROUP BY feed.partnership, compartment
        """

    /// Parts that wait for a key that there is.
    private static let unreadByCompartment = """
        SELECT uuid, feed.compartment, count(*)
        FROM unread JOIN entry ON entry.arrival = unread.entry
        JOIN chain ON chain.id = entry.chain JOIN feed ON feed.id = chain.feed
        JOIN partnership ON partnership.id = feed.partnership
        JOIN compartment_key ON compartment_key.id = unread.key
            AND compartment_key.partnership = feed.partnership
            AND compartment_key.compartment = feed.compartment
        GROUP BY feed.partnership, feed.compartment
        """

    /// The parts of a compartment whose bodies were erased.
    func erasedParts(in id: CompartmentID) throws -> Set<PartID> {
        Set(
            try all(
                """
                SELECT erased.entry, part FROM erased JOIN entry ON entry.hash = erased.entry
                JOIN chain ON chain.id = entry.chain JOIN feed ON feed.id = chain.feed
                JOIN partnership ON partnership.id = feed.partnership
                WHERE uuid = ? AND feed.compartment = ?
                """, [Data(id.partnership.bytes), id.compartment.rawValue]
            ).map { PartID(entry: try Chronicle.hash($0["entry"]), part: $0["part"]) })
    }

    /// All parts whose bodies were erased.
    func erasedParts() throws -> [PartID] {
        try all("SELECT entry, part FROM erased ORDER BY entry, part").map {
            PartID(entry: try Chronicle.hash($0["entry"]), part: $0["part"])
        }
    }

    /// Whether only a removal keeps an entry from effect.
    func isRevoked(_ hash: EntryHash) throws -> Bool {
        try !all(
            "SELECT 1 FROM revoked JOIN entry ON entry.arrival = revoked.entry WHERE hash = ?",
            [Data(hash.bytes)]
        ).isEmpty
    }
}
