package import Foundation
import GRDBSQLite
package import KithModel

/// What a column of a row holds.
package enum Cell: Sendable, Equatable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob(Data)
    /// A blob that is as short as an identifier or a hash.
    case short(ShortBytes)
}

/// Up to 32 bytes, which need no memory of their own: most blobs are identifiers, and to allocate for each
/// costs more than to read it.
package struct ShortBytes: Sendable, Equatable {
    static let most = 32

    private let first: (UInt64, UInt64)
    private let second: (UInt64, UInt64)
    private let count: UInt8

    /// Copies bytes, at most `most`.
    init(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count <= Self.most)
        count = UInt8(bytes.count)
        var words: Words = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: bytes) }
        (first, second) = ((words.0, words.1), (words.2, words.3))
    }

    private typealias Words = (UInt64, UInt64, UInt64, UInt64)

    /// Hands out the bytes as they lie in memory.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let words: Words = (first.0, first.1, second.0, second.1)
        return try withUnsafeBytes(of: words) {
            try body(UnsafeRawBufferPointer(rebasing: $0[..<Int(count)]))
        }
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.count == right.count && left.first == right.first && left.second == right.second
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
            self = bytes.count <= ShortBytes.most ? .short(ShortBytes(bytes)) : .blob(Data(bytes))
        default: self = .null
        }
    }
}

extension Identifier {
    /// The bytes for a BLOB column.
    var blob: Data { Data(bytes) }

    /// Reads a BLOB column that the schema checks the length of.
    package init(blob: Cell) throws {
        let value: Self? =
            switch blob {
            case .short(let bytes): bytes.withBytes { Self(bytes: $0) }
            case .blob(let bytes): Self(bytes: bytes)
            case .null, .integer, .real, .text: nil
            }
        guard let value else {
            throw StoreError(.damaged, "an identifier in the database has the wrong length")
        }
        self = value
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
        switch cell {
        case .blob(let bytes): self = bytes
        case .short(let bytes): self = bytes.withBytes { Data($0) }
        case .null, .integer, .real, .text: return nil
        }
    }
}

extension Cell: ColumnValue {
    package init?(_ cell: Cell) { self = cell }
}
