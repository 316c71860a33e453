import GRDB
import GRDBSQLite

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

    /// Whether it outlives a transaction, and compiles by itself: the general wrapper has every column of a
    /// statement authorised, which costs as much as to compile it.
    private let isLasting: Bool
    private var places: [Place: (text: String, statement: HotStatement)] = [:]
    private var texts: [String: HotStatement] = [:]
    /// Texts that are put together are each time in another place.
    private static let most = 1_000

    init(isLasting: Bool) { self.isLasting = isLasting }

    /// A statement, compiled once for its connection.
    func statement(_ sql: String, on database: Database) throws -> HotStatement {
        let place = Place(sql)
        // Another text may be where one was.
        if let found = places[place], found.text == sql { return found.statement }
        let statement = try compiled(sql, on: database)
        if places.count >= Self.most { places = [:] }
        places[place] = (sql, statement)
        return statement
    }

    private func compiled(_ sql: String, on database: Database) throws -> HotStatement {
        guard isLasting else { return HotStatement(try database.cachedStatement(sql: sql)) }
        if let known = texts[sql] { return known }
        let statement = HotStatement(try OwnStatement(sql, database.sqliteConnection))
        if texts.count >= Self.most { texts = [:] }
        texts[sql] = statement
        return statement
    }

    /// The connection is about to be closed, which it is not while statements are kept.
    func forget() {
        places = [:]
        texts = [:]
    }
}

/// A statement that was compiled here, and is kept as long as somebody has it.
final class OwnStatement {
    let handle: OpaquePointer

    init(_ sql: String, _ connection: OpaquePointer?) throws {
        var compiled: OpaquePointer?
        let code = sqlite3_prepare_v3(
            connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
        guard code == SQLITE_OK, let compiled else {
            throw DatabaseError(
                resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
                message: String(cString: sqlite3_errmsg(connection)), sql: sql)
        }
        handle = compiled
    }

    deinit { sqlite3_finalize(handle) }
}
