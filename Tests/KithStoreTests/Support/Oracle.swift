import Crypto
import Foundation
import KithModel
import KithProtocol
import KithTrust

/// The rule of candidates as `Protocol/log.md` says it, on a plain set of entries: no arrival
/// order, no database. All entries are taken to be in effect and readable.
struct Oracle {
    private struct Node {
        let id: OperationID
        let record: RecordID
        let kind: UInt32
        let field: UInt32
        let entryClass: EntryClass
        let value: Data
        let supersedes: [OperationID]
    }

    private var headers: [EntryHash: EntryHeader] = [:]
    private var nodes: [OperationID: Node] = [:]

    init(
        _ entries: [ReceivedEntry], _ compartment: Compartment,
        secrets: [EntryHash: CompartmentKey]
    ) throws {
        for entry in entries {
            let parsed = try ParsedEntry(entry)
            headers[parsed.hash] = parsed.header
            guard parsed.header.feed.compartment == compartment else { continue }
            for (number, part) in entry.parts.enumerated() {
                guard let key = parsed.header.parts[number].key.flatMap({ secrets[$0] }),
                    let sealedBody = part.body
                else { continue }
                func open(_ sealed: Data, _ half: PartSeal.Half) throws -> Data {
                    try PartSeal(parsed.header, part: number, half: half).open(
                        sealed, key: key.secret, SystemCryptography())
                }
                let skeleton = try Skeleton(decoding: open(part.skeleton, .skeleton))
                let body = try PartBody(
                    decoding: open(sealedBody, .body), operations: skeleton.operations.count)
                for (index, operation) in skeleton.operations.enumerated() {
                    let id = OperationID(entry: parsed.hash, part: number, operation: index)
                    nodes[id] = Node(
                        id: id, record: skeleton.record, kind: skeleton.kind,
                        field: operation.field, entryClass: parsed.header.entryClass,
                        value: body.values[index], supersedes: operation.supersedes)
                }
            }
        }
    }

    /// An entry and all before it in its chain.
    private func chain(_ hash: EntryHash) -> [EntryHash] {
        var chain: [EntryHash] = []
        var current: EntryHash? = hash
        while let entry = current, let header = headers[entry] {
            chain.append(entry)
            current = header.previous
        }
        return chain
    }

    private func past(_ hash: EntryHash) -> Set<EntryHash> {
        let own = chain(hash)
        let named = own.flatMap { headers[$0]?.knows.map(\.hash) ?? [] }
        return Set(own.dropFirst()).union(named.flatMap(chain))
    }

    private var candidates: [Node] {
        var superseded: Set<OperationID> = []
        for node in nodes.values where !node.supersedes.isEmpty {
            let past = past(node.id.entry)
            for id in node.supersedes where past.contains(id.entry) {
                guard let target = nodes[id], target.record == node.record,
                    target.kind == node.kind, target.field == node.field,
                    target.entryClass <= node.entryClass
                else { continue }
                superseded.insert(id)
            }
        }
        return nodes.values.filter { !superseded.contains($0.id) }
    }

    /// The state digest.
    func digest() -> Data {
        var bytes = Data()
        func add(_ number: Int) {
            withUnsafeBytes(of: UInt32(number).bigEndian) { bytes.append(contentsOf: $0) }
        }
        func add(_ blob: some Collection<UInt8>) {
            add(blob.count)
            bytes.append(contentsOf: blob)
        }
        for node in candidates.sorted(by: {
            ($0.record, $0.kind, $0.field, $0.id) < ($1.record, $1.kind, $1.field, $1.id)
        }) {
            add(node.record.bytes)
            add(Int(node.kind))
            add(Int(node.field))
            add(node.id.entry.bytes)
            add(Int(node.id.index))
            add(node.value)
        }
        return Data(SHA256.hash(data: bytes))
    }
}
