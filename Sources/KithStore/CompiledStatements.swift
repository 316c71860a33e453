import GRDB

/// The statements of one connection, found by where their text is: a literal is always in one place. To
/// find one by the whole of its text, again for every entry, would cost as much as to run it.
///
/// Unchecked: only what runs on the connection uses it, one thing at a time, and its close.
final class CompiledStatements: @unchecked Sendable {
    /// By the address of the first byte of a text.
    private var known: [Int: HotStatement] = [:]
    /// Texts that are put together are each time in another place.
    private static let most = 1_000

    /// A statement, compiled once for its connection.
    func statement(_ sql: String, on database: Database) throws -> HotStatement {
        let address = sql.utf8.withContiguousStorageIfAvailable { Int(bitPattern: $0.baseAddress) }
        // Another text may be where one was.
        if let address, let found = known[address], found.sql == sql { return found }
        let statement = HotStatement(try database.cachedStatement(sql: sql), sql)
        if known.count >= Self.most { known = [:] }
        if let address { known[address] = statement }
        return statement
    }

    /// The connection is about to be closed, which it is not while statements are kept.
    func forget() { known = [:] }
}
