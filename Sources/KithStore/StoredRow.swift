package import Foundation
import GRDBSQLite

/// What a column of a row holds.
package enum Cell: Sendable, Equatable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob(Data)
}

/// A row that was read, apart from its statement.
///
/// The general wrapper's rows look every name up through its lower-case form and copy what they hold
/// through boxes, which costs more than reading it.
package struct StoredRow: Sendable {
    private let names: [String]
    /// Those of all rows that were read with it.
    private let cells: [Cell]
    private let first: Int

    /// The rows of a statement, whose columns have these names, from the cells of one after another.
    static func rows(of cells: [Cell], names: [String]) -> [StoredRow] {
        stride(from: 0, to: cells.count, by: max(names.count, 1)).map {
            StoredRow(names: names, cells: cells, first: $0)
        }
    }

    /// The number of columns.
    var count: Int { names.count }

    /// The value of the first column of a name.
    package subscript<Value: ColumnValue>(name: String) -> Value {
        self[index(of: name)]
    }

    /// What the first column of a name holds; nil for NULL.
    package subscript(name: String) -> Cell? {
        let cell = cells[first + index(of: name)]
        return cell == .null ? nil : cell
    }

    /// The value of a column, counted from zero.
    package subscript<Value: ColumnValue>(index: Int) -> Value {
        precondition(index < names.count, "a row has no column \(index)")
        guard let value = Value(cells[first + index]) else {
            preconditionFailure("the column \(names[index]) does not hold what it is read as")
        }
        return value
    }

    private func index(of name: String) -> Int {
        guard let index = names.firstIndex(of: name) else {
            preconditionFailure("a row has no column \(name)")
        }
        return index
    }
}

extension Cell {
    /// A column of the row that a statement stands on.
    init(_ handle: OpaquePointer?, _ column: Int32) {
        switch sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER: self = .integer(sqlite3_column_int64(handle, column))
        case SQLITE_FLOAT: self = .real(sqlite3_column_double(handle, column))
        case SQLITE_TEXT:
            let start = sqlite3_column_text(handle, column)
            let bytes = UnsafeBufferPointer(
                start: start, count: Int(sqlite3_column_bytes(handle, column)))
            self = .text(String(decoding: bytes, as: UTF8.self))
        case SQLITE_BLOB:
            let start = sqlite3_column_blob(handle, column)
            let bytes = UnsafeRawBufferPointer(
                start: start, count: Int(sqlite3_column_bytes(handle, column)))
            self = .blob(Data(bytes))
        default: self = .null
        }
    }
}

/// The row that a statement stands on: what is read of it is read from SQLite there and then.
struct CurrentRow {
    let handle: OpaquePointer

    /// The value of a column, counted from zero.
    subscript<Value: ColumnValue>(index: Int) -> Value {
        guard let value = Value(Cell(handle, Int32(index))) else {
            preconditionFailure("column \(index) does not hold what it is read as")
        }
        return value
    }
}

/// What a column can be read as.
package protocol ColumnValue {
    /// Nil where the column holds something else.
    init?(_ cell: Cell)
}

extension Optional: ColumnValue where Wrapped: ColumnValue {
    package init?(_ cell: Cell) {
        guard cell != .null else {
            self = .none
            return
        }
        guard let value = Wrapped(cell) else { return nil }
        self = .some(value)
    }
}

extension ColumnValue where Self: FixedWidthInteger {
    package init?(_ cell: Cell) {
        guard case .integer(let number) = cell else { return nil }
        self.init(exactly: number)
    }
}

extension Int64: ColumnValue {}
extension Int: ColumnValue {}
extension UInt32: ColumnValue {}

extension Bool: ColumnValue {
    package init?(_ cell: Cell) {
        guard case .integer(let number) = cell else { return nil }
        self = number != 0
    }
}

extension String: ColumnValue {
    package init?(_ cell: Cell) {
        guard case .text(let text) = cell else { return nil }
        self = text
    }
}

extension Data: ColumnValue {
    package init?(_ cell: Cell) {
        guard case .blob(let bytes) = cell else { return nil }
        self = bytes
    }
}
