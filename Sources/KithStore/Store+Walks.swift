import GRDB
import GRDBSQLite

extension Store {
    /// The statements that went through at least so many rows of a table from one end to the other each time,
    /// on average, since this was last asked: what grows with the log although nobody meant it to.
    ///
    /// SQLite counts the rows. Its planner chooses by statistics of a time at which tables may have been
    /// empty, so that what a statement does is not to be seen in its text.
    package func walks(ofRows rows: Int) async throws -> Set<String> {
        try await read { $0.walks(ofRows: rows) }.union(try await write { $0.walks(ofRows: rows) })
    }
}

extension StoreTransaction {
    fileprivate func walks(ofRows rows: Int) -> Set<String> {
        let connection = database.sqliteConnection
        var found: Set<String> = []
        var next = sqlite3_next_stmt(connection, nil)
        while let statement = next {
            let steps = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1)
            let runs = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_RUN, 1)
            if Int(steps) >= rows * Int(max(runs, 1)), let text = sqlite3_sql(statement) {
                found.insert("\(Int(steps) / Int(max(runs, 1))) rows: \(String(cString: text))")
            }
            next = sqlite3_next_stmt(connection, statement)
        }
        return found
    }
}
