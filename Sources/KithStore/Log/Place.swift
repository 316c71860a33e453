import KithModel

/// Where an entry stands in the local log.
struct Place: Hashable {
    /// Local arrival number.
    let arrival: Int64
    /// Row of its chain.
    let chain: Int64
    /// Its sequence.
    let sequence: Int64
    /// Its depth in the graph.
    let depth: Int64
}

/// The row ids that places in the log give.
enum RowID {
    /// The id of a part's act.
    static func act(arrival: Int64, part: Int) -> Int64 { arrival << 10 | Int64(part) }
    /// The id of a part, the same as its act's.
    static func part(arrival: Int64, _ number: Int) -> Int64 { act(arrival: arrival, part: number) }
    /// The ids that the parts of an entry may have.
    static func parts(arrival: Int64) -> ClosedRange<Int64> {
        part(arrival: arrival, 0)...part(arrival: arrival, 1023)
    }
    /// The id of an operation, by its index in the entry.
    static func operation(arrival: Int64, index: UInt32) -> Int64 { arrival << 22 | Int64(index) }
    /// The arrival of an operation's entry.
    static func arrival(operation: Int64) -> Int64 { operation >> 22 }
    /// The index of an operation in its entry.
    static func index(operation: Int64) -> UInt32 { UInt32(operation & 0x3F_FFFF) }
    /// The act of an operation.
    static func act(operation: Int64) -> Int64 { operation >> 12 }
    /// The arrival of an act's entry.
    static func arrival(act: Int64) -> Int64 { act >> 10 }
}
