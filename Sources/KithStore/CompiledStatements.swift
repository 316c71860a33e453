import GRDB

/// The statements of one connection, found by where their text is: a literal is always in one place. To
/// find one by the whole of its text, again for every entry, would cost as much as to run it.
///
/// Unchecked: only what runs on the connection uses it, one thing at a time, and its close.
final class CompiledStatements: @unchecked Sendable {
    /// Where the bytes of a text are.
    private struct Place: Hashable {
        let address: Int
        let count: Int

        init(_ text: String) {
            var text = text
            (address, count) = text.withUTF8 { (Int(bitPattern: $0.baseAddress), $0.count) }
        }
    }

    private var known: [Place: (text: String, statement: HotStatement)] = [:]
    /// Texts that are put together are each time in another place.
    private static let most = 1_000

    /// A statement, compiled once for its connection.
    func statement(_ sql: String, on database: Database) throws -> HotStatement {
        let place = Place(sql)
        // Another text may be where one was.
        if let found = known[place], found.text == sql { return found.statement }
        let statement = HotStatement(try database.cachedStatement(sql: sql))
        if known.count >= Self.most { known = [:] }
        known[place] = (sql, statement)
        return statement
    }

    /// The connection is about to be closed, which it is not while statements are kept.
    func forget() { known = [:] }
}
