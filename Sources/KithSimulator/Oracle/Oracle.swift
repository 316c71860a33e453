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

    private let operations: [OperationID: Operation]
    private let candidates: [Operation]

    /// Finds what stands in a compartment at a site that holds these entries of the partnership, and
    /// has erased these bodies.
    init(
        _ graph: Graph, _ compartment: Compartment, held: [Graph.Node], erased: Set<PartID> = []
    ) throws {
        var heldBits = Bits()
        for node in held { heldBits.insert(node.index) }
        let bits = heldBits
        let isHeld: (Graph.Node) -> Bool = { bits.contains($0.index) }
        let standings = try Standings(graph, held: held, isHeld: isHeld)
        var operations: [OperationID: Operation] = [:]
        for node in held where node.compartment == compartment && node.isAllowed {
            guard case .pieces(let pieces) = node.content else { continue }
            let isEffective = try standings.isEffective(node, isHeld: isHeld)
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
        self.operations = operations
        candidates = Self.candidates(operations)
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
        var bytes: [UInt8] = []
        bytes.reserveCapacity(160 * candidates.count)
        func add(_ number: Int) {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: number).bigEndian) { bytes += $0 }
        }
        func add(_ blob: some Collection<UInt8>) {
            add(blob.count)
            bytes += blob
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
