package import GRDB
public import KithModel
package import KithProtocol
import KithTrust
import Synchronization

/// One transaction on a store; never kept beyond the closure that it was handed to.
public struct StoreTransaction {
    /// The connection; outside this module only for tests and the simulator, which look at what is
    /// stored and break it on purpose.
    package let database: Database
    let store: Store
    /// Set when nobody waits for it any more.
    var stop: StopSign?
    /// The last arrival that it looks at: a replay must not see what came later.
    var horizon = Int64.max
    let memo: TransactionMemo

    /// A transaction on the connection that writes, or on one that only reads.
    init(_ database: Database, of store: Store, isWriter: Bool, stop: StopSign? = nil) {
        self.database = database
        self.store = store
        self.stop = stop
        memo = TransactionMemo(isWriter ? store.statements : CompiledStatements())
    }

    /// The site.
    public var site: SiteID { store.keys.site }
    /// The keys of the site.
    package var keys: SiteKeys { store.keys }
    /// Where signatures and chance come from.
    package var cryptography: any Cryptography { store.cryptography }

    func execute(_ sql: String, _ arguments: Arguments = []) throws {
        try statement(sql).run(arguments.values)
    }

    func row(_ sql: String, _ arguments: Arguments) throws -> StoredRow? {
        try statement(sql).rows(arguments.values, limit: 1).first
    }

    /// The rows of a query; outside this module only for tests and the simulator.
    package func rows(_ sql: String, _ arguments: Arguments = []) throws -> [StoredRow] {
        try statement(sql).rows(arguments.values)
    }

    /// Goes through the rows of a query without keeping them: for long lists.
    func eachRow(
        _ sql: String, _ arguments: Arguments = [], _ body: (CurrentRow) throws -> Void
    ) throws {
        try statement(sql).eachRow(arguments.values) { handle in
            try body(CurrentRow(handle: handle))
            return true
        }
    }

    /// The first column of the first row, a number; nil where that is NULL or there is no row.
    func number(_ sql: String, _ arguments: Arguments = []) throws -> Int64? {
        try statement(sql).firstNumber(arguments.values)
    }

    /// A statement, compiled once for its connection.
    func statement(_ sql: String) throws -> HotStatement {
        // SQLite interrupts what runs when a read is cancelled, and knows nothing of it afterwards.
        if stop?.isSet == true { throw CancellationError() }
        return try memo.statements.statement(sql, on: database)
    }
}

/// Whether whoever wanted a transaction has given up on it.
final class StopSign: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}
