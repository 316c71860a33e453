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

/// Finds the compartments that changed since the last time: after some commits where they were made,
/// after a night at half of all installations, and at all of them in the end.
final class Survey {
    private unowned let simulation: Simulation
    private var seen: [Int: [CompartmentID: Data]] = [:]
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
                random.chance(permille: 500) || simulation.faults.areOver
            })
    }

    /// A commit has brought something to an installation.
    func committed(at installation: Installation) throws {
        if random.chance(permille: 40) { try look(at: [installation]) }
    }

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
        var found: [Standing] = []
        for row in try transaction.all("SELECT id, uuid FROM partnership ORDER BY uuid") {
            guard let partnership = PartnershipID(bytes: row["uuid"] as Data) else { continue }
            let membership = try transaction.frontierDigest(
                CompartmentID(partnership, .membership))
            for id in try transaction.writtenCompartments(of: partnership) {
                let frontier = try transaction.frontierDigest(id)
                let unread = try transaction.unreadForKeys(in: id)
                let erased = try transaction.erasedParts(in: id)
                let mark = frontier + membership + Data("\(unread) \(erased.count)".utf8)
                guard seen[installation.number]?[id] != mark else { continue }
                seen[installation.number, default: [:]][id] = mark
                found.append(
                    Standing(
                        installation: installation, id: id, frontier: frontier,
                        membership: membership, unread: unread,
                        state: try transaction.stateDigest(id), erased: erased,
                        superseded: try transaction.operations(superseded: true, in: id),
                        live: try transaction.operations(superseded: false, in: id)))
            }
        }
        return found
    }
}

extension StoreTransaction {
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

    /// Parts of a compartment that wait for a key that there is.
    func unreadForKeys(in id: CompartmentID) throws -> Int {
        try all(
            """
            SELECT count(*) FROM unread JOIN entry ON entry.arrival = unread.entry
            JOIN chain ON chain.id = entry.chain JOIN feed ON feed.id = chain.feed
            JOIN partnership ON partnership.id = feed.partnership
            JOIN compartment_key ON compartment_key.id = unread.key
                AND compartment_key.partnership = feed.partnership
                AND compartment_key.compartment = feed.compartment
            WHERE uuid = ? AND feed.compartment = ?
            """, [Data(id.partnership.bytes), id.compartment.rawValue]
        ).first?[0] ?? 0
    }

    /// The operations of a compartment that are superseded, or that are not.
    func operations(superseded: Bool, in id: CompartmentID) throws -> [OperationID] {
        try all(
            """
            SELECT entry.hash, operation.id & 4194303 AS place
            FROM record JOIN partnership ON partnership.id = record.partnership
            JOIN operation ON operation.record = record.id
            JOIN entry ON entry.arrival = operation.id >> 22
            WHERE partnership.uuid = ? AND record.compartment = ?
                AND is_superseded = \(superseded ? 1 : 0)
            """, [Data(id.partnership.bytes), id.compartment.rawValue]
        ).map {
            OperationID(
                entry: try Chronicle.hash($0["hash"]), index: UInt32($0["place"] as Int64))
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
