import GRDB

// GRDB compiles the statements of its own transactions and savepoints anew each time, and each
// compilation has SQLite compile every cached statement again: `sqlite3_set_authorizer` expires them
// all. A batch of entries has a savepoint for each.
extension Database {
    /// Runs a body in one transaction; what it throws takes all of it back.
    func inPreparedTransaction<Result>(_ body: () throws -> Result) throws -> Result {
        try cachedStatement(sql: "BEGIN IMMEDIATE TRANSACTION").execute()
        do {
            let result = try body()
            try cachedStatement(sql: "COMMIT TRANSACTION").execute()
            return result
        } catch {
            // After some errors, a full disk among them, SQLite has taken it back already.
            if isInsideTransaction { try? rollback() }
            throw error
        }
    }

    /// Runs a body within a transaction; what it throws takes back what it did, and nothing more.
    func inPreparedSavepoint<Result>(_ body: () throws -> Result) throws -> Result {
        try cachedStatement(sql: "SAVEPOINT kith").execute()
        do {
            let result = try body()
            try cachedStatement(sql: "RELEASE SAVEPOINT kith").execute()
            return result
        } catch {
            if isInsideTransaction {
                try cachedStatement(sql: "ROLLBACK TRANSACTION TO SAVEPOINT kith").execute()
                try cachedStatement(sql: "RELEASE SAVEPOINT kith").execute()
            }
            throw error
        }
    }
}
