/// One operation on a field, as merging sees it.
public struct OperationNode: Sendable {
    /// Which operation.
    public let id: OperationID
    /// The class of the entry that holds it.
    public let entryClass: EntryClass
    /// Whether it still counts: false when its author had been removed before it.
    public let isEffective: Bool
    /// The operations of the same record and field, in its entry's causal past, that it names.
    public let supersedes: [OperationID]

    /// Describes an operation.
    public init(
        id: OperationID, entryClass: EntryClass, isEffective: Bool = true,
        supersedes: [OperationID]
    ) {
        self.id = id
        self.entryClass = entryClass
        self.isEffective = isEffective
        self.supersedes = supersedes
    }
}

/// The values that a field holds: a pure function of its operations, in whatever order they came.
///
/// A candidate is an operation that no other effective operation reaches by edges. An edge to an
/// operation of a higher class does not count. Operations without effect still conduct edges, and
/// are candidates themselves when nothing effective reaches them: nothing clinical is hidden by a
/// removal. Source: `Protocol/log.md`, "Candidates". Complexity: linear in operations and edges.
public struct Candidates: Sendable {
    /// The candidates, in the order of their ids.
    public let operations: [OperationID]

    /// Finds the candidates among the operations of one field.
    public init(of nodes: [OperationNode]) {
        let byID = Dictionary(nodes.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var reached: Set<OperationID> = []
        var pending = nodes.filter(\.isEffective)
        while let node = pending.popLast() {
            for target in node.supersedes {
                guard let superseded = byID[target],
                    superseded.entryClass <= node.entryClass,
                    reached.insert(target).inserted
                else { continue }
                pending.append(superseded)
            }
        }
        operations = byID.keys.filter { !reached.contains($0) }.sorted()
    }
}
