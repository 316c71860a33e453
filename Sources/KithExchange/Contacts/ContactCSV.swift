import Foundation
import KithModel
import KithSite

/// Contacts and organisations as one table: a row for each, a column for each field.
///
/// Columns are `record` (contact or organisation), `source` (what names the row; import it again, and it is the same record),
/// `undecided`, and the fields of both kinds by name. Where nobody has decided between several values
/// of a safety-critical field, there is a row for each, and `undecided` says so in every one of them.
enum ContactCSV {
    /// The columns that are no fields.
    private static let own = ["record", "source", "undecided"]

    private static var fields: [FieldDefinition] {
        var all: [FieldDefinition] = []
        for kind in ContactRow.kinds.compactMap({ Vocabulary.kind(named: $0) }) {
            for field in kind.fields where field.number >= 10 {
                if !all.contains(where: { $0.name == field.name }) { all.append(field) }
            }
        }
        return all
    }

    /// The table.
    static func text(of rows: [ContactRow]) -> String {
        let names = fields.map(\.name)
        let table = rows.flatMap { row -> [[String]] in
            let count = row.cells.compactMap(\.choice?.of).max() ?? 1
            return (1...count).map { number in
                var undecided: [String] = []
                let cells = names.map { name -> String in
                    let found = row.cells.filter { $0.field.name == name }
                    guard let first = found.first else { return "" }
                    guard let choice = first.choice else { return first.text }
                    let index = number <= found.count ? number - 1 : 0
                    undecided.append("\(name) \(index + 1) of \(choice.of)")
                    return found[index].text
                }
                return [
                    row.kind.name, row.view.exportSource.identity,
                    undecided.joined(separator: "; "),
                ] + cells
            }
        }
        return CSVText.write([own + names] + table)
    }

    /// The records of a table; a problem names its line.
    static func records(_ bytes: [UInt8]) throws(CSVProblem) -> [ImportRecord] {
        let rows = try CSVText.read(bytes)
        guard let header = rows.first else {
            throw CSVProblem(line: 1, message: "expected a first row with the names of columns")
        }
        try check(header.cells)
        var records: [ImportRecord] = []
        var places: [ImportRecord.Source: Int] = [:]
        for row in rows.dropFirst() {
            guard row.cells.count == header.cells.count else {
                throw CSVProblem(
                    line: row.line,
                    message: "expected \(header.cells.count) cells, found \(row.cells.count)")
            }
            let cells = Dictionary(
                zip(header.cells, row.cells), uniquingKeysWith: { first, _ in first })
            let record = try self.record(cells, line: row.line)
            guard let place = places[record.source] else {
                places[record.source] = records.count
                records.append(record)
                continue
            }
            guard cells["undecided"]?.isEmpty == false else {
                throw CSVProblem(
                    line: row.line,
                    message: "expected each row once, found a second one of the same name; tell "
                        + "them apart in a column \"source\"")
            }
            records[place].add(record)
        }
        return records
    }

    private static func check(_ columns: [String]) throws(CSVProblem) {
        let known = own + fields.map(\.name)
        if let other = columns.first(where: { !known.contains($0) }) {
            // What is no name of a column is content of some file, which no error may carry.
            let isName =
                other.utf8.count <= 40
                && other.allSatisfy { $0.isLetter || $0.isNumber || " -_".contains($0) }
            throw CSVProblem(
                line: 1,
                message: "expected columns among \(known.joined(separator: ", ")), found "
                    + (isName ? JSONPlace.quoted(other) : "something else"))
        }
        guard Set(columns).count == columns.count else {
            throw CSVProblem(line: 1, message: "expected each column once")
        }
        guard columns.contains("name") else {
            throw CSVProblem(line: 1, message: "expected a column \"name\"")
        }
    }

    private static func record(
        _ cells: [String: String], line: Int
    ) throws(CSVProblem) -> ImportRecord {
        let name = cells["record"].flatMap { $0.isEmpty ? nil : $0 } ?? "contact"
        guard ContactRow.kinds.contains(name), let kind = Vocabulary.kind(named: name) else {
            throw CSVProblem(
                line: line,
                message: "column record: expected contact or organisation, found "
                    + JSONPlace.quoted(name))
        }
        let source = cells["source"] ?? ""
        // Without a source the name and where they work tell rows apart.
        let named = [cells["name"] ?? "", cells["organisationName"] ?? ""]
        let identity = source.isEmpty ? "csv:" + named.joined(separator: "|") : source
        guard identity.unicodeScalars.count <= 1000 else {
            throw CSVProblem(line: line, message: "expected a shorter source or name")
        }
        var draft = ContactDraft(kind: kind, identity: identity, entry: FieldEntry(zone: .gmt))
        for field in fields {
            guard let text = cells[field.name], !text.isEmpty else { continue }
            guard let own = kind.field(named: field.name) else {
                throw CSVProblem(
                    line: line,
                    message:
                        "column \(field.name): is no field of records that are \(kind.pluralLabel)")
            }
            do {
                try draft.set(own, text)
            } catch {
                throw CSVProblem(line: line, message: "column \(error)")
            }
        }
        if let missing = draft.missing {
            throw CSVProblem(
                line: line, message: "column \(missing.name): is empty; every row needs it")
        }
        return draft.record
    }
}
