import Crypto
import Foundation
import KithModel
import KithProtocol
import KithTrust

/// What a compartment must hold when these entries are here: the rule of `Protocol/log.md`, on a
/// plain set of operations and without an order of arrival.
///
/// Who is in is judged by `Membership`, the rule itself, but from this graph: what is compared with
/// it is how a store keeps that up to date.
struct Oracle {
    private struct Operation {
        let id: OperationID
        let node: Graph.Node
        let record: RecordID
        let kind: UInt32
        let field: UInt32
        /// Nil when erased.
        let value: Data?
        let supersedes: [OperationID]
        let isEffective: Bool
    }

    private struct Point: MembershipPoint {
        let graph: Graph
        /// What is here.
        let held: Bits
        let node: Graph.Node
        var compartment: Compartment { node.compartment }

        func knows(_ act: EntryHash) -> Bool {
            graph.indices[act].map(node.knows) ?? false
        }

        func isWithin(cutOf act: EntryHash) -> Bool {
            let cut: Cut
            switch graph.node(act)?.content {
            case .act(.change(_, _, let found)), .act(.remove(_, let found)): cut = found
            default: return false
            }
            return cut.ends.contains { end in
                guard end.feed == node.header.feed, node.header.sequence <= end.sequence else {
                    return false
                }
                guard let leaf = graph.node(end.hash), held.contains(leaf.index) else {
                    return true
                }
                return leaf.index == node.index || leaf.chain.contains(node.index)
            }
        }
    }

    /// The entries that are effective, of those that only a removal could keep from it.
    let revoked: Set<EntryHash>
    private let operations: [OperationID: Operation]
    private let candidates: [Operation]

    /// Finds what stands in a compartment at a site that holds these entries of the partnership, and
    /// has erased these bodies.
    init(
        _ graph: Graph, _ compartment: Compartment, held: [Graph.Node], erased: Set<PartID> = []
    ) throws {
        var heldBits = Bits()
        for node in held { heldBits.insert(node.index) }
        let isHere = heldBits
        let membership = try Membership(
            acts: held.compactMap(Self.act),
            point: { act in
                guard let node = graph.node(act.entry) else {
                    preconditionFailure("an act has no entry in the graph")
                }
                return Point(graph: graph, held: isHere, node: node)
            })
        var operations: [OperationID: Operation] = [:]
        var revoked: Set<EntryHash> = []
        for node in held where node.compartment == compartment && node.isAllowed {
            guard case .pieces(let pieces) = node.content else { continue }
            let isEffective =
                try membership.isPlain(node.author)
                || membership.grant(
                    of: node.author, at: Point(graph: graph, held: isHere, node: node))?
                    .mayWrite(node.header.entryClass, in: compartment) ?? false
            if !isEffective { revoked.insert(node.hash) }
            for (part, piece) in pieces.enumerated() {
                guard let piece else { continue }
                let isErased = erased.contains(PartID(entry: node.hash, part: part))
                for (number, operation) in piece.skeleton.operations.enumerated() {
                    let id = OperationID(entry: node.hash, part: part, operation: number)
                    operations[id] = Operation(
                        id: id, node: node, record: piece.skeleton.record,
                        kind: piece.skeleton.kind, field: operation.field,
                        value: isErased ? nil : piece.values[number],
                        supersedes: operation.supersedes,
                        isEffective: isEffective)
                }
            }
        }
        self.revoked = revoked
        self.operations = operations
        candidates = Self.candidates(operations)
    }

    private static func act(_ node: Graph.Node) -> Membership.Act? {
        guard node.isAllowed, case .act(let act?) = node.content, let site = act.subject else {
            return nil
        }
        let content: Membership.Act.Content
        switch act {
        case .found: content = .found
        case .admit(_, let grant, _): content = .admit(grant)
        case .change(_, let grant, let cut): content = .change(grant, covers: cut.covers)
        case .remove(_, let cut): content = .remove(covers: cut.covers)
        case .elect: content = .elect
        case .mint, .handOver, .describe: return nil
        }
        return Membership.Act(
            entry: node.hash, depth: node.depth, author: node.author, site: site, content: content)
    }

    /// What no effective operation reaches over edges into its past, to the same field, and never
    /// to a higher class.
    private static func candidates(_ operations: [OperationID: Operation]) -> [Operation] {
        var reached: Set<OperationID> = []
        var pending = operations.values.filter(\.isEffective)
        while let operation = pending.popLast() {
            for name in operation.supersedes {
                guard let target = operations[name], operation.node.knows(target.node.index),
                    target.record == operation.record, target.kind == operation.kind,
                    target.field == operation.field,
                    target.node.header.entryClass <= operation.node.header.entryClass,
                    reached.insert(name).inserted
                else { continue }
                pending.append(target)
            }
        }
        return operations.values.filter { !reached.contains($0.id) }
    }

    /// What stands, as a digest in the form of the store's own.
    var digest: Data {
        var bytes = Data()
        func add(_ number: Int) {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: number).bigEndian) {
                bytes.append(contentsOf: $0)
            }
        }
        func add(_ blob: some Collection<UInt8>) {
            add(blob.count)
            bytes.append(contentsOf: blob)
        }
        let sorted = candidates.sorted {
            ($0.record, $0.kind, $0.field, $0.id) < ($1.record, $1.kind, $1.field, $1.id)
        }
        for operation in sorted {
            add(operation.record.bytes)
            add(Int(operation.kind))
            add(Int(operation.field))
            add(operation.id.entry.bytes)
            add(Int(operation.id.index))
            // An erased value: no length that a value can have.
            if let value = operation.value { add(value) } else { add(Int(UInt32.max)) }
        }
        return Data(SHA256.hash(data: bytes))
    }

    /// What stands, in words that do not depend on hashes: record, field and value of each.
    var outcome: [String] {
        candidates.map { operation in
            let value = operation.value.map { SHA256.hash(data: $0).prefix(6).map { String($0) } }
            return
                "\(operation.record) \(operation.field) \(value?.joined(separator: ".") ?? "erased")"
        }.sorted()
    }

    /// The operations that stand.
    var standing: Set<OperationID> { Set(candidates.map(\.id)) }
}
