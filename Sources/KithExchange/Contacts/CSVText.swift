/// Why a text is not CSV, and where.
struct CSVProblem: Error {
    /// From 1.
    let line: Int
    let message: String
}

/// Comma-separated values as in RFC 4180, with what spreadsheets do to them.
///
/// Written with CRLF, and with an apostrophe before a cell that a spreadsheet would take for a
/// formula (or that has such an apostrophe of its own), which reading takes away again. Read with any
/// line ends and with or without a byte order mark. No input makes it trap.
enum CSVText {
    /// The most bytes a cell may have.
    static let cellLimit = 1 << 20
    /// The most rows a text may have.
    static let rowLimit = 100_000

    // MARK: Writing

    /// The text of rows.
    static func write(_ rows: [[String]]) -> String {
        rows.map { $0.map(cell).joined(separator: ",") + "\r\n" }.joined()
    }

    private static func cell(_ text: String) -> String {
        let guarded = guards(text) ? "'" + text : text
        let isPlain = !guarded.utf8.contains {
            [UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\r"), UInt8(ascii: "\n")]
                .contains($0)
        }
        return isPlain ? guarded : "\"" + guarded.replacing("\"", with: "\"\"") + "\""
    }

    /// Whether a cell would be a formula in a spreadsheet, or looks as if it had been guarded.
    private static func guards(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first else { return false }
        return "=+-@\t\r'".utf8.contains(first)
    }

    /// A cell as it was before it was guarded.
    private static func unguarded(_ text: String) -> String {
        let rest = text.dropFirst()
        return text.hasPrefix("'") && guards(rest) ? String(rest) : text
    }

    // MARK: Reading

    /// The rows, each with the line on which it begins.
    static func read(_ bytes: [UInt8]) throws(CSVProblem) -> [(line: Int, cells: [String])] {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw CSVProblem(
                line: 1, message: "expected UTF-8, found UTF-16; save it as \"CSV UTF-8\"")
        }
        if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
            throw CSVProblem(
                line: 1,
                message: "expected CSV, found a zip archive or workbook; save it as \"CSV UTF-8\"")
        }
        if let place = bytes.firstIndex(of: 0) {
            throw CSVProblem(
                line: line(of: place, in: bytes), message: "expected text, found a zero byte")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw CSVProblem(
                line: firstInvalidLine(bytes),
                message: "expected UTF-8, found a letter in another encoding; save it as "
                    + "\"CSV UTF-8\"")
        }
        var run = CSVRun(bytes: bytes)
        return try run.rows()
    }

    private static func line(of place: Int, in bytes: [UInt8]) -> Int {
        1 + bytes[..<place].count { $0 == UInt8(ascii: "\n") }
    }

    private static func firstInvalidLine(_ bytes: [UInt8]) -> Int {
        var line = 1
        for part in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if String(validating: part, as: UTF8.self) == nil { return line }
            line += 1
        }
        return line
    }

    /// One pass over a text.
    private struct CSVRun {
        let bytes: [UInt8]
        var position = 0
        var line = 1

        init(bytes: [UInt8]) {
            self.bytes = bytes
            if bytes.starts(with: JSONScanner.byteOrderMark) { position = 3 }
        }

        mutating func rows() throws(CSVProblem) -> [(line: Int, cells: [String])] {
            var rows: [(line: Int, cells: [String])] = []
            while position < bytes.count {
                let start = line
                var cells = [try cell()]
                while position < bytes.count, bytes[position] == UInt8(ascii: ",") {
                    position += 1
                    cells.append(try cell())
                }
                endLine()
                // An empty line is no row.
                if cells != [""] { rows.append((start, cells)) }
                guard rows.count <= CSVText.rowLimit else {
                    throw CSVProblem(
                        line: start, message: "expected at most \(CSVText.rowLimit) rows")
                }
            }
            return rows
        }

        private mutating func cell() throws(CSVProblem) -> String {
            if position < bytes.count, bytes[position] == UInt8(ascii: "\"") { return try quoted() }
            let start = position
            while position < bytes.count, !isEnd(bytes[position]) {
                guard bytes[position] != UInt8(ascii: "\"") else {
                    throw CSVProblem(
                        line: line,
                        message: "expected quotes around the whole cell, found one inside it")
                }
                position += 1
            }
            return try text(bytes[start..<position])
        }

        private mutating func quoted() throws(CSVProblem) -> String {
            let start = line
            position += 1
            var content: [UInt8] = []
            while position < bytes.count {
                let byte = bytes[position]
                position += 1
                if byte == UInt8(ascii: "\"") {
                    guard position < bytes.count, bytes[position] == byte else {
                        guard position == bytes.count || isEnd(bytes[position]) else {
                            throw CSVProblem(
                                line: line, message: "expected a comma after the closing quote")
                        }
                        return try text(content[...])
                    }
                    position += 1
                } else if byte == UInt8(ascii: "\n") {
                    line += 1
                }
                content.append(byte)
            }
            throw CSVProblem(
                line: start, message: "expected the closing quote of the cell that begins here")
        }

        private func text(_ content: ArraySlice<UInt8>) throws(CSVProblem) -> String {
            guard content.count <= CSVText.cellLimit else {
                throw CSVProblem(
                    line: line, message: "expected cells of at most \(CSVText.cellLimit) bytes")
            }
            return CSVText.unguarded(String(decoding: content, as: UTF8.self))
        }

        private func isEnd(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
        }

        private mutating func endLine() {
            if position < bytes.count, bytes[position] == UInt8(ascii: "\r") { position += 1 }
            if position < bytes.count, bytes[position] == UInt8(ascii: "\n") { position += 1 }
            line += 1
        }
    }
}
