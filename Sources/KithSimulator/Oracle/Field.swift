import KithModel
import KithProtocol

extension Graph {
    /// Whatever was said in one field of a record, by those who might.
    final class Field {
        struct Name: Hashable {
            let compartment: Compartment
            let record: RecordID
            let kind: UInt32
            let field: UInt32
        }

        struct Operation {
            let id: OperationID
            let node: Node
            /// The places here of those that it may supersede: in its past, and of no higher class.
            let supersedes: [Int]
        }

        let name: Name
        private(set) var operations: [Operation] = []

        init(_ name: Name) {
            self.name = name
        }

        func add(_ id: OperationID, of node: Node, superseding names: [OperationID]) {
            let targets = names.compactMap { name in
                operations.firstIndex { $0.id == name }
            }.filter { place in
                let target = operations[place].node
                return node.knows(target.index)
                    && target.header.entryClass <= node.header.entryClass
            }
            operations.append(Operation(id: id, node: node, supersedes: targets))
        }

        /// Whether each of some operations stands, by the rule: no effective one of them reaches it, be it
        /// over others of them.
        ///
        /// - Parameters:
        ///   - present: the places of those that somebody can read.
        ///   - isEffective: whether each of these takes effect.
        func standing(among present: [Int], isEffective: [Bool]) -> [Bool] {
            var isReached = operations.map { _ in true }
            for place in present { isReached[place] = false }
            var pending = zip(present, isEffective).filter(\.1).map(\.0)
            while let place = pending.popLast() {
                for target in operations[place].supersedes where !isReached[target] {
                    isReached[target] = true
                    pending.append(target)
                }
            }
            return present.map { !isReached[$0] }
        }
    }
}
