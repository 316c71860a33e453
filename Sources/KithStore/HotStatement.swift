import Foundation
import GRDB
import GRDBSQLite
import KithModel

/// What is bound to a parameter of a hot statement.
enum HotValue {
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

/// A statement that runs for every entry or operation of the log. It goes to SQLite without the boxes
/// and copies that a general wrapper makes of arguments and rows, which cost more than the work itself.
struct HotStatement {
    private let statement: Statement
    private var handle: SQLiteStatement { statement.sqliteStatement }

    init(_ statement: Statement) { self.statement = statement }

    /// Runs a statement that gives no rows.
    func run(_ values: HotValue...) throws {
        defer { sqlite3_reset(handle) }
        try bind(values)
        let code = sqlite3_step(handle)
        guard code == SQLITE_DONE else { throw failure(code) }
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
