/// A row that was read, apart from its statement.
///
/// The general wrapper's rows look every name up through its lower-case form and copy what they hold
/// through boxes, which costs more than reading it.
package struct StoredRow: Sendable {
    /// What was read with one statement: one object, as every copy of a row counts what it holds.
    private final class Rows: Sendable {
        let names: [String]
        /// Those of one row after another.
        let cells: [Cell]

        init(names: [String], cells: [Cell]) {
            self.names = names
            self.cells = cells
        }
    }

    private let rows: Rows
    private let first: Int

    /// The rows of a statement, whose columns have these names, from the cells of one after another.
    static func rows(of cells: [Cell], names: [String]) -> [StoredRow] {
        if cells.isEmpty { return [] }
        let rows = Rows(names: names, cells: cells)
        return stride(from: 0, to: cells.count, by: max(names.count, 1)).map {
            StoredRow(rows: rows, first: $0)
        }
    }

    /// The number of columns.
    var count: Int { rows.names.count }

    /// The value of the first column of a name.
    package subscript<Value: ColumnValue>(name: String) -> Value {
        self[index(of: name)]
    }

    /// What the first column of a name holds; nil for NULL.
    package subscript(name: String) -> Cell? {
        let cell = rows.cells[first + index(of: name)]
        return cell == .null ? nil : cell
    }

    /// The value of a column, counted from zero.
    package subscript<Value: ColumnValue>(index: Int) -> Value {
        precondition(index < rows.names.count, "a row has no column \(index)")
        guard let value = Value(rows.cells[first + index]) else {
            preconditionFailure(
                "the column \(rows.names[index]) does not hold what it is read as")
        }
        return value
    }

    private func index(of name: String) -> Int {
        guard let index = rows.names.firstIndex(of: name) else {
            preconditionFailure("a row has no column \(name)")
        }
        return index
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
