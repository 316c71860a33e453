import Foundation
import GRDB
import KithModel
import KithProtocol
import KithStore
import KithTrust

/// A field that a commit touched: what its state is at an installation, beside what it has to be.
struct TouchedField {
    /// An operation that is there, and can be read.
    struct Operation {
        let id: OperationID
        /// By the rule.
        let isEffective: Bool
        let stands: Bool
        /// As the state has it.
        let isMarkedEffective: Bool
        let isMarkedSuperseded: Bool
        let isMarkedContested: Bool
    }

    let installation: Installation
    let graph: Graph
    let name: Graph.Field.Name
    /// The row of its record.
    let record: Int64
    let operations: [Operation]
    /// Operations that are there and wait for nothing, and that the state lacks.
    let missing: [OperationID]
    /// How many the state has besides.
    let surplus: Int
}

/// Looks after every commit at the fields that it touched, at the installation that made it: those that its
/// entries say something in, and those of older entries for which it brought the key.
final class Steps {
    private struct Place: Hashable {
        let installation: Int
        let partnership: PartnershipID
    }

    private struct Acts: Hashable {
        let partnership: PartnershipID
        let held: Bits
    }

    private unowned let simulation: Simulation
    /// What is held of `membership`.
    private var acts: [Place: Bits] = [:]
    /// What follows from that, which is the same for all that hold it.
    private var standings: [Acts: Standings] = [:]
    /// The keys that each installation was handed.
    private var handed: [Int: Set<EntryHash>] = [:]

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    /// Another disk is at an installation, or the same with less on it.
    func forget(_ installation: Installation) {
        acts = acts.filter { $0.key.installation != installation.number }
        handed[installation.number] = nil
    }

    /// A commit has brought entries to an installation.
    ///
    /// - Parameter isFresh: false where a disk has been read anew, whose entries were looked at before.
    func committed(
        _ arrivals: [Chronicle.Arrival], at installation: Installation, isFresh: Bool
    ) throws {
        guard !installation.isLiar else { return }
        var fields: [(field: Graph.Field, graph: Graph)] = []
        var seen: Set<ObjectIdentifier> = []
        func touch(_ node: Graph.Node, _ graph: Graph) {
            for field in node.fields where seen.insert(ObjectIdentifier(field)).inserted {
                fields.append((field, graph))
            }
        }
        for arrival in arrivals {
            guard let graph = simulation.chronicle.graphs[arrival.header.partnership],
                let node = graph.node(arrival.hash)
            else { continue }
            guard node.compartment == .membership else {
                if isFresh { touch(node, graph) }
                continue
            }
            let place = Place(installation: installation.number, partnership: graph.partnership)
            acts[place, default: Bits()].insert(node.index)
            for key in node.keys(handedTo: installation.site)
            where handed[installation.number, default: []].insert(key).inserted && isFresh {
                for index in graph.sealedWith[key] ?? []
                where simulation.chronicle.holds(graph.nodes[index].hash, at: installation) {
                    touch(graph.nodes[index], graph)
                }
            }
        }
        guard !fields.isEmpty else { return }
        let touched = try simulation.read(at: installation) { transaction in
            try fields.compactMap { try look(at: $0, of: $1, installation, transaction) }
        }
        guard !touched.isEmpty else { return }
        try simulation.check { try $0.touched(touched) }
    }

    /// An operation of a field that is at an installation.
    private struct Held {
        /// Among those of the field.
        let place: Int
        /// What the state calls it.
        let row: Int64
    }

    private func look(
        at field: Graph.Field, of graph: Graph, _ installation: Installation,
        _ transaction: StoreTransaction
    ) throws -> TouchedField? {
        let held = held(of: field, at: installation)
        let rows = try state(of: field, held, transaction)
        let byID = Dictionary(rows.map { ($0[0] as Int64, $0) }, uniquingKeysWith: { $1 })
        var (present, found, missing): ([Int], [StoredRow], [OperationID]) = ([], [], [])
        for operation in held {
            if let row = byID[operation.row] {
                present.append(operation.place)
                found.append(row)
            } else if try !transaction.isWaiting(operation.row >> 22) {
                missing.append(field.operations[operation.place].id)
            }
        }
        guard let record = rows.first.map({ $0[4] as Int64 }) else {
            guard let first = missing.first else { return nil }
            throw Violation(
                EqualsOracle.name,
                "\(installation.name) holds \(first.entry.short), and its state has nothing of it")
        }
        let (effects, stands) = try judge(field, present, in: graph, at: installation)
        return TouchedField(
            installation: installation, graph: graph, name: field.name, record: record,
            operations: present.indices.map {
                TouchedField.Operation(
                    id: field.operations[present[$0]].id, isEffective: effects[$0],
                    stands: stands[$0], isMarkedEffective: found[$0][3],
                    isMarkedSuperseded: found[$0][1], isMarkedContested: found[$0][2])
            }, missing: missing, surplus: rows.count - present.count)
    }

    private func held(of field: Graph.Field, at installation: Installation) -> [Held] {
        field.operations.indices.compactMap { place in
            let id = field.operations[place].id
            return simulation.chronicle.arrival(of: id.entry, at: installation).map {
                Held(place: place, row: $0 << 22 | Int64(id.index))
            }
        }
    }

    /// What the state has of a field: by the first of its operations of which it has anything.
    private func state(
        of field: Graph.Field, _ held: [Held], _ transaction: StoreTransaction
    ) throws -> [StoredRow] {
        for operation in held {
            let rows = try transaction.all(Self.state, [operation.row >> 12, field.name.field])
            if !rows.isEmpty { return rows }
        }
        return []
    }

    /// Whether each of some operations takes effect, and whether it stands, by the rule.
    private func judge(
        _ field: Graph.Field, _ present: [Int], in graph: Graph, at installation: Installation
    ) throws -> (effects: [Bool], stands: [Bool]) {
        let chronicle = simulation.chronicle
        let standings = try standings(in: graph, at: installation)
        let effects = try present.map { place in
            try standings?.isEffective(
                field.operations[place].node,
                isHeld: { chronicle.holds($0.hash, at: installation) }) ?? true
        }
        return (effects, field.standing(among: present, isEffective: effects))
    }

    private static let state = """
        SELECT operation.id, is_superseded, is_contested, is_effective, operation.record
        FROM act CROSS JOIN operation ON operation.record = act.record
            AND is_superseded IN (0, 1) AND operation.field = +?2
        WHERE act.id = ?1
        """

    /// Nil where nothing is known of anybody but that they were let in.
    private func standings(in graph: Graph, at installation: Installation) throws -> Standings? {
        let place = Place(installation: installation.number, partnership: graph.partnership)
        let acts = Acts(partnership: graph.partnership, held: acts[place] ?? Bits())
        guard acts.held.intersects(graph.changes) else { return nil }
        if let known = standings[acts] { return known }
        let found = try Standings(
            graph, held: graph.nodes(in: .membership).filter { acts.held.contains($0.index) },
            isHeld: { acts.held.contains($0.index) })
        standings[acts] = found
        return found
    }
}

extension Graph.Node {
    /// The keys that an act hands to a site.
    func keys(handedTo site: SiteID) -> [EntryHash] {
        switch content {
        case .act(.mint(_, _, let sealed)?) where sealed.contains { $0.site == site }: [hash]
        case .act(.handOver(let handed)?): handed.filter { $0.sealed.site == site }.map(\.key)
        default: []
        }
    }
}

extension StoreTransaction {
    /// Whether a part of an entry is not read yet, or never will be.
    fileprivate func isWaiting(_ arrival: Int64) throws -> Bool {
        try !all("SELECT 1 FROM unread WHERE entry = ? LIMIT 1", [arrival]).isEmpty
    }
}
