package import Foundation
import GRDB
import GRDBSQLite
import KithModel

/// What is bound to a parameter.
package enum HotValue {
    case int(Int64)
    case data(Data)
    case bytes([UInt8])
    case text(String)
    case null

    /// Bytes, or NULL where there are none.
    static func optional(_ data: Data?) -> HotValue { data.map(HotValue.data) ?? .null }
    /// An identifier's bytes.
    static func id(_ id: some Identifier) -> HotValue { .bytes(id.bytes) }
    static func id(_ id: (some Identifier)?) -> HotValue { id.map { .bytes($0.bytes) } ?? .null }
}

/// A statement that goes to SQLite without the boxes and copies that a general wrapper makes of
/// arguments and rows, which cost more than the work itself.
final class HotStatement {
    private let statement: Statement
    private let handle: SQLiteStatement
    private let names: [String]
    /// Its text.
    let sql: String

    init(_ statement: Statement, _ sql: String) {
        self.statement = statement
        self.sql = sql
        handle = statement.sqliteStatement
        names = statement.columnNames
    }

    /// Runs a statement that gives no rows.
    func run(_ values: HotValue...) throws { try run(values) }

    /// Runs a statement that gives no rows, or none that anybody wants.
    func run(_ values: [HotValue]) throws {
        // After some errors, a full disk among them, SQLite has taken the transaction back already: what
        // was left of it must not be written each by itself.
        guard sqlite3_get_autocommit(sqlite3_db_handle(handle)) == 0 else {
            throw DatabaseError(resultCode: .SQLITE_ABORT, message: "Transaction was aborted")
        }
        try eachRow(values) { _ in true }
    }

    /// The rows, no more than a number of them.
    func rows(_ values: [HotValue], limit: Int = .max) throws -> [StoredRow] {
        let names = names
        var cells: [Cell] = []
        var left = limit
        try eachRow(values) { handle in
            if cells.isEmpty { cells.reserveCapacity(names.count * min(limit, 4)) }
            for column in 0..<Int32(names.count) { cells.append(Cell(handle, column)) }
            left -= 1
            return left > 0
        }
        return StoredRow.rows(of: cells, names: names)
    }

    /// The first column of the first row; nil when it is NULL or there is no row.
    func firstNumber(_ values: [HotValue]) throws -> Int64? {
        var number: Int64?
        try eachRow(values) { handle in
            if sqlite3_column_type(handle, 0) != SQLITE_NULL {
                number = sqlite3_column_int64(handle, 0)
            }
            return false
        }
        return number
    }

    /// Stands on each row in turn, until the body has seen enough.
    func eachRow(_ values: [HotValue], _ body: (OpaquePointer) throws -> Bool) throws {
        defer { sqlite3_reset(handle) }
        try bind(values)
        while true {
            switch sqlite3_step(handle) {
            case SQLITE_ROW: guard try body(handle) else { return }
            case SQLITE_DONE: return
            case let code: throw failure(code)
            }
        }
    }

    /// What a column holds, where SQLite has it.
    enum Column {
        case null
        case integer(Int64)
        case real(Double)
        case text(UnsafeRawBufferPointer)
        case blob(UnsafeRawBufferPointer)
    }

    /// Goes through the columns of each row in turn, without copying what they hold.
    func eachColumn(_ values: [HotValue], _ body: (Column) -> Void) throws {
        let count = sqlite3_column_count(handle)
        try eachRow(values) { handle in
            for index in 0..<count {
                func bytes(_ start: UnsafeRawPointer?) -> UnsafeRawBufferPointer {
                    UnsafeRawBufferPointer(
                        start: start, count: Int(sqlite3_column_bytes(handle, index)))
                }
                switch sqlite3_column_type(handle, index) {
                case SQLITE_INTEGER: body(.integer(sqlite3_column_int64(handle, index)))
                case SQLITE_FLOAT: body(.real(sqlite3_column_double(handle, index)))
                case SQLITE_TEXT: body(.text(bytes(sqlite3_column_text(handle, index))))
                case SQLITE_BLOB: body(.blob(bytes(sqlite3_column_blob(handle, index))))
                default: body(.null)
                }
            }
            return true
        }
    }

    /// The first row's columns, all of them numbers; nil when there is none.
    func numbers(_ values: HotValue...) throws -> HotRow? {
        defer { sqlite3_reset(handle) }
        try bind(values)
        switch sqlite3_step(handle) {
        case SQLITE_ROW:
            return HotRow(
                columns: (0..<sqlite3_column_count(handle)).map { sqlite3_column_int64(handle, $0) }
            )
        case SQLITE_DONE: return nil
        case let code: throw failure(code)
        }
    }

    /// The first column of the first row; nil when there is none.
    func number(_ values: HotValue...) throws -> Int64? {
        defer { sqlite3_reset(handle) }
        try bind(values)
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return sqlite3_column_int64(handle, 0)
        case SQLITE_DONE: return nil
        case let code: throw failure(code)
        }
    }

    /// SQLITE_TRANSIENT: SQLite copies what is bound.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    private func bind(_ values: [HotValue]) throws {
        precondition(
            values.count == Int(sqlite3_bind_parameter_count(handle)),
            "a statement has another number of parameters")
        for (index, value) in zip(Int32(1)..., values) {
            let code =
                switch value {
                case .int(let number): sqlite3_bind_int64(handle, index, number)
                case .data(let data):
                    data.withUnsafeBytes { bindBlob(index, $0) }
                case .bytes(let bytes):
                    bytes.withUnsafeBytes { bindBlob(index, $0) }
                case .text(let text):
                    sqlite3_bind_text(handle, index, text, -1, Self.transient)
                case .null: sqlite3_bind_null(handle, index)
                }
            guard code == SQLITE_OK else { throw failure(code) }
        }
    }

    private func bindBlob(_ index: Int32, _ bytes: UnsafeRawBufferPointer) -> Int32 {
        guard let start = bytes.baseAddress, !bytes.isEmpty else {
            return sqlite3_bind_zeroblob(handle, index, 0)
        }
        return sqlite3_bind_blob(handle, index, start, Int32(bytes.count), Self.transient)
    }

    private func failure(_ code: Int32) -> DatabaseError {
        let database = sqlite3_db_handle(handle)
        return DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(database)),
            message: String(cString: sqlite3_errmsg(database)))
    }
}

/// A row of numbers.
struct HotRow {
    fileprivate let columns: [Int64]

    subscript(_ index: Int) -> Int64 { columns[index] }
}
