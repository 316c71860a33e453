import KithModel
public import KithSite

/// How contacts are written.
public enum ContactFormat: String, Sendable, CaseIterable {
    /// vCard 4.0, RFC 6350.
    case vcard
    /// Comma-separated values, RFC 4180.
    case csv
}

/// Contacts and organisations of a partnership, out and in.
public struct ContactExchange: Sendable {
    /// An exported file.
    public struct Result: Sendable {
        /// The file's text.
        public let text: String
        /// Contacts and organisations, by kind.
        public let records: [String: Int]
        /// Those in which something safety-critical is undecided.
        public let undecided: Int
        /// The partnership's name.
        public let partnership: String
    }

    /// Reads and writes contacts.
    public init() {}

    /// The live contacts and organisations of a partnership.
    public func export(
        _ format: ContactFormat, from site: any Site, partnership: String?
    ) async throws -> Result {
        let partnership = try await ExportRecords.partnership(
            of: site, ExportRequest(partnership: partnership))
        let rows = try await ContactRow.all(of: site, in: partnership)
        var records: [String: Int] = [:]
        for row in rows { records[row.kind.name, default: 0] += 1 }
        return Result(
            text: format == .csv ? ContactCSV.text(of: rows) : ContactVCard.text(of: rows),
            records: records,
            undecided: rows.count { row in row.cells.contains { $0.choice != nil } },
            partnership: partnership.name)
    }

    /// Reads one file, whichever of the formats it is; a problem keeps all of it out.
    public func read(_ file: String, _ bytes: [UInt8]) -> ImportReading {
        let start = bytes.starts(with: JSONScanner.byteOrderMark) ? 3 : 0
        let head = String(decoding: bytes.dropFirst(start).prefix(11), as: UTF8.self).uppercased()
        do {
            if let other = Self.foreign(bytes) { throw CSVProblem(line: 1, message: other) }
            let records =
                head == "BEGIN:VCARD"
                ? try ContactVCard.records(bytes) : try ContactCSV.records(bytes)
            var mapped: [String: Int] = [:]
            for record in records { mapped[record.source.kind, default: 0] += 1 }
            let known = Set(records.map(\.source))
            var whole = records
            var missing = 0
            for index in whole.indices {
                let before = whole[index].fields.count
                whole[index].fields.removeAll { $0.target.map { !known.contains($0) } ?? false }
                missing += before - whole[index].fields.count
            }
            return ImportReading(
                file: file, records: whole, mapped: mapped,
                unmapped: missing > 0 ? [ImportReading.outside: missing] : [:])
        } catch let problem as CSVProblem {
            return ImportReading(
                ImportProblem(file: file, line: problem.line, message: problem.message))
        } catch {
            return ImportReading(ImportProblem(file: file, message: "cannot be read: \(error)"))
        }
    }

    /// What a file is that is neither, where its first bytes say so.
    static func foreign(_ bytes: [UInt8]) -> String? {
        let marks: [(mark: [UInt8], name: String)] = [
            (Array("PK\u{3}\u{4}".utf8), "a zip archive; take the file out of it first"),
            ([0x1F, 0x8B], "a compressed file; unpack it first"),
            (Array("SQLite format 3".utf8), "a database; export what it holds first"),
            (Array("%PDF".utf8), "a PDF; export the data instead"),
        ]
        return marks.first { bytes.starts(with: $0.mark) }.map { "expected text, found \($0.name)" }
    }
}
