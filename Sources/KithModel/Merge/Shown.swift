/// What decides between concurrent values of a routine field for display, and nothing else.
///
/// What takes effect comes before what does not; then it compares depth in the graph, then author, then entry hash, then place: no clock. The greatest
/// is shown; the others are listed beside it.
public struct DisplayRank: Comparable, Sendable {
    let isEffective: Bool
    let depth: Int64
    let author: SiteID
    let operation: OperationID

    /// The rank of an operation.
    public init(isEffective: Bool, depth: Int64, author: SiteID, operation: OperationID) {
        self.isEffective = isEffective
        self.depth = depth
        self.author = author
        self.operation = operation
    }

    /// Orders by effect, depth, author, entry hash, place.
    public static func < (left: DisplayRank, right: DisplayRank) -> Bool {
        if left.isEffective != right.isEffective { return right.isEffective }
        return (left.depth, left.author, left.operation) < (
            right.depth, right.author, right.operation
        )
    }
}
